/** A server with a journal that is started again: its made-up market goes on from the prices and the time that the journal has. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeAll, expect, test, vi } from 'vitest';
import type { SyntheticTicksOptions } from '../../feeds/synthetic.js';
import type { Server, ServerOptions } from '../../src/app/serve.js';
import { formatDecimal, parseDecimal } from '../../src/model/decimal.js';
import { built, statsWhen } from '../serve/process.js';

const walks = vi.hoisted((): SyntheticTicksOptions[] => []);
vi.mock('../../dist/feeds/synthetic.js', async (original) => {
  const { syntheticTicks } = await original<typeof import('../../feeds/synthetic.js')>();
  return {
    *syntheticTicks(options: SyntheticTicksOptions) {
      walks.push(options);
      yield* syntheticTicks(options);
    },
  };
});

const HOUR_US = 3_600_000_000;
const example = (name: string): string => fileURLToPath(new URL(`../../docs/examples/${name}`, import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'plimsoll-restart-'));
const OPTIONS: ServerOptions = {
  host: '127.0.0.1',
  port: 0,
  book: { file: example('multi-asset.json'), marks: example('multi-asset-marks.json') },
  seed: 1,
  tickIntervalMs: 20,
  backend: 'js',
  orderTtlMs: 5_000,
  executor: 'external',
  journal: folder,
  crash: false,
  operatorToken: null,
  executorToken: null,
};

let startServer: typeof import('../../src/app/serve.js').startServer;
let server: Server | null = null;
beforeAll(async () => {
  ({ startServer } = await built<typeof import('../../src/app/serve.js')>('src/app/serve.js'));
});
afterEach(async () => {
  await server?.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Started, and so many ticks further. */
async function start(count: number): Promise<Server> {
  server = await startServer(OPTIONS);
  const { ticks } = server.link.stats();
  await statsWhen(`http://127.0.0.1:${server.port}`, (stats) => stats.ticks >= ticks + count, `${count} ticks`);
  return server;
}

test('also when the wall clock was set back; each start draws other moves', { timeout: 60_000 }, async () => {
  const first = await start(3);
  const [begun] = walks;
  expect(begun.funding?.length).toBeGreaterThan(0);
  expect(begun.indexes?.length).toBeGreaterThan(0);
  // As a clock that ran an hour ahead would have left it, in a market that has doubled.
  const timeUs = Date.now() * 1000 + HOUR_US;
  const doubled = (price: { readonly units: bigint; readonly decimals: number }) => ({ ...price, units: 2n * price.units });
  const marks = begun.prices.map((price, market) => ({ market, price: doubled(price) }));
  const indexes = (begun.indexes ?? []).map(({ asset, price }) => ({ asset, price: doubled(price) }));
  expect(await first.link.submit({ type: 'tick', timeUs, marks, indexes })).toEqual([]);
  await first.close();

  const second = await start(3);
  const going = walks[1];
  expect(going.prices.map(formatDecimal)).toEqual(marks.map(({ price }) => formatDecimal(price)));
  expect(going.indexes).toEqual(indexes);
  expect(going.funding).toEqual([]);
  expect(going.seed).not.toBe(begun.seed);
  expect(going.startUs).toBeGreaterThan(timeUs);
  expect(going.startUs).toBeLessThan(timeUs + HOUR_US / 60);
  const { timeUs: nowUs, marks: now } = await second.link.inspect('market');
  expect(nowUs).toBeGreaterThan(timeUs);
  for (const [market, { price }] of marks.entries()) {
    const moved = Number(formatDecimal(now[market] ?? parseDecimal('0'))) / Number(formatDecimal(price));
    expect(Math.abs(moved - 1)).toBeLessThan(0.05);
  }
});
