/** DuckDB on the same book in the same run, with one thread and with all, beside the fastest backends. */
import os from 'node:os';
import { PlimsollError } from '../src/model/errors.js';
import { fastestOfEach, type Note } from './contenders.js';
import { DuckDbBook } from './duckdb.js';
import { rates, timesOf } from './full-scan.js';
import type { Machine } from './machine.js';
import { type BenchResult, measureTogether } from './measure.js';
import { fullPass, nominations, type Subject } from './subject.js';

/** Seconds each: fewer runs than elsewhere. */
const EFFORT = { runsMin: 7, runsMax: 50, budgetMs: 5000 };

async function loaded(subject: Subject, note: Note): Promise<DuckDbBook | null> {
  try {
    return await DuckDbBook.load(subject.plain);
  } catch (error) {
    if (!(error instanceof PlimsollError)) throw error;
    note(`peers: skipped, ${error.message}`);
    return null;
  }
}

export async function benchPeers(subject: Subject, machine: Machine, note: Note): Promise<BenchResult[]> {
  const duckdb = await loaded(subject, note);
  if (duckdb === null) return [];
  const ours = fastestOfEach(subject.contenders);
  const found = nominations();
  const pass = fullPass(subject.scanner, found);
  const verified = ours.map(({ backend }) => {
    backend.scan(pass);
    return subject.isRight(found);
  });
  const allThreads = os.availableParallelism();
  const threads = allThreads === 1 ? [1] : [1, allThreads];
  const counts: number[] = [];
  for (const count of threads) {
    await duckdb.setThreads(count);
    counts.push(await duckdb.count());
  }
  const spreads = await measureTogether(
    [
      ...ours.map(
        ({ backend }) =>
          () =>
            backend.scan(pass),
      ),
      ...threads.map((count) => ({ before: () => duckdb.setThreads(count), run: () => duckdb.count() })),
    ],
    EFFORT,
  );
  duckdb.close();
  const { liquidatable } = subject.checked;
  return [
    ...ours.map(
      (contender, i): BenchResult => ({
        name: 'peers',
        backend: contender.backend.name,
        ...subject.size,
        threads: contender.threads,
        ...spreads[i],
        ...rates(subject, contender, spreads[i], machine),
        verified: verified[i],
        figures: { liquidatable },
      }),
    ),
    ...threads.map((count, i): BenchResult => {
      const spread = spreads[ours.length + i];
      const timesCpu = timesOf('cpu', ours, spreads, spread.medianMs);
      const timesJs = timesOf('js', ours, spreads, spread.medianMs);
      return {
        name: 'peers',
        backend: 'duckdb',
        ...subject.size,
        threads: count,
        ...spread,
        positionsPerSecond: (subject.size.positions / spread.medianMs) * 1000,
        bytesPerSecond: null,
        shareOfReadBandwidth: null,
        // In float64 and without a bound, as the plain loop.
        verified: Math.abs(counts[i] - liquidatable) <= 2,
        figures: {
          ...(timesCpu === null ? {} : { timesCpu }),
          ...(timesJs === null ? {} : { timesJs }),
          liquidatable: counts[i],
        },
      };
    }),
  ];
}
