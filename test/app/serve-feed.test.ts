/** A server whose prices fail: nothing is served on prices that do not move. */
import { expect, test, vi } from 'vitest';
import { built, statsWhen } from '../serve/process.js';

const TICKS = 5;

vi.mock('../../dist/feeds/synthetic.js', async (original) => {
  const { syntheticTicks } = await original<typeof import('../../feeds/synthetic.js')>();
  return {
    *syntheticTicks(options: Parameters<typeof syntheticTicks>[0]) {
      const walk = syntheticTicks(options);
      for (let i = 0; i < TICKS; i += 1) yield walk.next().value;
      throw new Error('the feed broke');
    },
  };
});

test('a feed that fails ends the server: it says why, the port is closed, the engine has ended', async () => {
  const { startServer } = await built<typeof import('../../src/app/serve.js')>('src/app/serve.js');
  const options = {
    host: '127.0.0.1',
    port: 0,
    book: { positions: 1_000, markets: 2 },
    seed: 1,
    tickIntervalMs: 100,
    orderTtlMs: 5_000,
    executor: 'paper' as const,
    backend: 'js' as const,
    crash: false,
    operatorToken: null,
    executorToken: null,
  };
  const server = await startServer(options);
  const http = `http://127.0.0.1:${server.port}`;
  await statsWhen(http, ({ ticks }) => ticks > 0, 'a tick');
  await expect(server.ended).rejects.toThrow('the feed broke');
  const { ticks, conflated } = server.link.stats();
  expect(ticks + conflated).toBe(TICKS);
  await expect(fetch(`${http}/livez`)).rejects.toThrow();
  await expect(server.link.submit({ type: 'clock', timeUs: 0 })).rejects.toMatchObject({ code: 'unavailable' });
});
