/**
 * What a damaged snapshot gives: one clear error, whatever was done to its bytes. `DAMAGES=100000` asks for more, `SEED` for others. Bytes of the book that
 * are whole but wrong (resealed: as a bug of ours would write them) are an error, too, or a book that can be scanned: native code trusts its columns.
 * Plain data of other parts is trusted once its checksum is right.
 */
import { describe, expect, it } from 'vitest';
import { CpuBackend } from '../../src/backends/cpu.js';
import { native } from '../../src/backends/native.js';
import { Engine } from '../../src/engine/engine.js';
import { saveSnapshot } from '../../src/engine/snapshot.js';
import { PlimsollError } from '../../src/model/errors.js';
import type { Instruments } from '../../src/model/instruments.js';
import { type NamedBuffer, readFrom, type Saved } from '../../src/model/named-buffers.js';
import { type Backend, HandleList } from '../../src/scan/backend.js';
import { JsBackend } from '../../src/scan/js-backend.js';
import type { Random } from '../../src/synthetic/random.js';
import { instrumentsOf, marketOf, rate } from '../support/books.js';
import { fullClose } from '../support/policies.js';
import { RandomRecords } from './random-records.js';
import { account, alice, effectsOf, engineWith, fill, fills, instruments, position, TTL_US, tick } from './support.js';

const DAMAGES = Number(process.env.DAMAGES ?? 1_500);
const SEED = Number(process.env.SEED ?? 1);

const { addon, refused } = native();
if (addon === null) process.stdout.write(`skipped: damaged columns on the cpu backend: ${refused.join('; ')}\n`);
const cpu = addon === null ? null : new CpuBackend(addon, 1, 'widest');

interface Subject {
  readonly venue: Instruments;
  readonly buffers: readonly NamedBuffer[];
}

/** Engines after some records: of every kind of book, so that every kind of buffer is there. */
function subjects(count: number): Subject[] {
  return Array.from({ length: count }, (_, i) => {
    const records = new RandomRecords(SEED * 5_000 + i, 80);
    const engine = new Engine({ instruments: records.instruments, backend: new JsBackend(), policy: fullClose(TTL_US) });
    for (const each of records.loaded()) engine.load(each);
    for (let step = 0; step < 120; step++) records.hear(engine.apply(records.next()).effects);
    return { venue: records.instruments, buffers: engine.save().map(({ name, bytes }) => ({ name, bytes: bytes.slice() })) };
  });
}

function restore(venue: Instruments, buffers: readonly NamedBuffer[]): Engine {
  const engine = new Engine({ instruments: venue, backend: new JsBackend(), policy: fullClose(TTL_US) });
  engine.restore(readFrom(buffers));
  return engine;
}

/** The error, or null when it was restored. Anything but a `PlimsollError` goes through. */
function refusal(venue: Instruments, buffers: readonly NamedBuffer[]): { message: string } | Engine {
  try {
    return restore(venue, buffers);
  } catch (error) {
    if (error instanceof PlimsollError) return { message: error.message };
    throw error;
  }
}

function flipped(random: Random, bytes: Uint8Array): Uint8Array {
  const changed = bytes.slice();
  for (let flips = 1 + random.integer(3); flips > 0; flips--) changed[random.integer(bytes.length)] ^= 1 << random.integer(8);
  return changed;
}

/** One buffer, of those whose names begin so, that is cut, grown, changed, gone or another's. */
function damaged(random: Random, buffers: readonly NamedBuffer[], ...prefixes: string[]): NamedBuffer[] {
  const filled = buffers.filter(({ name, bytes }) => bytes.length > 0 && prefixes.some((prefix) => name.startsWith(prefix)));
  const chosen = filled[random.integer(filled.length)];
  const other = filled[random.integer(filled.length)];
  const kind = random.integer(10);
  const change = (bytes: Uint8Array): Uint8Array => {
    if (kind === 0) return bytes.slice(0, random.integer(bytes.length));
    if (kind === 1) return Uint8Array.from([...bytes, random.integer(256)]);
    if (kind === 2) return other.bytes;
    return flipped(random, bytes);
  };
  if (kind === 3) return buffers.filter(({ name }) => name !== chosen.name);
  return buffers.map((buffer) => (buffer === chosen ? { name: buffer.name, bytes: change(buffer.bytes) } : buffer));
}

const isSame = (one: readonly NamedBuffer[], other: readonly NamedBuffer[]): boolean =>
  one.length === other.length && one.every(({ bytes }, i) => Buffer.compare(bytes, other[i].bytes) === 0);

