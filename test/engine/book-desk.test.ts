/** What cases ask of the book: trades inside, money moved, portfolios followed; by examples. Random ones are in scan-half.test.ts. */
import { describe, expect, it } from 'vitest';
import { ScanHalf } from '../../src/engine/scan-half.js';
import { AssertionError } from '../../src/model/errors.js';
import { formatFraction } from '../../src/model/fraction.js';
import { type Account, cash, cost, lots } from '../../src/model/portfolio.js';
import { JsBackend } from '../../src/scan/js-backend.js';
import { dec } from '../support/books.js';
import { account, E18, fill, instruments, position } from './support.js';

function halfWith(...accounts: Account[]): ScanHalf {
  const half = new ScanHalf(instruments, new JsBackend());
  for (const each of accounts) half.load(each);
  return half;
}

const at = (...prices: number[]) => ({ marks: prices.map((price, market) => ({ market, price: dec(price) })) });
const held = (half: ScanHalf, id: string) => half.book.portfolio(half.book.store.find(id));
const isolated = (size: number, entry: number, collateral: number) => ({
  ...position(size, entry),
  collateral: cash(BigInt(collateral) * E18),
});
const trade = { tradeId: 't', side: 'sell', counterparty: null, market: 0, lots: lots(500), price: dec(29_000) } as const;

describe('a trade inside', () => {
  it('takes a position from one to the cross portfolio of another that has none there, at its price and without fees', () => {
    const half = halfWith(account('alice', 1_000, { cross: [position(500, 30_000)] }), account('bob', 50));
    half.tick(at(29_000, 1_000));
    const { booked, releases, reports } = half.desk.trade([{ ...trade, portfolio: 'alice', counterparty: 'bob' }]);
    expect(
      booked.map(({ portfolio, realised, lotsChange, costChange }) => [portfolio, realised, lotsChange, costChange]),
    ).toEqual([
      ['alice', -500n * E18, -500, -500n * 30_000n * E18],
      ['bob', 0n, 500, 500n * 29_000n * E18],
    ]);
    expect(releases).toEqual([]);
    expect(reports.map(({ portfolio }) => portfolio)).toEqual(['alice', 'bob']);
    expect(held(half, 'bob').positions).toEqual([{ market: 0, lots: 500, cost: cost(500n * 29_000n * E18) }]);
    expect(held(half, 'alice').cash).toBe(500n * E18);
  });

  it('closes the leg that it can in hedge mode, and opens the other with the rest', () => {
    const hedge = account('hedger', 1_000, { positionMode: 'hedge', cross: [position(-200, 31_000)] });
    const half = halfWith(account('alice', 1_000, { cross: [position(500, 30_000)] }), hedge);
    half.tick(at(29_000, 1_000));
    const { booked } = half.desk.trade([{ ...trade, portfolio: 'alice', counterparty: 'hedger' }]);
    expect(booked.map(({ portfolio, lotsChange, realised }) => [portfolio, lotsChange, realised])).toEqual([
      ['alice', -500, -500n * E18],
      ['hedger', 200, 400n * E18],
      ['hedger', 300, 0n],
    ]);
    expect(held(half, 'hedger').positions).toEqual([{ market: 0, lots: 300, cost: cost(300n * 29_000n * E18) }]);
  });

  it('that closes more than there is, or is with nobody, is a bug of ours, and no trade of its batch is booked', () => {
    const half = halfWith(account('alice', 1_000, { cross: [position(500, 30_000)] }));
    const good = { ...trade, portfolio: 'alice', lots: lots(100) };
    for (const bad of [
      { ...trade, portfolio: 'alice', lots: lots(401) },
      { ...trade, portfolio: 'alice', side: 'buy' as const },
      { ...trade, portfolio: 'alice', lots: lots(100), counterparty: 'nobody' },
      { ...trade, portfolio: 'alice', lots: lots(100), price: dec(1, 19) },
    ]) {
      expect(() => half.desk.trade([good, bad])).toThrow(AssertionError);
      expect(held(half, 'alice').positions[0].lots).toBe(500);
    }
  });
});

describe('what a portfolio would be after trades inside', () => {
  const alice = account('alice', 1_000, { cross: [position(500, 30_000)] });

  it('is told with all that it has, and nothing is booked', () => {
    const half = halfWith(alice, account('bob', 50, { cross: [position(-200, 29_500)] }));
    half.tick(at(29_000, 1_000));
    const before = [held(half, 'alice'), held(half, 'bob'), half.desk.report('bob'), half.book.totals.copy()];
    // Of 0.2 short, 0.3 long is left: 0.4 % of 8,700; the short has won 100 of its 50 more.
    const after = half.desk.after('bob', [{ ...trade, portfolio: 'alice', counterparty: 'bob' }]);
    expect(after && [after.equity, after.maintenance].map((value) => formatFraction(value, 1, 'nearest'))).toEqual([
      '150.0',
      '34.8',
    ]);
    expect([held(half, 'alice'), held(half, 'bob'), half.desk.report('bob'), half.book.totals.copy()]).toEqual(before);
  });

  it('is nothing where they could not be booked, or it is not there', () => {
    const half = halfWith(alice, account('bob', 50, { cross: [{ ...position(1, 1), lots: lots(Number.MAX_SAFE_INTEGER) }] }));
    half.tick(at(29_000, 1_000));
    expect(half.desk.after('bob', [{ ...trade, portfolio: 'alice', counterparty: 'bob' }])).toBeNull();
    expect(half.desk.after('nobody', [])).toBeNull();
    expect(held(half, 'alice').positions[0].lots).toBe(500);
  });
});

