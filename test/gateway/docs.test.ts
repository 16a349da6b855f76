/** docs/protocol.md says what the code does: its tables, its columns and its bytes. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { decode, encode, wireInteger } from '../../src/gateway/codec.js';
import { LIMITS } from '../../src/gateway/limits.js';
import { ADMIN_COLUMNS, CLOSE, FIELDS, SUBPROTOCOL, TOPICS } from '../../src/gateway/messages.js';
import { ERROR_CODES } from '../../src/model/errors.js';
import { startRig } from './helpers.js';

const page = readFileSync(new URL('../../docs/protocol.md', import.meta.url), 'utf8');

/** The text under a heading, up to the next. */
function section(heading: string): string {
  const start = page.indexOf(`\n## ${heading}\n`);
  expect(start, heading).toBeGreaterThan(0);
  const end = page.indexOf('\n## ', start + 1);
  return page.slice(start, end < 0 ? undefined : end);
}

/** The first columns of a table, without the code quotes. */
function table(heading: string): string[][] {
  const rows = section(heading).matchAll(/^\| (?!-)(.+) \|$/gm);
  return [...rows].slice(1).map(([, row]) => row.split(' | ').map((cell) => cell.replaceAll('`', '')));
}

test('topics and commands', () => {
  const [line] = /^Topics are [^.;]+/m.exec(section('Subscriptions')) ?? [''];
  expect([...line.matchAll(/`(\w+)`/g)].map(([, topic]) => topic)).toEqual([...TOPICS]);
  const commands = Object.entries(ADMIN_COLUMNS).map(([name, columns]) => [name, ...columns]);
  expect(table('Admin commands').map(([row]) => (row.match(/[\w-]+/g) ?? []).filter((word) => word !== 'null'))).toEqual(
    commands,
  );
});

test('metrics that do not explain themselves', async () => {
  const { http, gateway } = await startRig();
  const text = await (await fetch(`${http}/metrics`)).text();
  await gateway.close();
  const names = [...text.matchAll(/^# HELP (\S+)/gm)].map(([, name]) => name);
  const told = [...section('HTTP').matchAll(/`(plimsoll_\w*[a-z])`/g)].map(([, name]) => name);
  const wanted =
    /^plimsoll_(info|backend_alerts_total|equity|maintenance|margin_.+|market_.+|stage_.+|fund_.+|live|kill|adl_.+|socialised_.+|venue_.+)$/;
  expect(told.sort()).toEqual(names.filter((name) => wanted.test(name)).sort());
  expect(told.length).toBe(17);
});

test('limits', () => {
  expect(Object.fromEntries(table('Limits').map(([name, value]) => [name, Number(value)]))).toEqual(LIMITS);
});

test('columns', () => {
  const lines = [...section('Columns').matchAll(/^- (\w+): (.+)$/gm)];
  expect(Object.fromEntries(lines.map(([, name, columns]) => [name, columns.split(', ')]))).toEqual(FIELDS);
});

test('close codes and error codes', () => {
  const standard = [1001, 1009];
  expect(table('Close codes').map(([code]) => Number(code))).toEqual([...standard, ...Object.values(CLOSE)]);
  for (const [code] of table('Errors')) expect(Object.keys(ERROR_CODES)).toContain(code);
  expect(page).toContain(`Sec-WebSocket-Protocol: ${SUBPROTOCOL}`);
});

test('the bytes of the example are those of the codec', () => {
  const examples = [...section('An example, byte by byte').matchAll(/```json\n(.+)\n```\n\n```text\n([^`]+)\n```/g)];
  expect(examples.length).toBe(3);
  for (const [, json, listing] of examples) {
    const message = JSON.parse(json) as unknown[];
    const hex = listing
      .split('\n')
      .map((line) => line.slice(0, 52))
      .join(' ');
    const bytes = Buffer.from(hex.replaceAll(/\s/g, ''), 'hex');
    expect(decode(bytes, 1_000)).toEqual(message);
    const times = message.map((part) => (Number.isSafeInteger(part) ? wireInteger(part as number) : part));
    expect(Buffer.from(encode(times)).toString('hex')).toBe(bytes.toString('hex'));
  }
});

test('a subscription and a batch id remember what the page promises in words', () => {
  expect(page).toContain(`more than ${LIMITS.congestedBytes / 1024} KiB waiting`);
  expect(page.replaceAll('\n', ' ')).toContain(`by more than ${LIMITS.ordersBehindRowsMax.toLocaleString('en')} rows`);
  expect(page).toContain(`The last ${LIMITS.batchesRememberedMax.toLocaleString('en')} ids`);
  expect(page).toContain(`more than ${LIMITS.problemsRememberedMax.toLocaleString('en')} problems`);
  expect(page).toContain(`or ${LIMITS.alertsBehindRowsMax} alerts`);
  expect(page).toContain(`the last ${LIMITS.alertsLogRowsMax.toLocaleString('en')} alerts`);
  expect(page).toContain(`the last ${LIMITS.eventsLatestMax.toLocaleString('en')} rows`);
  expect(page).toContain(`${LIMITS.casesBehindRowsMax.toLocaleString('en')} rows of cases`);
  expect(page).toContain(`every ${LIMITS.heartbeatIntervalUs / 1e6} s`);
});