/** A snapshot of the same bytes whose head says that they are right. */
function resealed(venue: Instruments, buffers: readonly NamedBuffer[]): NamedBuffer[] {
  const parts: Record<string, Saved> = {};
  for (const part of ['times', 'trades', 'scan', 'cases']) {
    const own = buffers.filter(({ name }) => name.startsWith(`${part}/`));
    parts[part] = {
      save: () => own.map(({ name, bytes }) => ({ name: name.slice(part.length + 1), bytes })),
      restore: () => undefined,
    };
  }
  return saveSnapshot(venue, parts);
}

function scan({ scanHalf: { book } }: Engine, backend: Backend): void {
  const into = { nominees: new HandleList(), unpriced: new HandleList() };
  backend.scan({ shelves: book.store.shelves, vectors: book.lines, into, near: null, statistics: null });
  for (const handle of [...into.nominees.view(), ...into.unpriced.view()]) expect(book.store.isLive(handle)).toBe(true);
}

describe('a snapshot', { timeout: 60_000 + 40 * DAMAGES }, () => {
  const all = subjects(8);

  it('of which any byte is another, missing or too many is refused', () => {
    const { random } = new RandomRecords(SEED, 2);
    const said = new Set<string>();
    for (let i = 0; i < DAMAGES; i++) {
      const { venue, buffers } = all[i % all.length];
      const wrong = damaged(random, buffers, '');
      if (isSame(wrong, buffers)) continue;
      const outcome = refusal(venue, wrong);
      if (outcome instanceof Engine) expect.fail(`restored, ${wrong.length} of ${buffers.length} buffers`);
      expect(outcome.message).toMatch(/^snapshot(:| buffer \S+:) expected .*, was /);
      said.add(outcome.message.replace(/ buffer \S+:/, ':').replace(/\d+/g, 'n'));
    }
    expect([...said].sort()).toEqual(
      expect.arrayContaining([
        'snapshot: expected a head, was none',
        'snapshot: expected an undamaged head, was a damaged one',
        'snapshot: expected n bytes, was n',
        'snapshot: expected the buffer, was nothing',
        'snapshot: expected the bytes that were saved, was others (it is damaged)',
      ]),
    );
  });

  it('whose bytes were written wrong is refused, or gives an engine that every backend can scan', () => {
    const { random } = new RandomRecords(SEED + 1, 2);
    const counts = { refused: 0, scanned: 0 };
    const said = new Set<string>();
    for (let i = 0; i < DAMAGES; i++) {
      const { venue, buffers } = all[i % all.length];
      const outcome = refusal(venue, resealed(venue, damaged(random, buffers, 'scan/book/', 'trades/')));
      if (outcome instanceof Engine) {
        scan(outcome, new JsBackend());
        if (cpu !== null) scan(outcome, cpu);
        counts.scanned += 1;
      } else {
        counts.refused += 1;
        said.add(outcome.message.replace(/ buffer \S+:/, ':').replace(/\d+/g, 'n'));
      }
    }
    expect(counts.refused).toBeGreaterThan(DAMAGES / 10);
    expect(counts.scanned).toBeGreaterThan(DAMAGES / 20);
    expect(said.size).toBeGreaterThan(10);
  });
});

describe('a snapshot of others', () => {
  const engine = engineWith(alice, account('bob', 5, { isolated: [] }));
  effectsOf(engine, tick(1, 30_000, 2_000));
  effectsOf(engine, fills(2, fill('t')));
  const buffers = engine.save().map(({ name, bytes }) => ({ name, bytes: bytes.slice() }));
  const otherRate = [{ ...marketOf(0).maintenance.tiers[0], rate: rate('0.005') }];

  it.each([
    ['market', instrumentsOf([marketOf(0), marketOf(1), marketOf(2)])],
    ['rate', instrumentsOf([marketOf(0, { maintenance: { ...marketOf(0).maintenance, tiers: otherRate } }), marketOf(1)])],
    ['rule', { ...instruments, liquidateWhen: 'equity<=maintenance' as const }],
  ])('is refused, by one %s', (_, other) => {
    expect(() => restore(other, buffers)).toThrow(
      'snapshot: expected one of a book with these instruments and rules, was one of another',
    );
  });

  it('is refused when it is of another version', () => {
    const [head, ...rest] = buffers;
    const bytes = head.bytes.slice();
    bytes[4] += 1;
    expect(() => restore(instruments, [{ name: head.name, bytes }, ...rest])).toThrow('snapshot: expected version 1, was 2');
    expect(() => restore(instruments, [{ name: head.name, bytes: new Uint8Array(64) }, ...rest])).toThrow(
      'the head of a snapshot',
    );
  });

  it('goes into a fresh engine only', () => {
    expect(() => engine.restore(readFrom(buffers))).toThrow('expected a fresh');
    expect(restore(instruments, buffers).scanHalf.book.position(0, 0, 1)).toMatchObject({ lots: position(400, 0).lots });
  });
});
