/** The client's alerts, through a loss of the connection, and the commands of its operator. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type AdminRow, connect, type PlimsollClient, PlimsollError } from '../../src/client/client.js';
import { type Rig, startRig, TOKENS, until } from '../gateway/helpers.js';
import { startProxy } from './proxy.js';

let rig: Rig;
const cleanups: (() => Promise<unknown>)[] = [];
beforeEach(async () => {
  rig = await startRig();
});
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  await rig.gateway.close();
});

function client(options: { url?: string; token?: string } = {}): PlimsollClient {
  const made = connect({ url: rig.url, ...options });
  cleanups.push(() => made.close());
  return made;
}

test('alerts go on where they were, and none is missed', async () => {
  const proxy = await startProxy(() => rig.gateway.port);
  cleanups.push(() => proxy.close());
  const log: string[] = [];
  rig.link.alert('before');
  client({ url: proxy.url }).subscribe('alerts', {
    onSnapshot: (rows, seq) => log.push(`snapshot ${seq} ${rows.map(({ text }) => text)}`),
    onRows: (rows, { seq, sinceSeq, tickTimeUs }) =>
      log.push(`${sinceSeq}>${seq} ${rows.map(({ timeUs, code, text }) => `${timeUs} ${code} ${text}`)} ${tickTimeUs}`),
  });
  await until(() => log.length === 1, 'the snapshot');
  rig.link.alert('a');
  await until(() => log.length === 2, 'the first');
  proxy.cut();
  rig.link.alert('b');
  rig.link.alert('c');
  await until(() => log.length === 4, 'what was missed');
  expect(log).toEqual([
    'snapshot 1 before',
    '1>2 1569350000000000 backend a null',
    '2>3 1569350000000000 backend b null',
    '3>4 1569350000000000 backend c null',
  ]);
});

test('a backend is resumed by an operator: once for an id, or rejected with the problems', async () => {
  const operator = client({ token: TOKENS.operator });
  await operator.admin('a1', [{ command: 'resume-backend' }]);
  await operator.admin('a1', [{ command: 'resume-backend' }]);
  expect(rig.link.resumes).toBe(1);
  const problem = { where: 'backend', expected: 'one that can', found: 'no device' };
  rig.link.resumed = () => Promise.resolve([problem]);
  const refusal: unknown = await operator.admin('a2', [{ command: 'resume-backend' }]).catch((error: unknown) => error);
  expect(refusal).toBeInstanceOf(PlimsollError);
  expect((refusal as PlimsollError).problems).toEqual([problem]);
  await expect(operator.admin('a3', [{ command: 'reboot' } as unknown as AdminRow])).rejects.toThrow(
    /^rows\[0\]\.command: expected "resume-backend" or .*"fund", was "reboot"$/,
  );
});

test('an executor may not', async () => {
  const executor = client({ token: TOKENS.executor });
  await expect(executor.admin('a1', [{ command: 'resume-backend' }])).rejects.toMatchObject({ code: 'unauthorized' });
});

test('a command whose answer was lost is sent again under its id and carried out once', async () => {
  const proxy = await startProxy(() => rig.gateway.port);
  cleanups.push(() => proxy.close());
  let answer: () => void = () => undefined;
  rig.link.resumed = () =>
    new Promise((resolve) => {
      answer = () => resolve([]);
    });
  const statuses: string[] = [];
  const operator = connect({ url: proxy.url, token: TOKENS.operator, onStatus: ({ type }) => statuses.push(type) });
  cleanups.push(() => operator.close());
  const resumed = operator.admin('a1', [{ command: 'resume-backend' }]);
  await until(() => rig.link.resumes === 1, 'the command');
  proxy.cut();
  await until(() => statuses.filter((type) => type === 'authorized').length === 2, 'the second connection');
  answer();
  await resumed;
  expect(rig.link.resumes).toBe(1);
});
