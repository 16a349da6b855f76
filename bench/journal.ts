/** What a journal costs: records a second appended and durable, what waiting for the disk adds to a record's way, and bytes a record. */
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeRecord, encodeRecord } from '../src/journal/codec.js';
import { effectsHash } from '../src/journal/effects-hash.js';
import { type Journal, openJournal } from '../src/journal/journal.js';
import { JournalReader, logPath } from '../src/journal/reader.js';
import { cash, lots } from '../src/model/portfolio.js';
import type { InputRecord } from '../src/model/records.js';
import type { StandardBook } from './book.js';
import { type BenchResult, quantile, type Spread, spreadOf } from './measure.js';

/** Records of one turn: what comes together in a busy engine. */
const BATCH = 100;
const FILLS = 20_000;
const TICKS = 2_000;
/** Ten ticks a second would leave a disk idle: these follow each other as fast as they are durable. */
const PACED = 300;

type Make = (index: number) => InputRecord;

function tickMaker({ prices }: StandardBook): Make {
  return (index) => ({
    type: 'tick',
    timeUs: 1_700_000_000_000_000 + index * 100_000,
    marks: prices.map(({ units, decimals }, market) => ({ market, price: { units: units + BigInt(index % 100), decimals } })),
  });
}

const fillOf: Make = (index) => {
  const timeUs = 1_700_000_000_000_000 + index;
  const orderId = `a${index.toString(36).padStart(7, '0')}@1700000000000000/BTCUSDT.1`;
  const account = `a${index.toString(36).padStart(7, '0')}`;
  const price = { units: 6_543_210n + BigInt(index), decimals: 2 };
  const fee = cash(123_456_789_012_345_678n);
  const fill = { tradeId: `${orderId}.1`, orderId, account, market: index % 400, price, fee, timeUs, lots: lots(1 + index) };
  return { type: 'fills', timeUs, fills: [{ ...fill, margin: 'cross', side: 'sell' }] };
};

interface Measured {
  /** Of a batch of a hundred, from the first encoding until all is durable. */
  readonly batches: Spread;
  readonly perSecond: number;
  readonly bytesEach: number;
  readonly encodedBytesEach: number;
  readonly waits: readonly number[];
  readonly verified: boolean;
}

function append(journal: Journal, record: InputRecord): void {
  journal.append(encodeRecord(record), effectsHash([], 0));
}

async function measure(book: StandardBook, count: number, make: Make): Promise<Measured> {
  const folder = mkdtempSync(join(tmpdir(), 'plimsoll-bench-journal-'));
  try {
    const options = { folder, instruments: book.instruments, genesis: { book: 'bench' }, by: 'bench', startUs: 1 };
    const journal = await openJournal(options);
    const times: number[] = [];
    const before = statSync(logPath(folder)).size;
    const start = performance.now();
    for (let i = 0; i < count; i += BATCH) {
      const began = performance.now();
      for (let k = i; k < i + BATCH; k += 1) append(journal, make(k));
      await journal.flushed();
      times.push(performance.now() - began);
    }
    const seconds = (performance.now() - start) / 1000;
    const bytes = statSync(logPath(folder)).size - before;
    const waits: number[] = [];
    for (let i = count; i < count + PACED; i += 1) {
      append(journal, make(i));
      const began = performance.now();
      await journal.flushed();
      waits.push(performance.now() - began);
    }
    await journal.close();
    const encoded = encodeRecord(make(0)).length;
    return {
      batches: spreadOf(times),
      perSecond: count / seconds,
      bytesEach: bytes / count,
      encodedBytesEach: encoded,
      waits: waits.toSorted((a, b) => a - b),
      verified: isThere(folder, count + PACED, make),
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Every record comes back as it went in. */
function isThere(folder: string, count: number, make: Make): boolean {
  const reader = new JournalReader(folder);
  const payloads = [...reader.records()].map(({ payload }) => payload);
  reader.close();
  const isSame = (payload: Buffer, i: number): boolean =>
    encodeRecord(decodeRecord(payload)).equals(payload) && payload.equals(encodeRecord(make(i)));
  return payloads.length === count && payloads.every(isSame);
}

export async function benchJournal(book: StandardBook): Promise<BenchResult[]> {
  const results: BenchResult[] = [];
  for (const [name, count, make] of [
    ['journal-ticks', TICKS, tickMaker(book)],
    ['journal-fills', FILLS, fillOf],
  ] as const) {
    const { batches, perSecond, bytesEach, encodedBytesEach, waits, verified } = await measure(book, count, make);
    results.push({
      name,
      backend: 'journal',
      positions: 0,
      portfolios: 0,
      threads: 1,
      ...batches,
      positionsPerSecond: null,
      bytesPerSecond: null,
      shareOfReadBandwidth: null,
      verified,
      figures: {
        recordsPerSecond: perSecond,
        bytesEach,
        encodedBytesEach,
        waitP50Ms: quantile(waits, 0.5),
        waitP99Ms: quantile(waits, 0.99),
      },
    });
  }
  return results;
}
