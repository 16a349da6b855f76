/** A large book served for a minute: what the sockets' thread waits, and that every tick was scanned or counted. */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { BackendChoice } from '../src/backends/open.js';
import type { StandardBook } from './book.js';
import { type BenchResult, quantile, spreadOf } from './measure.js';
import { nowUs, startRig, wait } from './rig.js';
import { TICKS_PER_SECOND, walk } from './walk.js';

const SECONDS = 60;
/** Of a small book, which shows that the benchmark works and nothing else. */
const SMALL_POSITIONS = 50_000;
const SMALL_SECONDS = 3;
const WARMUP_SECONDS = 2;
/** The monitor tells how long its timer took, which is this when nothing delays it. */
const RESOLUTION_MS = 10;

/** In this process as in `serve`: engine on its thread; feed, gateway and a subscriber on the main one. */
export async function benchServe(book: StandardBook, positions: number, backend: BackendChoice): Promise<BenchResult> {
  const { link, close } = await startRig(book, positions, { backend, executor: 'paper' }, () => undefined);
  const seconds = positions < SMALL_POSITIONS ? SMALL_SECONDS : SECONDS;
  const delays = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  const [tickMs, lagMs]: [number[], number[]] = [[], []];
  let sent = 0;
  const startUs = Math.ceil(nowUs()) + 100_000;
  for (const tick of walk(book, 1)) {
    const second = sent / TICKS_PER_SECOND;
    if (second >= WARMUP_SECONDS + seconds) break;
    if (second === WARMUP_SECONDS) delays.enable();
    const timeUs = startUs + tick.timeUs;
    await wait(Math.max(0, (timeUs - nowUs()) / 1000));
    const isTimed = second >= WARMUP_SECONDS;
    link
      .submit({ ...tick, timeUs })
      .then(() => {
        if (isTimed) tickMs.push(link.stats().tickMs);
        if (isTimed) lagMs.push((nowUs() - timeUs) / 1000);
      })
      .catch(() => undefined);
    sent += 1;
  }
  delays.disable();
  for (let waited = 0; waited < 50 && link.stats().ticks + link.stats().conflated < sent; waited++) await wait(100);
  const { ticks, conflated, portfolios, liquidations, backend: name } = link.stats();
  await close();
  const delayOf = (percentile: number): number => Math.max(0, delays.percentile(percentile) / 1e6 - RESOLUTION_MS);
  const lags = lagMs.toSorted((a, b) => a - b);
  return {
    name: 'serve-10m',
    backend: name,
    positions,
    portfolios,
    threads: 2,
    ...spreadOf(tickMs),
    positionsPerSecond: null,
    bytesPerSecond: null,
    shareOfReadBandwidth: null,
    verified: ticks + conflated === sent,
    figures: {
      seconds,
      loopDelayP50Ms: delayOf(50),
      loopDelayP99Ms: delayOf(99),
      loopDelayMaxMs: Math.max(0, delays.max / 1e6 - RESOLUTION_MS),
      sent,
      ticks,
      conflated,
      answeredP50Ms: quantile(lags, 0.5),
      answeredP99Ms: quantile(lags, 0.99),
      liquidations,
    },
  };
}
