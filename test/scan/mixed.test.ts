/**
 * The filter and the verdict together decide what the oracle decides on random books that mix everything. `PORTFOLIOS=1000000` asks for
 * more than the suite's 40,000 decisions; `SEED` for others.
 */
import { expect, it } from 'vitest';
import type { Decimal } from '../../src/model/decimal.js';
import type { Instruments } from '../../src/model/instruments.js';
import { isInsolvent, isLiquidatable, valuePortfolio } from '../../src/model/margin.js';
import { type Account, compareIds, portfoliosOf } from '../../src/model/portfolio.js';
import type { PriceUpdate } from '../../src/model/records.js';
import { JsBackend } from '../../src/scan/js-backend.js';
import { LiveBook } from '../../src/scan/live-book.js';
import { Scanner } from '../../src/scan/scanner.js';
import { Random } from '../../src/synthetic/random.js';
import { dec } from '../support/books.js';
import { atTheEdge, type MixedPrices, mixedAccount, mixedPrices, mixedVenue, pick, STEPS } from './mixed.js';

const PORTFOLIOS = Number(process.env.PORTFOLIOS ?? 40_000);
const SEED = Number(process.env.SEED ?? 1);
const ACCOUNTS = 24;

interface Decisions {
  readonly liquidatable: string[];
  readonly insolvent: string[];
  unpriced: Record<string, readonly string[]>;
}

function scannerDecides(scanner: Scanner): Decisions {
  const { store } = scanner.book;
  const found = scanner.scan();
  const ids = (handles: Iterable<number>): string[] => [...handles].map((handle) => store.idOf(handle)).sort(compareIds);
  const off: number[] = [];
  for (let handle = 0; handle < store.handleEnd; handle++)
    if (store.isLive(handle) && store.rowsOf(handle) === 0 && store.cashOf(handle) < 0n) off.push(handle);
  const unpriced = [...found.unpriced].map((handle) => [store.idOf(handle), scanner.verdict.missing(handle)] as const);
  return {
    liquidatable: ids(found.liquidatable),
    insolvent: ids([...found.insolvent, ...off]),
    unpriced: Object.fromEntries(unpriced.sort(([a], [b]) => compareIds(a, b))),
  };
}

function oracleDecides(accounts: readonly Account[], instruments: Instruments, prices: MixedPrices, scanner: Scanner): Decisions {
  const decided: Decisions = { liquidatable: [], insolvent: [], unpriced: {} };
  for (const portfolio of accounts.flatMap((account) => portfoliosOf(account, instruments))) {
    const value = valuePortfolio(portfolio, instruments, prices);
    if (!value.priced) {
      decided.unpriced[portfolio.id] = value.missing;
      continue;
    }
    if (isLiquidatable(value, instruments.liquidateWhen)) decided.liquidatable.push(portfolio.id);
    else if (isInsolvent(value)) decided.insolvent.push(portfolio.id);
    // Not only the decision: both amounts to the last digit.
    const handle = scanner.book.store.find(portfolio.id);
    scanner.verdict.judge(handle);
    const { equity, maintenance } = scanner.verdict.valuation();
    const differs = equity.n * value.equity.d !== value.equity.n * equity.d;
    if (differs || maintenance.n * value.maintenance.d !== value.maintenance.n * maintenance.d)
      expect({ portfolio, equity, maintenance }).toEqual(value);
  }
  decided.liquidatable.sort(compareIds);
  decided.insolvent.sort(compareIds);
  decided.unpriced = Object.fromEntries(Object.entries(decided.unpriced).sort(([a], [b]) => compareIds(a, b)));
  return decided;
}

function setAll(scanner: Scanner, prices: MixedPrices, { valuation }: Instruments): void {
  scanner.setPrices({
    marks: prices.marks.flatMap((price, market) => (price === null ? [] : [{ market, price }])),
    indexes: prices.indexes.flatMap((price, asset) => (price === null || asset === valuation.index ? [] : [{ asset, price }])),
    funding: prices.fundings.map((index, market) => ({ market, index })),
  });
}

