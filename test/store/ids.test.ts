/** The id table against a Map: random use, long runs of one slot, equal hashes, and an arena that is mostly waste. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AssertionError, PlimsollError } from '../../src/model/errors.js';
import { PORTFOLIO_ID_LENGTH_MAX } from '../../src/model/limits.js';
import { IdTable } from '../../src/store/ids.js';

const FIRST = 0x811c9dc5;
const step = (h: number, code: number): number => Math.imul(h ^ code, 0x01000193);

function runOver(from: number, text: string): number {
  let h = from;
  for (let i = 0; i < text.length; i++) h = step(h, text.charCodeAt(i));
  return h;
}

/** The table's hash, written again, so that ids can be made that it does not like. */
function hashOf(id: string): number {
  let h = runOver(FIRST, id);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** Two texts that lead from one state of the hash to one other: by the birthday of some hundred thousand. */
function collision(from: number): [string, string] {
  const seen = new Map<number, string>();
  for (let i = 0; ; i++) {
    const text = i.toString(36).padStart(5, '-');
    const state = runOver(from, text);
    const other = seen.get(state);
    if (other !== undefined) return [other, text];
    seen.set(state, text);
  }
}

/** 2^k ids of one hash: a pair from every state that the pairs before lead to. */
function equalHashes(k: number): string[] {
  let texts = [''];
  let state = FIRST;
  for (let i = 0; i < k; i++) {
    const [a, b] = collision(state);
    texts = texts.flatMap((text) => [text + a, text + b]);
    state = runOver(state, a);
  }
  return texts;
}

/** Everything that can be asked, against the map of ids to handles. */
function expectEqual(table: IdTable, model: ReadonlyMap<string, number>, absent: readonly string[]): void {
  expect(table.size).toBe(model.size);
  for (const [id, handle] of model) {
    expect(table.find(id)).toBe(handle);
    expect(table.idOf(handle)).toBe(id);
    expect(handle).toBeLessThan(table.handleEnd);
  }
  for (const id of absent) if (!model.has(id)) expect(table.find(id)).toBe(-1);
  let live = 0;
  for (let handle = 0; handle < table.handleEnd; handle++) live += Number(table.isLive(handle));
  expect(live).toBe(model.size);
}

function use(table: IdTable, model: Map<string, number>, id: string): void {
  const handle = model.get(id);
  if (handle === undefined) {
    const given = table.add(id);
    expect([...model.values()]).not.toContain(given);
    model.set(id, given);
  } else {
    table.remove(handle);
    model.delete(id);
    expect(table.isLive(handle)).toBe(false);
    expect(() => table.idOf(handle)).toThrow(AssertionError);
    expect(() => table.remove(handle)).toThrow(AssertionError);
  }
}

/** Adds what is absent and removes what is there, in any order, checking everything after each step. */
function churn(ids: readonly string[]): void {
  fc.assert(
    fc.property(fc.array(fc.nat(ids.length - 1), { maxLength: 120 }), (steps) => {
      const table = new IdTable();
      const model = new Map<string, number>();
      for (const at of steps) use(table, model, ids[at]);
      expectEqual(table, model, ids);
    }),
    { numRuns: 150 },
  );
}

describe('the id table', () => {
  it('is a map of a few ids', () =>
    churn(['a', 'b', 'ab', 'ba', 'alice', 'alice/BTCUSDT', 'alice/BTCUSDT:long', '~'.repeat(64)]));

  it('is a map of ids that want the same slots, past the end of the table', () => {
    const ids: string[] = [];
    for (let i = 0; ids.length < 40; i++) if ((hashOf(`u${i}`) & 1023) >= 1020) ids.push(`u${i}`);
    churn(ids);
  });

  it('is a map of ids of one hash', () => {
    const ids = equalHashes(3);
    expect(new Set(ids.map(hashOf)).size).toBe(1);
    expect(new Set(ids).size).toBe(8);
    churn(ids);
  });

  it('reuses handles, grows its slots and survives the rewriting of its arena', () => {
    const table = new IdTable();
    const model = new Map<string, number>();
    const id = (i: number): string => `${i}/`.padEnd(PORTFOLIO_ID_LENGTH_MAX, '-');
    for (let i = 0; i < 20_000; i++) model.set(id(i), table.add(id(i)));
    // 2.6 MB of ids in all: with 19 of 20 gone, more than half is waste, more than once.
    for (let i = 0; i < 20_000; i++) {
      if (i % 20 === 3) continue;
      table.remove(model.get(id(i)) as number);
      model.delete(id(i));
    }
    expectEqual(table, model, [id(0), id(1), id(19_999)]);
    const end = table.handleEnd;
    for (let i = 20_000; i < 30_000; i++) model.set(id(i), table.add(id(i)));
    expect(table.handleEnd).toBe(end);
    expect(new Set(model.values()).size).toBe(model.size);
    expectEqual(table, model, [id(0)]);
  });

  it('holds more handles than one chunk has', () => {
    const table = new IdTable();
    for (let i = 0; i < 70_000; i++) expect(table.add(`p${i}`)).toBe(i);
    for (const i of [0, 65_535, 65_536, 69_999]) {
      expect(table.find(`p${i}`)).toBe(i);
      expect(table.idOf(i)).toBe(`p${i}`);
    }
    expect(table.find('p70000')).toBe(-1);
    expect(table.isLive(70_000)).toBe(false);
    expect(table.isLive(200_000)).toBe(false);
  });

  it('refuses what is no id and what is there already', () => {
    const table = new IdTable();
    table.add('a');
    for (const id of ['', ' ', 'a b', 'é', 'a\n', 'x'.repeat(PORTFOLIO_ID_LENGTH_MAX + 1)]) {
      expect(() => table.add(id)).toThrow(PlimsollError);
      expect(table.find(id)).toBe(-1);
    }
    expect(() => table.add('a')).toThrow(AssertionError);
    // The letter whose low byte is that of "a" is another.
    expect(table.find('\u0161')).toBe(-1);
    expect(table.size).toBe(1);
  });
});
