/** The tensor store against a plain map, command by command, with all its columns checked after each. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AssertionError, PlimsollError } from '../../src/model/errors.js';
import { AMOUNT_MAX } from '../../src/model/limits.js';
import { LANES, NO_HANDLE, PADDING_LINE } from '../../src/store/shelf.js';
import { type Rows, Store, widthOfClass } from '../../src/store/store.js';

interface Row {
  line: number;
  lots: number;
  cost: bigint;
}

interface Portfolio {
  handle: number;
  flags: number;
  cash: bigint;
  filterCash: number;
  version: number;
  source: number;
  rows: Row[];
}

/** What a device would hold that takes drained slices only. */
interface Copy {
  line: Uint32Array;
  size: Float32Array;
  cash: Float32Array;
}

interface Model {
  portfolios: Map<string, Portfolio>;
  /** By shelf and slice. */
  device: Map<string, Copy>;
  given: number;
}

const rowsAt = (store: Store, handle: number): Row[] => {
  const at = {} as Rows;
  if (!store.locate(handle, at)) return [];
  return Array.from({ length: at.count }, (_, j) => {
    const row = at.base + j * LANES;
    return { line: at.chunk.line[row], lots: at.chunk.lots[row], cost: at.chunk.cost.get(row) };
  });
};

/** As `expect`, without its cost: these run some millions of times. */
function must(holds: boolean, what: string): void {
  if (!holds) throw new Error(`expected ${what}`);
}

const sameRow = (a: Row, b: Row): boolean => a.line === b.line && a.lots === b.lots && a.cost === b.cost;

/** The store says of every portfolio what the model says. */
function mustBeSame(store: Store, { portfolios, given }: Model): void {
  must(store.portfolioCount === portfolios.size, 'the count of portfolios');
  must(store.handleEnd <= given, 'handles to be reused');
  let rowCount = 0;
  for (const [id, portfolio] of portfolios) {
    const { handle } = portfolio;
    const rows = rowsAt(store, handle);
    must(store.find(id) === handle && store.idOf(handle) === id, `${id} to be found`);
    must(store.rowsOf(handle) === rows.length && rows.length === portfolio.rows.length, `the row count of ${id}`);
    must(
      rows.every((row, j) => sameRow(row, portfolio.rows[j])),
      `the rows of ${id}`,
    );
    must(store.cashOf(handle) === portfolio.cash, `the cash of ${id}`);
    must(store.flagsOf(handle) === portfolio.flags, `the flags of ${id}`);
    must(store.versionOf(handle) === portfolio.version, `the version of ${id}`);
    must(store.sourceVersionOf(handle) === portfolio.source, `the source version of ${id}`);
    rowCount += portfolio.rows.length;
  }
  must(store.rowCount === rowCount, 'the count of rows');
  const live = new Set([...portfolios.values()].map(({ handle }) => handle));
  for (let handle = 0; handle < store.handleEnd; handle++)
    must(store.isLive(handle) === live.has(handle), `liveness of ${handle}`);
}

/** Every lane of every slice is a portfolio's, once, or empty; and what is empty adds nothing to a scan. */
function mustBePadded(store: Store, { portfolios }: Model): void {
  const byHandle = new Map([...portfolios.values()].map((portfolio) => [portfolio.handle, portfolio]));
  const seen = new Set<number>();
  for (const shelf of store.shelves) {
    if (shelf === undefined) continue;
    must(shelf.sliceCount <= shelf.chunks.length * shelf.slicesPerChunk, 'slices to have memory');
    for (let slot = 0; slot < shelf.sliceCount * LANES; slot++) {
      const chunk = shelf.chunkOf(slot);
      const handle = chunk.handle[shelf.laneOf(slot)];
      const cash = chunk.cash[shelf.laneOf(slot)];
      const portfolio = byHandle.get(handle);
      must((portfolio === undefined) === (handle === NO_HANDLE), `a live handle, was ${handle}`);
      must(!seen.has(handle), `one lane for ${handle}`);
      if (portfolio !== undefined) seen.add(handle);
      const count = portfolio?.rows.length ?? 0;
      must(
        cash === (count > 0 ? portfolio?.filterCash : Number.POSITIVE_INFINITY),
        `the filter's cash of ${handle}, was ${cash}`,
      );
      must(count <= shelf.width, 'rows to fit their lane');
      for (let j = 0; j < shelf.width; j++) {
        const row = shelf.rowBase(slot) + j * LANES;
        if (j < count) {
          must(chunk.size[row] === Math.fround(chunk.lots[row]), 'a float32 of the lots');
        } else {
          must(chunk.line[row] === PADDING_LINE && chunk.size[row] === 0, 'padding for the filter');
          must(chunk.lots[row] === 0 && chunk.cost.get(row) === 0n, 'padding in the exact columns');
        }
      }
    }
  }
  for (const { handle, rows } of portfolios.values()) must(rows.length === 0 || seen.has(handle), `a lane for ${handle}`);
}

