/**
 * Every way to change a live book, in random sequences over extreme venues: what it holds is what a book kept by hand holds, its decisions
 * are the oracle's to the last digit, and its columns are those of a book that never had anything else. `SCENES=1000` asks for more;
 * `SEED` for others.
 */
import { expect, it } from 'vitest';
import { type Fraction, fractionToNumber, subtract } from '../../src/model/fraction.js';
import { isInsolvent, isLiquidatable, valuePortfolio } from '../../src/model/margin.js';
import { compareIds, type Portfolio } from '../../src/model/portfolio.js';
import { checkShelves, type Filtered, filtered } from './columns.js';
import { Scene } from './scene.js';

const SCENES = Number(process.env.SCENES ?? 100);
const SEED = Number(process.env.SEED ?? 1);
const STEPS = 40;
/** Scenes of a seed lie apart from those of the next. */
const SEED_STRIDE = 100_000;
/** What two float32 cash columns of one portfolio may differ by, of all that they are summed from. */
const CASH_ROUNDING = 4e-6;
/** What float64 gives the exact slack, and the sums of a portfolio of many rows. */
const SUM_ROUNDING = 1e-13;

/** What the oracle decides, by id in code-unit order. */
interface Decisions {
  readonly liquidatable: string[];
  readonly insolvent: string[];
  readonly unpriced: Record<string, readonly string[]>;
}

const totals = { liquidatable: 0, insolvent: 0, unpriced: 0, healthy: 0, lines: 0, groups: 0, booked: 0, refused: 0 };

function text({ id, mode, cash, others = [], positions, orders = [] }: Portfolio): string {
  const list = (rows: readonly string[]): string => `[${[...rows].sort()}]`;
  return [
    `${id} ${mode} ${cash}`,
    list(others.map(({ asset, amount }) => `${asset} ${amount}`)),
    list(positions.map(({ market, lots, cost }) => `${market} ${lots} ${cost}`)),
    list(orders.map(({ market, lots, cost, reduceOnly }) => `${market} ${lots} ${cost} ${reduceOnly}`)),
  ].join(' ');
}

function expectHoldings({ scanner, reference, instruments }: Scene): void {
  const { book } = scanner;
  const handles = Array.from({ length: book.store.handleEnd }, (_, handle) => handle).filter((h) => book.store.isLive(h));
  expect(handles.map((handle) => book.store.idOf(handle)).sort(compareIds)).toEqual(reference.ids);
  for (const id of reference.ids) {
    const handle = book.store.find(id);
    expect(text(book.portfolio(handle))).toBe(text(reference.portfolio(id)));
    expect(book.isHedged(handle)).toBe(reference.isHedged(id));
    expect(book.isIsolated(handle)).toBe(reference.isIsolated(id));
    expect(book.exists(handle)).toBe(!reference.isEmpty(id));
    expect(book.positionsIn(handle)).toBe(reference.positions(id).length);
    const { index } = instruments.assets[instruments.assets.length - 1];
    expect(book.balanceOf(handle, index)).toBe(reference.balance(id, index));
  }
  expect(book.positionCount).toBe(reference.ids.reduce((sum, id) => sum + reference.positions(id).length, 0));
  expect(book.portfolioCount).toBe(reference.ids.filter((id) => !reference.isEmpty(id)).length);
  expect(book.accountCount).toBe(reference.accountCount);
}

/** The columns of a portfolio are what a book makes of it that never had anything else. */
function expectFresh({ twin, reference }: Scene, id: string, was: Filtered | null): void {
  const handle = twin.store.insert(id, 0);
  twin.setPortfolio(handle, reference.portfolio(id));
  const fresh = filtered(twin, handle);
  twin.store.remove(handle);
  expect(was === null).toBe(fresh === null);
  if (was === null || fresh === null) return;
  expect(Number.isNaN(was.slack)).toBe(Number.isNaN(fresh.slack));
  const differs = Math.abs(was.slack - fresh.slack) > CASH_ROUNDING * (Math.abs(was.slack) + was.sum);
  if (differs) expect.fail(`columns of ${id} are stale: ${JSON.stringify([was, fresh])}`);
}

