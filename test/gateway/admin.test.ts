/** What an operator tells the scanner to do, over real sockets: who may, what is refused, once. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { LIMITS } from '../../src/gateway/limits.js';
import { ADMIN_COLUMNS } from '../../src/gateway/messages.js';
import { Peer, type Rig, startRig } from './helpers.js';

const RESUME = [['resume-backend']];

let rig: Rig;
beforeEach(async () => {
  rig = await startRig();
});
afterEach(async () => {
  await rig.gateway.close();
});

test('a backend is resumed, once for an id, from whichever connection', async () => {
  const operator = await Peer.greeted(rig.url, 'operator');
  expect(await operator.ask('admin', 'a1', RESUME)).toEqual(['accepted', 'a1']);
  expect(await operator.ask('admin', 'a1', RESUME)).toEqual(['accepted', 'a1']);
  expect(await (await Peer.greeted(rig.url, 'operator')).ask('admin', 'a1', RESUME)).toEqual(['accepted', 'a1']);
  expect(rig.link.resumes).toBe(1);
  expect(await operator.ask('admin', 2, RESUME)).toEqual(['accepted', 2]);
  expect(rig.link.resumes).toBe(2);
  expect(rig.link.submitted).toEqual([]);
});

test('what the engine says against it is the rejection; the same id again stays rejected', async () => {
  rig.link.resumed = () => Promise.resolve([{ where: 'backend', expected: 'one that can', found: 'no device' }]);
  const operator = await Peer.greeted(rig.url, 'operator');
  const rejected = ['rejected', 'a1', [['backend', 'one that can', 'no device']]];
  expect(await operator.ask('admin', 'a1', RESUME)).toEqual(rejected);
  rig.link.resumed = () => Promise.resolve([]);
  expect(await operator.ask('admin', 'a1', RESUME)).toEqual(rejected);
  expect(await operator.ask('admin', 'a2', RESUME)).toEqual(['accepted', 'a2']);
});

test('an engine that is gone is an error, and the id is free again', async () => {
  rig.link.resumed = () => Promise.reject(new Error('the worker died'));
  const operator = await Peer.greeted(rig.url, 'operator');
  expect((await operator.ask('admin', 'a1', RESUME)).slice(0, 3)).toEqual(['error', 'a1', 'internal']);
  rig.link.resumed = () => Promise.resolve([]);
  expect(await operator.ask('admin', 'a1', RESUME)).toEqual(['accepted', 'a1']);
});

test.each(['viewer', 'executor'] as const)('a %s may not', async (role) => {
  const peer = await Peer.greeted(rig.url, role);
  expect((await peer.ask('admin', 'a1', RESUME)).slice(0, 3)).toEqual(['error', 'a1', 'unauthorized']);
  expect(rig.link.resumes).toBe(0);
});

describe('rows that are no commands', () => {
  const COLUMNS = 'the columns command';
  const COMMANDS = Object.keys(ADMIN_COLUMNS)
    .map((name) => `"${name}"`)
    .join(' or ');
  test.each<[what: string, rows: unknown, problems: unknown[]]>([
    ['an unknown command', [['reboot']], [['rows[0].command', COMMANDS, '"reboot"']]],
    ['a name of the language', [['constructor']], [['rows[0].command', COMMANDS, '"constructor"']]],
    ['another', [['__proto__']], [['rows[0].command', COMMANDS, '"__proto__"']]],
    ['another case', [['Resume-Backend']], [['rows[0].command', COMMANDS, '"Resume-Backend"']]],
    ['a number', [[0]], [['rows[0].command', COMMANDS, '0']]],
    ['nothing', [[null]], [['rows[0].command', COMMANDS, 'null']]],
    ['bytes', [[new Uint8Array(9)]], [['rows[0].command', COMMANDS, '9 bytes']]],
    ['a row in a row', [[RESUME]], [['rows[0].command', COMMANDS, '[["resume-backend"]]']]],
    ['a text for a row', ['resume-backend'], [['rows[0]', COLUMNS, '"resume-backend"']]],
    ['an empty row', [[]], [['rows[0]', COLUMNS, '0 columns']]],
    ['an argument', [['resume-backend', 'cuda']], [['rows[0]', COLUMNS, '2 columns']]],
    ['a map', [{ command: 'resume-backend' }], [['rows[0]', COLUMNS, '{"command":"resume-backend"}']]],
    ['no rows', [], [['rows', `an array of 1 to ${LIMITS.batchRowsMax} rows`, '0 rows']]],
    ['a text for rows', 'resume-backend', [['rows', `an array of 1 to ${LIMITS.batchRowsMax} rows`, '"resume-backend"']]],
    ['a command twice', [...RESUME, ...RESUME], [['rows[1].command', 'each command once', '"resume-backend" again']]],
    ['one good, one bad', [...RESUME, ['x']], [['rows[1].command', COMMANDS, '"x"']]],
  ])('%s', async (_, rows, problems) => {
    const operator = await Peer.greeted(rig.url, 'operator');
    expect(await operator.ask('admin', 'a1', rows)).toEqual(['rejected', 'a1', problems]);
    expect(rig.link.resumes).toBe(0);
  });

  test('very many of them: the first hundred problems', async () => {
    const operator = await Peer.greeted(rig.url, 'operator');
    const rows = Array.from({ length: LIMITS.batchRowsMax }, () => ['resume-backend']);
    const [type, , problems] = await operator.ask('admin', 'a1', rows);
    expect([type, (problems as unknown[]).length]).toEqual(['rejected', 100]);
    expect((await operator.ask('admin', 'a2', [...rows, ['x']]))[2]).toEqual([
      ['rows', `an array of 1 to ${LIMITS.batchRowsMax} rows`, `${LIMITS.batchRowsMax + 1} rows`],
    ]);
    expect(rig.link.resumes).toBe(0);
  });

  test('a bad id is an error', async () => {
    const operator = await Peer.greeted(rig.url, 'operator');
    expect((await operator.ask('admin', null, RESUME)).slice(0, 3)).toEqual(['error', null, 'bad-input']);
  });
});