const sameBytes = (a: Uint32Array | Float32Array, b: Uint32Array | Float32Array): boolean => a.every((x, i) => x === b[i]);

/** Takes the drained slices over, and then the device holds what the store holds. */
function drain(store: Store, { device }: Model): void {
  for (const [k, shelf] of store.shelves.entries()) {
    if (shelf === undefined) continue;
    const drained = shelf.drainDirty();
    must(new Set(drained).size === drained.length, 'each slice once');
    must(shelf.drainDirty().length === 0, 'nothing left to drain');
    for (let slice = 0; slice < shelf.sliceCount; slice++) {
      const chunk = shelf.chunkOf(slice * LANES);
      const lane = shelf.laneOf(slice * LANES);
      const row = shelf.rowBase(slice * LANES);
      const there: Copy = {
        line: chunk.line.slice(row, row + shelf.width * LANES),
        size: chunk.size.slice(row, row + shelf.width * LANES),
        cash: chunk.cash.slice(lane, lane + LANES),
      };
      if (drained.includes(slice)) device.set(`${k}/${slice}`, there);
      const here = device.get(`${k}/${slice}`);
      must(
        here !== undefined &&
          sameBytes(here.line, there.line) &&
          sameBytes(here.size, there.size) &&
          sameBytes(here.cash, there.cash),
        `slice ${slice} of shelf ${k} to be drained after its change`,
      );
    }
  }
}

type Command = fc.Command<Model, Store>;

/** A command on the portfolio that `pick` falls on; not applicable while there is none. */
function onPortfolio(
  name: string,
  pick: number,
  run: (portfolio: Portfolio, store: Store, id: string, model: Model) => void,
): Command {
  return {
    check: ({ portfolios }) => portfolios.size > 0,
    run(model, store) {
      const [id, portfolio] = [...model.portfolios][pick % model.portfolios.size];
      run(portfolio, store, id, model);
      mustBeSame(store, model);
      mustBePadded(store, model);
    },
    toString: () => `${name}(${pick})`,
  };
}

const amount = fc.oneof(fc.bigInt({ min: -AMOUNT_MAX, max: AMOUNT_MAX }), fc.bigInt({ min: -1_000n, max: 1_000n }));
const row = fc.record({
  line: fc.integer({ min: 1, max: 2 ** 31 }),
  lots: fc.oneof(
    fc.integer({ min: 1, max: 9 }),
    fc.maxSafeInteger().filter((n) => n !== 0),
  ),
  cost: amount,
});
const pick = fc.nat(1_000);