describe('collateral of a closed isolated position', () => {
  const alice = account('alice', 0, { isolated: [isolated(500, 30_000, 700)] });
  const close = fill('f', { margin: 'isolated', lots: lots(500), price: dec(29_000) });

  it('goes back to its account with the fill that closes it', () => {
    const half = halfWith(alice);
    const [, id] = half.book.portfolioIds('alice');
    const { releases, reports } = half.applyFills([close]);
    expect(releases).toEqual([{ portfolio: id, account: 'alice', asset: 0, amount: 200n * E18 }]);
    expect(reports.map(({ portfolio }) => portfolio)).toEqual([id, 'alice']);
    expect(held(half, 'alice').cash).toBe(200n * E18);
  });

  it('stays with a portfolio that is followed, until it no longer is', () => {
    const half = halfWith(alice);
    const [, id] = half.book.portfolioIds('alice');
    expect(half.desk.follow(id, true)).toEqual([]);
    expect(half.applyFills([close]).releases).toEqual([]);
    expect(held(half, id).cash).toBe(200n * E18);
    half.desk.move([{ portfolio: id, asset: 0, amount: cash(-150n * E18) }]);
    expect(half.desk.follow(id, false)).toEqual([{ portfolio: id, account: 'alice', asset: 0, amount: 50n * E18 }]);
    expect(half.book.store.find(id)).toBe(-1);
    expect(held(half, 'alice').cash).toBe(50n * E18);
  });

  it('is not there when a loss beyond it is: that stays, and is told as insolvent once, until somebody pays', () => {
    const half = halfWith(alice);
    const [, id] = half.book.portfolioIds('alice');
    const { reports, releases } = half.applyFills([{ ...close, price: dec(28_000) }]);
    expect(releases).toEqual([]);
    expect(reports.map(({ portfolio, standing }) => [portfolio, standing])).toEqual([[id, 'insolvent']]);
    expect(reports[0].assets).toEqual([{ asset: 0, index: { n: 1n, d: 1n }, equity: reports[0].equity }]);
    expect(half.tick(at(29_000, 1_000))).toEqual([]);
    half.desk.follow(id, true);
    expect(half.tick(at(29_000, 1_000)).map(({ standing }) => standing)).toEqual(['insolvent']);
    const [paid] = half.desk.move([{ portfolio: id, asset: 0, amount: cash(300n * E18) }]);
    expect([paid.standing, paid.equity.n]).toEqual(['healthy', 0n]);
    expect(half.desk.follow(id, false)).toEqual([]);
    expect(half.book.store.find(id)).toBe(-1);
  });
});

describe('a report', () => {
  it('comes with every tick of a followed portfolio, with rows and amounts, however well it is', () => {
    const half = halfWith(account('alice', 1_000_000, { cross: [position(500, 30_000)] }));
    expect(half.tick(at(30_000, 1_000))).toEqual([]);
    half.desk.follow('alice', true);
    const [report] = half.tick(at(29_000, 1_000));
    expect([report.standing, report.rows.length, report.assets.length]).toEqual(['healthy', 1, 1]);
    expect(report.lossToZero).toEqual(report.equity);
    half.desk.follow('alice', false);
    expect(half.tick(at(29_000, 1_000))).toEqual([]);
  });

  it('of one that is insolvent when the book is loaded comes with the first tick', () => {
    const half = halfWith(account('alice', -5), account('bob', 5));
    expect(half.tick(at(30_000, 1_000)).map(({ portfolio, standing }) => [portfolio, standing])).toEqual([
      ['alice', 'insolvent'],
    ]);
    expect(half.tick(at(29_000, 1_000))).toEqual([]);
  });

  it('tells open orders that add risk, and that they are gone', () => {
    const order = { market: 0, lots: lots(5), cost: cost(5n * 30_000n * E18), reduceOnly: false };
    const half = halfWith(
      account('alice', 10, { cross: [position(500, 30_000)], orders: [order, { ...order, reduceOnly: true }] }),
    );
    expect(half.desk.report('alice').openOrders).toBe(1);
    expect(() => half.removeOrders(['alice', 'nobody'])).toThrow(/known account/);
    expect(half.desk.report('alice').openOrders).toBe(1);
    expect(half.removeOrders(['alice']).map(({ openOrders }) => openOrders)).toEqual([0]);
    expect(held(half, 'alice').orders).toBeUndefined();
  });
});

it('account rows tell by how much they changed the sums of the book', () => {
  const half = halfWith(account('alice', 10, { cross: [position(500, 30_000)] }), account('bob', 5));
  const { change } = half.setAccounts([
    { version: 1, account: account('alice', 7, { cross: [position(300, 30_000)], isolated: [isolated(-100, 31_000, 4)] }) },
    { version: 1, account: account('carol', 2) },
  ]);
  const lost = -200n * 30_000n * E18 - 100n * 31_000n * E18;
  expect(change).toEqual({ balances: [{ asset: 0, amount: 3n * E18 }], markets: [{ market: 0, lots: -300n, cost: lost }] });
});
