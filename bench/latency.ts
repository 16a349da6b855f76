/**
 * Open-loop latency: a tick handed to the engine's thread → its signal decoded by a client on loopback. Ticks leave on their
 * schedule whether or not the last one was answered, and each is timed from when it was due, so a stall is seen by all that it delays.
 */
import { syntheticTicks } from '../feeds/synthetic.js';
import { connect } from '../src/client/client.js';
import { startEngine } from '../src/engine/host.js';
import { randomTokens, startGateway } from '../src/gateway/server.js';
import { type Decimal, divideRounded } from '../src/model/decimal.js';
import { add, multiply, subtract } from '../src/model/fraction.js';
import { valuePosition } from '../src/model/margin.js';
import { cash, cost, lots } from '../src/model/portfolio.js';
import type { BookRecord, TickRecord } from '../src/model/records.js';
import type { StandardBook } from './book.js';
import { type BenchResult, quantile, spreadOf } from './measure.js';

const TICK_INTERVAL_MS = 10;
const TICKS = 1500;
const WARMUP_TICKS = 200;
const CANARY = 'bench-canary';
/** The canary's market goes down by this share and up again, tick by tick. */
const MOVE = { n: 1n, d: 1000n };

/** An account that breaches at the lower mark and recovers at the upper: its slack there is half of what the move takes away. */
function canary(book: StandardBook, index: number): BookRecord {
  const market = book.instruments.markets[index];
  const mark = book.prices[index];
  const position = { market: index, lots: lots(10_000), cost: cost(10_000n * mark.units * 10n ** BigInt(18 - mark.decimals)) };
  const { notional, unrealizedPnl, maintenance } = valuePosition(market, position, mark);
  const halfMove = multiply(notional, { n: MOVE.n, d: MOVE.d * 2n });
  const needed = subtract(add(maintenance, halfMove), unrealizedPnl);
  const balance = cash(divideRounded(needed.n * 10n ** 18n, needed.d, 'up'));
  const account = { id: CANARY, positionMode: 'net' as const, balance, cross: [position], isolated: [] };
  return { type: 'book', timeUs: 0, rows: [{ version: 1, account }] };
}

function lower({ units, decimals }: Decimal): Decimal {
  return { units: units * (MOVE.d - MOVE.n), decimals: decimals + 3 };
}

/** Ticks of all markets, one in `TICK_INTERVAL_MS`; the canary's market alternates. */
function* ticks(book: StandardBook, index: number, startUs: number): Generator<TickRecord> {
  const { instruments, prices } = book;
  const walk = syntheticTicks({ instruments, prices, seed: 3, startUs, intervalUs: TICK_INTERVAL_MS * 1000 });
  const marks = [prices[index], lower(prices[index])];
  for (let i = 0; i < TICKS + WARMUP_TICKS; i++) {
    const tick = walk.next().value;
    yield { ...tick, marks: [...tick.marks.filter(({ market }) => market !== index), { market: index, price: marks[i % 2] }] };
  }
}

const nowUs = (): number => (performance.timeOrigin + performance.now()) * 1000;
const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

export async function benchLatency(book: StandardBook, positions: number): Promise<BenchResult> {
  const { instruments, prices } = book;
  const index = instruments.markets.length - 1;
  const synthetic = { instruments, prices, positions, seed: 7 };
  const link = await startEngine({ book: { synthetic }, orderTtlUs: 5_000_000, executor: 'external', seed: 7 });
  const tokens = randomTokens();
  const gateway = await startGateway({ link, port: 0, tokens, clock: nowUs, version: 'bench', executor: 'external' });
  const latencies = new Map<number, number>();
  const client = connect({ url: `ws://127.0.0.1:${gateway.port}/v1/stream` });
  await new Promise<void>((resolve) => {
    client.subscribe('signals', {
      onSnapshot: () => resolve(),
      onRows: (rows, { tickTimeUs }) => {
        if (tickTimeUs !== null && rows.some(({ portfolio }) => portfolio === CANARY))
          latencies.set(tickTimeUs, (nowUs() - tickTimeUs) / 1000);
      },
    });
  });
  await link.submit(canary(book, index));
  // A tick's time is when it is due.
  const startUs = Math.ceil(nowUs()) + 200_000;
  for (const tick of ticks(book, index, startUs)) {
    await wait(Math.max(0, (tick.timeUs - nowUs()) / 1000));
    link.submit(tick).catch(() => undefined);
  }
  await wait(1000);
  const { portfolios, conflated, ticks: applied } = link.stats();
  await client.close();
  await gateway.close();
  await link.close();
  const measured = [...latencies]
    .filter(([timeUs]) => timeUs >= startUs + WARMUP_TICKS * TICK_INTERVAL_MS * 1000)
    .map(([, ms]) => ms);
  const sorted = measured.toSorted((a, b) => a - b);
  return {
    name: 'latency',
    backend: 'js',
    positions,
    portfolios,
    threads: 2,
    ...spreadOf(measured),
    positionsPerSecond: null,
    bytesPerSecond: null,
    shareOfReadBandwidth: null,
    // Every tick that was applied was answered; a conflated one may leave the canary where it was.
    verified: applied + conflated === TICKS + WARMUP_TICKS && measured.length >= TICKS - 2 * conflated,
    figures: {
      p50Ms: quantile(sorted, 0.5),
      p99Ms: quantile(sorted, 0.99),
      maxMs: quantile(sorted, 1),
      ticks: TICKS,
      answered: measured.length,
      conflated,
    },
  };
}