const commands: fc.Arbitrary<Command>[] = [
  fc.tuple(fc.nat(60), fc.nat(3)).map(([n, flags]) => ({
    check: ({ portfolios }: Model) => !portfolios.has(`p${n}`),
    run(model: Model, store: Store) {
      const handle = store.insert(`p${n}`, flags);
      model.given = Math.max(model.given, handle + 1);
      model.portfolios.set(`p${n}`, {
        handle,
        flags,
        cash: 0n,
        filterCash: Number.POSITIVE_INFINITY,
        version: 0,
        source: 0,
        rows: [],
      });
      mustBeSame(store, model);
      mustBePadded(store, model);
    },
    toString: () => `insert(p${n})`,
  })),
  fc.tuple(pick, fc.array(row, { minLength: 1, maxLength: 40 })).map(([at, rows]) =>
    onPortfolio(`append${rows.length}`, at, (portfolio, store) => {
      for (const { line, lots, cost } of rows) {
        must(store.appendRow(portfolio.handle, line, lots, cost) === portfolio.rows.length, 'the index of the row');
        portfolio.rows.push({ line, lots, cost });
      }
    }),
  ),
  fc.tuple(pick, pick, row).map(([at, j, next]) =>
    onPortfolio('set', at, (portfolio, store) => {
      if (portfolio.rows.length === 0) return;
      const index = j % portfolio.rows.length;
      store.setRow(portfolio.handle, index, next.line, next.lots, next.cost);
      portfolio.rows[index] = { ...next };
    }),
  ),
  fc.tuple(pick, pick, fc.integer({ min: 1, max: 60 })).map(([at, j, times]) =>
    onPortfolio(`removeRow${times}`, at, (portfolio, store) => {
      for (let i = 0; i < times && portfolio.rows.length > 0; i++) {
        const index = j % portfolio.rows.length;
        store.removeRow(portfolio.handle, index);
        const last = portfolio.rows.pop() as Row;
        if (index < portfolio.rows.length) portfolio.rows[index] = last;
      }
      if (portfolio.rows.length === 0) portfolio.filterCash = Number.POSITIVE_INFINITY;
    }),
  ),
  pick.map((at) =>
    onPortfolio('remove', at, ({ handle }, store, id, { portfolios }) => {
      store.remove(handle);
      portfolios.delete(id);
      must(store.find(id) === -1, 'a removed id to be gone');
    }),
  ),
  fc.tuple(pick, fc.nat(100)).map(([at, room]) =>
    onPortfolio(`reserve${room}`, at, ({ handle, rows }, store) => {
      if (rows.length > 0) expect(() => store.reserve(handle, room)).toThrow(AssertionError);
      else store.reserve(handle, room);
    }),
  ),
  fc.tuple(pick, amount).map(([at, cash]) =>
    onPortfolio('cash', at, (portfolio, store) => {
      store.setCash(portfolio.handle, cash);
      portfolio.cash = cash;
    }),
  ),
  fc.tuple(pick, fc.float({ noNaN: true })).map(([at, value]) =>
    onPortfolio('filterCash', at, (portfolio, store) => {
      if (portfolio.rows.length === 0) return;
      store.setFilterCash(portfolio.handle, value, 0);
      portfolio.filterCash = value;
    }),
  ),
  fc.tuple(pick, fc.nat(3), fc.nat(2 ** 40)).map(([at, flags, source]) =>
    onPortfolio('label', at, (portfolio, store) => {
      store.setFlags(portfolio.handle, flags);
      store.setSourceVersion(portfolio.handle, source);
      store.setVersion(portfolio.handle, portfolio.version + 1);
      Object.assign(portfolio, { flags, source, version: portfolio.version + 1 });
    }),
  ),
  fc.constant({
    check: () => true,
    run: (model: Model, store: Store) => drain(store, model),
    toString: () => 'drain',
  }),
];

