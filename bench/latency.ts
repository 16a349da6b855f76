/**
 * Open-loop latency: a tick handed to the engine's thread → its signal decoded by a client on loopback. Ticks leave on their
 * schedule whether or not the last one was answered, and each is timed from when it was due, so a stall is seen by all that it delays.
 */
import { WebSocket } from 'ws';
import { syntheticTicks } from '../feeds/synthetic.js';
import type { BackendChoice } from '../src/backends/open.js';
import { encode } from '../src/gateway/codec.js';
import { SUBPROTOCOL } from '../src/gateway/messages.js';
import type { TickRecord } from '../src/model/records.js';
import type { StandardBook } from './book.js';
import { type BenchResult, quantile, spreadOf } from './measure.js';
import { edgeAccount, moved, nowUs, startRig, wait } from './rig.js';

const TICK_INTERVAL_MS = 10;
const TICKS = 1500;
const WARMUP_TICKS = 200;
/** Ids of the accounts that breach at every second tick and recover at the others. */
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

/** Subscribers that count frames and do not decode them: what is measured is the server. */
class Crowd {
  private readonly sockets: WebSocket[] = [];
  readonly frames: number[] = [];

  static async open(url: string, count: number): Promise<Crowd> {
    const crowd = new Crowd();
    for (let i = 0; i < count; i++) {
      const socket = new WebSocket(url, SUBPROTOCOL);
      crowd.sockets.push(socket);
      crowd.frames.push(0);
      await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
      socket.send(encode(['subscribe', 's', { topic: 'signals' }]));
      socket.on('message', () => {
        crowd.frames[i] += 1;
      });
    }
    return crowd;
  }

  close(): void {
    for (const socket of this.sockets) socket.terminate();
  }
}

interface Load {
  readonly backend: BackendChoice;
  /** Accounts that breach and recover by turns: signals of each tick. */
  readonly canaries: number;
  /** Beside the client that is timed. */
  readonly subscribers: number;
}

async function openLoop(name: string, book: StandardBook, positions: number, load: Load): Promise<BenchResult> {
  const index = book.instruments.markets.length - 1;
  const latencies = new Map<number, number>();
  const { link, url, close } = await startRig(
    book,
    positions,
    { backend: load.backend, executor: 'external' },
    (rows, { tickTimeUs }) => {
      if (tickTimeUs === null || !rows.some(({ portfolio }) => portfolio === `${CANARY}-0`)) return;
      latencies.set(tickTimeUs, (nowUs() - tickTimeUs) / 1000);
    },
  );
  const crowd = await Crowd.open(url, load.subscribers);
  const canaries = Array.from({ length: load.canaries }, (_, i) => edgeAccount(book, index, `${CANARY}-${i}`, 10_000 + i));
  await link.submit({ type: 'book', timeUs: 0, rows: canaries.map((account) => ({ version: 1, account })) });
  // A tick's time is when it is due.
  const startUs = Math.ceil(nowUs()) + 200_000;
  const warmUs = startUs + WARMUP_TICKS * TICK_INTERVAL_MS * 1000;
  let warmBytes = 0;
  for (const tick of ticks(book, index, startUs)) {
    await wait(Math.max(0, (tick.timeUs - nowUs()) / 1000));
    if (tick.timeUs <= warmUs) warmBytes = process.memoryUsage().rss;
    link.submit(tick).catch(() => undefined);
  }
  await wait(1000);
  const grownBytes = process.memoryUsage().rss - warmBytes;
  const { portfolios, conflated, ticks: applied, backend } = link.stats();
  crowd.close();
  await close();
  const measured = [...latencies].filter(([timeUs]) => timeUs >= warmUs).map(([, ms]) => ms);
  const sorted = measured.toSorted((a, b) => a - b);
  const [least, most] = [Math.min(...crowd.frames), Math.max(...crowd.frames)];
  return {
    name,
    backend,
    positions,
    portfolios,
    threads: 2,
    ...spreadOf(measured),
    positionsPerSecond: null,
    bytesPerSecond: null,
    shareOfReadBandwidth: null,
    // Every tick that was applied was answered; a conflated one may leave the canary where it was. Subscribers hear the same, but for
    // what was told while they were still joining.
    verified:
      applied + conflated === TICKS + WARMUP_TICKS &&
      measured.length >= TICKS - 2 * conflated &&
      (load.subscribers === 0 || (least >= measured.length && most - least <= 2 * load.subscribers)),
    figures: {
      p50Ms: quantile(sorted, 0.5),
      p99Ms: quantile(sorted, 0.99),
      maxMs: quantile(sorted, 1),
      ticks: TICKS,
      answered: measured.length,
      conflated,
      ...(load.subscribers === 0 ? {} : { subscribers: load.subscribers, framesEach: least, grownMiB: grownBytes / 2 ** 20 }),
    },
  };
}

/** One account's signal at every tick, to one subscriber. */
export function benchLatency(book: StandardBook, positions: number, backend: BackendChoice): Promise<BenchResult> {
  return openLoop('latency', book, positions, { backend, canaries: 1, subscribers: 0 });
}

/** A thousand signals a second to a hundred subscribers, and what that does to the one that is timed. */
export function benchFanOut(book: StandardBook, positions: number, backend: BackendChoice): Promise<BenchResult> {
  return openLoop('fan-out', book, positions, { backend, canaries: 10, subscribers: 100 });
}