/** The filter's slack is never above the exact one by more than its bound, and a breach is nominated. */
function expectBound(id: string, was: Filtered, exact: Fraction): void {
  const slack = fractionToNumber(exact);
  expect(was.slack).not.toBeNaN();
  if (!(was.low <= slack + SUM_ROUNDING * (was.sum + Math.abs(slack)))) expect.fail(`filter of ${id}: ${was.low} above ${slack}`);
  if (exact.n <= 0n && !was.nominated) expect.fail(`${id} is missed at the slack ${slack}`);
}

const isSame = (a: Fraction, b: Fraction): boolean => a.n * b.d === b.n * a.d;

/** Judges every portfolio, against the oracle. */
function expectVerdicts(scene: Scene): Decisions {
  const { scanner, reference, instruments, prices } = scene;
  const { book, verdict } = scanner;
  const decided: Decisions = { liquidatable: [], insolvent: [], unpriced: {} };
  for (const id of reference.ids) {
    const handle = book.store.find(id);
    const was = filtered(book, handle);
    expectFresh(scene, id, was);
    if (was !== null) totals[book.store.methodOf(handle)] += 1;
    const value = valuePortfolio(reference.portfolio(id), instruments, prices);
    const standing = verdict.judge(handle);
    totals[standing] += 1;
    if (!value.priced) {
      expect(standing).toBe('unpriced');
      decided.unpriced[id] = value.missing;
      continue;
    }
    const { equity, maintenance } = verdict.valuation();
    if (!isSame(equity, value.equity) || !isSame(maintenance, value.maintenance))
      expect({ id, equity, maintenance }).toEqual(value);
    const isBreached = isLiquidatable(value, instruments.liquidateWhen);
    expect(standing).toBe(isBreached ? 'liquidatable' : isInsolvent(value) ? 'insolvent' : 'healthy');
    if (standing !== 'healthy' && standing !== 'unpriced') decided[standing].push(id);
    if (isBreached) expect(verdict.breachRows(handle)).toHaveLength(reference.positions(id).length);
    if (was !== null) expectBound(id, was, subtract(value.equity, value.maintenance));
  }
  return decided;
}

function expectScan({ scanner, reference, instruments }: Scene, decided: Decisions): void {
  const { store } = scanner.book;
  const found = scanner.scan();
  const ids = (handles: Iterable<number>): string[] => [...handles].map((handle) => store.idOf(handle));
  // No mark moves what has no rows: no scan looks at it.
  const drained = reference.ids.filter((id) => {
    const handle = store.find(id);
    return store.rowsOf(handle) === 0 && reference.balance(id, instruments.valuation.index) < 0n;
  });
  expect(ids(found.liquidatable).sort(compareIds)).toEqual(decided.liquidatable);
  expect([...ids(found.insolvent), ...drained].sort(compareIds)).toEqual(decided.insolvent);
  const unpriced = [...found.unpriced].map((handle) => [store.idOf(handle), scanner.verdict.missing(handle)] as const);
  expect(Object.fromEntries(unpriced)).toEqual(decided.unpriced);
}

function play(seed: number): void {
  const scene = new Scene(seed);
  for (let step = 0; step < STEPS; step++) {
    try {
      scene.step();
      expectHoldings(scene);
      checkShelves(scene.scanner.book.store);
      expectScan(scene, expectVerdicts(scene));
    } catch (error) {
      throw new Error(`scene ${seed}, step ${step}: ${scene.log.slice(-4).join('; ')}: ${error}`, { cause: error });
    }
  }
  totals.booked += scene.batches.booked;
  totals.refused += scene.batches.refused;
}

it(
  `${SCENES} scenes of ${STEPS} updates leave a book as it should be`,
  () => {
    for (let scene = 0; scene < SCENES; scene++) play(SEED * SEED_STRIDE + scene);
    // The scenes must be worth the name.
    for (const [what, count] of Object.entries(totals)) expect(count, what).toBeGreaterThan(SCENES / 2);
  },
  60_000 + SCENES * 5_000,
);