describe('the store', () => {
  it('is a map from ids to portfolios, whatever is done to it, and drains what changed', () => {
    let deepest = 0;
    fc.assert(
      fc.property(fc.commands(commands, { size: 'large', maxCommands: 60 }), (run) => {
        const store = new Store();
        const model: Model = { portfolios: new Map(), device: new Map(), given: 0 };
        fc.modelRun(() => ({ model, real: store }), run);
        drain(store, model);
        deepest = Math.max(deepest, store.shelves.length);
      }),
      { numRuns: 400 },
    );
    // Portfolios of more than 64 rows were among them.
    expect(widthOfClass(deepest - 1)).toBeGreaterThan(64);
  }, 120_000);

  it('has widths 1, 2, 3, 4, 6, 8, 12, 16, 24, …', () => {
    const widths = Array.from({ length: 15 }, (_, i) => widthOfClass(i));
    expect(widths).toEqual([1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192]);
  });

  it('grows over chunks without moving what stands there', () => {
    const store = new Store();
    const handles = Array.from({ length: 1_200 }, (_, i) => store.insert(`p${i}`, 0));
    for (const handle of handles) {
      store.reserve(handle, 96);
      for (let j = 0; j < 70; j++) store.appendRow(handle, handle + 1, j + 1, BigInt(handle * 100 + j));
    }
    const shelf = store.shelves.find((candidate) => candidate?.width === 96);
    if (shelf === undefined) throw new Error('expected a shelf');
    expect(shelf.chunks.length).toBeGreaterThan(2);
    const [first] = shelf.chunks;
    for (const handle of handles) {
      const rows = rowsAt(store, handle);
      expect(rows.length).toBe(70);
      expect(rows[69]).toEqual({ line: handle + 1, lots: 70, cost: BigInt(handle * 100 + 69) });
    }
    expect(shelf.chunks[0]).toBe(first);
    expect(new Set(shelf.drainDirty()).size).toBe(shelf.sliceCount);
    // One change in the last chunk: one slice, by its index on the shelf.
    store.setRow(handles[1_199], 0, 5, 5, 5n);
    expect(shelf.drainDirty()).toEqual([shelf.sliceCount - 1]);
    store.removeRow(handles[1], 69);
    expect(shelf.drainDirty()).toEqual([0]);
    store.remove(handles[0]);
    expect(shelf.drainDirty()).toEqual([0]);
  });

  it('holds a portfolio wider than a chunk is meant to be', () => {
    const store = new Store();
    const handle = store.insert('wide', 0);
    for (let j = 0; j < 5_000; j++) store.appendRow(handle, 1, j + 1, 0n);
    expect(rowsAt(store, handle).map(({ lots }) => lots)).toEqual(Array.from({ length: 5_000 }, (_, j) => j + 1));
    for (let j = 4_999; j >= 0; j--) store.removeRow(handle, j);
    expect(store.rowCount).toBe(0);
  });

  it('refuses before it writes', () => {
    const store = new Store();
    const handle = store.insert('a', 0);
    store.appendRow(handle, 1, 7, 3n);
    store.setCash(handle, 5n);
    expect(() => store.setCash(handle, AMOUNT_MAX + 1n)).toThrow(PlimsollError);
    expect(() => store.appendRow(handle, 2, 1, AMOUNT_MAX + 1n)).toThrow(PlimsollError);
    expect(() => store.setRow(handle, 0, 2, 1, -AMOUNT_MAX - 1n)).toThrow(PlimsollError);
    for (const lots of [0.5, 2 ** 53, Number.NaN]) expect(() => store.setRow(handle, 0, 2, lots, 0n)).toThrow(AssertionError);
    for (const lots of [0.5, 2 ** 53, Number.NaN]) expect(() => store.appendRow(handle, 2, lots, 0n)).toThrow(AssertionError);
    for (const j of [1, -1]) expect(() => store.setRow(handle, j, 2, 1, 0n)).toThrow(AssertionError);
    expect(() => store.removeRow(handle, 1)).toThrow(AssertionError);
    expect(() => store.removeRow(handle, -1)).toThrow(AssertionError);
    expect(rowsAt(store, handle)).toEqual([{ line: 1, lots: 7, cost: 3n }]);
    expect([store.rowCount, store.cashOf(handle)]).toEqual([1, 5n]);
  });

  it('links the portfolios of an account', () => {
    const store = new Store();
    const [a, b] = [store.insert('a', 0), store.insert('a/M', 0)];
    expect([store.linkOf(a), store.linkOf(b)]).toEqual([-1, -1]);
    store.setLink(a, b);
    expect(store.linkOf(a)).toBe(b);
    store.setLink(a, -1);
    store.remove(b);
    expect(store.insert('c', 0)).toBe(b);
    expect([store.linkOf(a), store.linkOf(b)]).toEqual([-1, -1]);
  });
});
