/**
 * Open-loop latency: a tick handed to the engine's thread → its signal decoded by a client on loopback. Ticks leave on their
 * schedule whether or not the last one was answered, and each is timed from when it was due, so a stall is seen by all that it delays.
 */
import { syntheticTicks } from '../feeds/synthetic.js';
import type { TickRecord } from '../src/model/records.js';
import type { StandardBook } from './book.js';
import { type BenchResult, quantile, spreadOf } from './measure.js';
import { edgeAccount, moved, nowUs, startRig, wait } from './rig.js';

const TICK_INTERVAL_MS = 10;
const TICKS = 1500;
const WARMUP_TICKS = 200;
/** Breaches at every second tick and recovers at the others. */
const CANARY = 'bench-canary';

/** Ticks of all markets, one in `TICK_INTERVAL_MS`; the canary's market alternates. */
function* ticks(book: StandardBook, index: number, startUs: number): Generator<TickRecord> {
  const { instruments, prices } = book;
  const walk = syntheticTicks({ instruments, prices, seed: 3, startUs, intervalUs: TICK_INTERVAL_MS * 1000 });
  const marks = [prices[index], moved(prices[index])];
  for (let i = 0; i < TICKS + WARMUP_TICKS; i++) {
    const tick = walk.next().value;
    yield { ...tick, marks: [...tick.marks.filter(({ market }) => market !== index), { market: index, price: marks[i % 2] }] };
  }
}

export async function benchLatency(book: StandardBook, positions: number): Promise<BenchResult> {
  const index = book.instruments.markets.length - 1;
  const latencies = new Map<number, number>();
  const { link, close } = await startRig(book, positions, (rows, { tickTimeUs }) => {
    if (tickTimeUs === null || !rows.some(({ portfolio }) => portfolio === CANARY)) return;
    latencies.set(tickTimeUs, (nowUs() - tickTimeUs) / 1000);
  });
  await link.submit({ type: 'book', timeUs: 0, rows: [{ version: 1, account: edgeAccount(book, index, CANARY, 10_000) }] });
  // A tick's time is when it is due.
  const startUs = Math.ceil(nowUs()) + 200_000;
  for (const tick of ticks(book, index, startUs)) {
    await wait(Math.max(0, (tick.timeUs - nowUs()) / 1000));
    link.submit(tick).catch(() => undefined);
  }
  await wait(1000);
  const { portfolios, conflated, ticks: applied } = link.stats();
  await close();
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
