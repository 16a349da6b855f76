/**
 * `serve` says alerts on stderr, a line each: there the server is played, for a backend that fails needs a device. And what a real one says of
 * statistics and to an operator's command.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, test, vi } from 'vitest';
import type { Server } from '../../src/app/serve.js';
import { runCli } from '../../src/cli/run.js';
import { connect } from '../../src/client/client.js';
import { recordingIo } from '../cli/streams.js';
import { ScriptedLink, TOKENS, until } from '../gateway/helpers.js';
import { killAll, metricOf, startServe, statsOf } from './process.js';

afterEach(killAll);

const link = new ScriptedLink();
vi.mock('../../src/app/serve.js', () => ({
  startServer: async (): Promise<Server> => {
    let end: () => void = () => undefined;
    const ended = new Promise<void>((resolve) => {
      end = resolve;
    });
    return {
      port: 7777,
      tokens: TOKENS,
      link,
      backend: { detail: 'played', refused: [] },
      journal: null,
      ended,
      close: async () => end(),
    };
  },
}));

test('an alert is one line, whatever its text is', async () => {
  const io = recordingIo();
  const code = runCli(['serve'], io);
  await until(() => io.stdout.text.includes('Ctrl-C ends it.'), 'serve to be ready');
  link.alert('cuda: an illegal\n  address\u001b[2J was met; cpu scans until it is told to resume');
  link.alert('again');
  const lines = io.stderr.text.trimEnd().split('\n').slice(-2);
  expect(lines).toEqual([
    '2019-09-24T18:33:20.000Z  alert  backend  cuda: an illegal address [2J was met; cpu scans until it is told to resume',
    '2019-09-24T18:33:20.000Z  alert  backend  again',
  ]);
  expect(link.isHeard).toBe(true);
  io.interrupts.interrupt();
  expect(await code).toBe(130);
  expect(link.isHeard).toBe(false);
});

test('a real one: statistics come by themselves; the js backend has nothing to resume', { timeout: 60_000 }, async () => {
  const { http, url, operatorToken } = await startServe(['--positions', '5000', '--backend', 'js', '--tick-interval-ms', '20']);
  const statistics = async () => {
    const response = await fetch(`${http}/v1/statistics`);
    return ((await response.json()) as { statistics: { equity: number; sides: { positions: number }[] } | null }).statistics;
  };
  let found = await statistics();
  for (; found === null; found = await statistics()) await sleep(20);
  expect(found.equity).toBeGreaterThan(0);
  const positions = found.sides.reduce((sum, side) => sum + side.positions, 0);
  // Some may have been opened or closed since.
  expect(Math.abs(positions - (await statsOf(http)).positions)).toBeLessThan(500);
  expect(await metricOf(http, 'equity')).toBeGreaterThan(0);
  const operator = connect({ url, token: operatorToken });
  await expect(operator.admin('a1', [{ command: 'resume-backend' }])).rejects.toThrow(
    'backend: expected a backend that can be taken back into use, was one that does not hand over',
  );
  await operator.close();
});