function stepped(random: Random, price: Decimal, canNegate: boolean): Decimal {
  const [up, down] = pick(random, STEPS);
  const units = (price.units * up) / down;
  const kept = units === 0n ? 1n : units;
  return { units: canNegate && random.chance(0.1) ? -kept : kept, decimals: price.decimals };
}

/** Moves one price, as a tick would. */
function move(random: Random, instruments: Instruments, prices: MixedPrices): PriceUpdate {
  const market = random.integer(instruments.markets.length);
  const asset = random.integer(instruments.assets.length);
  if (random.chance(0.25) && asset !== instruments.valuation.index) {
    const price = stepped(random, prices.indexes[asset] ?? dec(5_000_000, 6), false);
    prices.indexes[asset] = price;
    return { marks: [], indexes: [{ asset, price }] };
  }
  if (random.chance(0.15)) {
    const index = dec(random.integer(2e6) - 1e6, 6);
    prices.fundings[market] = index;
    return { marks: [], funding: [{ market, index }] };
  }
  const { allowNonPositive } = instruments.markets[market];
  const before = prices.marks[market] ?? dec(5_000_000, 6);
  const price = stepped(random, before, allowNonPositive);
  const positive = allowNonPositive || price.units > 0n ? price : { ...price, units: -price.units };
  prices.marks[market] = positive;
  return { marks: [{ market, price: positive }] };
}

it(
  `decide the same on ${PORTFOLIOS} portfolios, at the edge of slack, through walks of every price and after updates`,
  () => {
    const random = new Random(SEED, 'mixed');
    const totals = { portfolios: 0, liquidatable: 0, insolvent: 0, unpriced: 0, groups: 0 };
    while (totals.portfolios < PORTFOLIOS) {
      const instruments = mixedVenue(random);
      const prices = mixedPrices(random, instruments);
      const scanner = new Scanner(new LiveBook(instruments), new JsBackend());
      const accounts = Array.from({ length: ACCOUNTS }, (_, i) => mixedAccount(random, instruments, `a${i}`));
      // Half of the accounts are in the book before there is any price.
      for (const account of accounts.slice(0, ACCOUNTS / 2)) scanner.book.setAccount(account, 1);
      setAll(scanner, prices, instruments);
      for (const [i, account] of accounts.entries()) {
        if (i % 4 !== 0) accounts[i] = atTheEdge(random, account, instruments, prices, BigInt(random.integer(7) - 3));
        scanner.book.setAccount(accounts[i], 2);
      }
      for (let tick = 0; tick < 4; tick++) {
        if (tick > 0) {
          const update = move(random, instruments, prices);
          // Some are put before the move to where it takes their slack to the edge: what they lie on must hold until there.
          for (let k = 0; k < 4; k++) {
            const j = random.integer(ACCOUNTS);
            accounts[j] = atTheEdge(random, accounts[j], instruments, prices, BigInt(random.integer(3) - 1));
            scanner.book.setAccount(accounts[j], 2);
          }
          scanner.setPrices(update);
          const i = random.integer(ACCOUNTS);
          const next = random.chance(0.5) ? accounts[i] : mixedAccount(random, instruments, `a${i}`);
          accounts[i] = atTheEdge(random, next, instruments, prices, BigInt(random.integer(3) - 1));
          scanner.book.setAccount(accounts[i], 3 + tick);
        }
        const expected = oracleDecides(accounts, instruments, prices, scanner);
        expect(scannerDecides(scanner)).toEqual(expected);
        totals.portfolios += scanner.book.portfolioCount;
        totals.liquidatable += expected.liquidatable.length;
        totals.insolvent += expected.insolvent.length;
        totals.unpriced += Object.keys(expected.unpriced).length;
      }
      for (const shelf of scanner.book.store.shelves) if (shelf?.method === 'groups') totals.groups += shelf.sliceCount;
    }
    // The books must be worth the name.
    expect(totals.liquidatable).toBeGreaterThan(PORTFOLIOS / 20);
    expect(totals.insolvent).toBeGreaterThan(PORTFOLIOS / 1000);
    expect(totals.unpriced).toBeGreaterThan(PORTFOLIOS / 1000);
    expect(totals.groups).toBeGreaterThan(PORTFOLIOS / 1000);
  },
  600_000 + PORTFOLIOS,
);
