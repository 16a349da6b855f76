/** The filter and the verdict together decide what the oracle decides, on random and adversarial books, through walks of marks. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Decimal } from '../../src/model/decimal.js';
import type { Instruments } from '../../src/model/instruments.js';
import { lotValue } from '../../src/model/margin.js';
import { type Account, compareIds } from '../../src/model/portfolio.js';
import { JsBackend } from '../../src/scan/js-backend.js';
import { LiveBook } from '../../src/scan/live-book.js';
import { Scanner } from '../../src/scan/scanner.js';
import {
  accountArbitrary,
  atTheEdge,
  dec,
  type Found,
  instrumentsArbitrary,
  type MarkTable,
  oracleFinds,
  portfoliosOfAll,
} from '../support/books.js';
import { STEPS } from './mixed.js';

function scannerFinds(scanner: Scanner): Found {
  const { store } = scanner.book;
  const ids = (handles: Iterable<number>): string[] => [...handles].map((h) => store.idOf(h)).sort(compareIds);
  const found = scanner.scan();
  const drained: number[] = [];
  for (let handle = 0; handle < store.handleEnd; handle++) {
    if (store.isLive(handle) && store.rowsOf(handle) === 0 && store.cashOf(handle) < 0n) drained.push(handle);
  }
  return {
    liquidatable: ids(found.liquidatable),
    insolvent: ids([...found.insolvent, ...drained]),
    unpriced: ids(found.unpriced),
  };
}

/** Steps that a mark takes: small ones, to the edges of the 5 % window and a hair beyond, jumps, and back. */
const stepArbitrary = fc.constantFrom<readonly [bigint, bigint]>(...STEPS, [1n, 1_000n], [999_999n, 1_000_000n]);

/** A walk's move: a step from the present mark, or straight to where an account's position meets a tier floor, give or take. */
interface Move {
  market: number;
  step: readonly [bigint, bigint];
  negate: boolean;
  percent: bigint | null;
}

interface Scene {
  instruments: Instruments;
  accounts: Account[];
  marks: (bigint | null)[];
  /** Whose position, and which tier's floor, the moves of a percentage go to. */
  target: { account: number; tier: number; market: number };
  walk: Move[];
  offs: bigint[];
}

const sceneArbitrary: fc.Arbitrary<Scene> = instrumentsArbitrary.chain((instruments) =>
  fc.record({
    instruments: fc.constant(instruments),
    accounts: fc.tuple(...Array.from({ length: 12 }, (_, i) => accountArbitrary(instruments, `a${i}`))),
    marks: fc.array(
      fc.oneof({ weight: 9, arbitrary: fc.bigInt({ min: 1n, max: 10n ** 11n }) }, { weight: 1, arbitrary: fc.constant(null) }),
      {
        minLength: instruments.markets.length,
        maxLength: instruments.markets.length,
      },
    ),
    target: fc.record({ account: fc.nat(11), tier: fc.nat(6), market: fc.nat(instruments.markets.length - 1) }),
    walk: fc.array(
      fc.record({
        market: fc.nat(instruments.markets.length - 1),
        step: stepArbitrary,
        negate: fc.boolean(),
        percent: fc.option(fc.constantFrom(95n, 97n, 99n, 100n, 101n, 103n, 105n, 107n)),
      }),
      { minLength: 1, maxLength: 8 },
    ),
    offs: fc.array(fc.bigInt({ min: -3n, max: 3n }), { minLength: 12, maxLength: 12 }),
  }),
);

/** Marks have six decimals. */
const asMark = (units: bigint | null): Decimal | null => (units === null ? null : dec(units, 6));

function applyMarks(scanner: Scanner, marks: MarkTable, changed: number[]): void {
  scanner.setPrices({ marks: changed.flatMap((market) => (marks[market] === null ? [] : [{ market, price: marks[market] }])) });
}

/** Units of 10^-6 at which the account's position in the market has the notional of a tier's floor; null when there is none. */
function floorMark({ instruments, target }: Scene, account: Account, percent: bigint): bigint | null {
  const market = instruments.markets[target.market];
  const floor = market.maintenance.tiers[target.tier]?.floor.units ?? 0n;
  const position = [...account.cross, ...account.isolated].find((p) => p.market === target.market);
  if (position === undefined || floor === 0n) return null;
  const { n, d } = lotValue(market);
  return (floor * 1_000_000n * d * percent) / (n * BigInt(Math.abs(position.lots)) * 100n);
}

function nextMark(units: bigint, { step, negate }: Move): bigint {
  const moved = (units * step[0]) / step[1];
  const kept = moved === 0n ? 1n : moved;
  return negate ? -kept : kept;
}

describe('filter and verdict against the oracle', () => {
  it('decide the same on random books at the edge of slack, at every tick of a walk and after updates', () => {
    const totals = { scans: 0, liquidatable: 0 };
    fc.assert(
      fc.property(sceneArbitrary, (scene) => {
        const { instruments, accounts, marks, target, walk, offs } = scene;
        const units = [...marks];
        const table: MarkTable = units.map(asMark);
        const book = new LiveBook(instruments);
        const scanner = new Scanner(book, new JsBackend());
        // Half of the accounts are in the book before there is any mark.
        for (const account of accounts.slice(0, 6)) book.setAccount(account, 1);
        applyMarks(scanner, table, [...table.keys()]);
        const state = accounts.map((account, i) => (i % 2 === 0 ? atTheEdge(account, instruments, table, offs[i]) : account));
        for (const account of state) book.setAccount(account, 2);
        for (const [i, move] of walk.entries()) {
          const floor = move.percent === null ? null : floorMark(scene, state[target.account], move.percent);
          const market = floor === null ? move.market : target.market;
          const before = units[market] ?? 5_000_000n;
          const negate = move.negate && instruments.markets[market].allowNonPositive && before > 0n;
          units[market] = floor === null ? nextMark(before, { ...move, negate }) : floor === 0n ? 1n : floor;
          table[market] = asMark(units[market]);
          applyMarks(scanner, table, [market]);
          // An update in between: an account moves to the edge at the marks of now.
          const k = floor === null ? i : target.account;
          state[k] = atTheEdge(state[k], instruments, table, offs[i]);
          book.setAccount(state[k], 3 + i);
          const expected = oracleFinds(portfoliosOfAll(state, instruments), instruments, table);
          expect(scannerFinds(scanner)).toEqual(expected);
          totals.scans += 1;
          totals.liquidatable += expected.liquidatable.length;
        }
      }),
      { numRuns: 1_500 },
    );
    // The books must be worth the name: many scans, many true breaches.
    expect(totals.scans).toBeGreaterThan(1_500);
    expect(totals.liquidatable).toBeGreaterThan(1_500);
  }, 120_000);
});
