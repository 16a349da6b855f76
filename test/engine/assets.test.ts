/** The engine over several assets: what it reports of a breach is what the oracle says, and a debt that needs margin is a case without orders. */

import { describe, expect, it } from 'vitest';
import { Engine } from '../../src/engine/engine.js';
import { lossToZero, sharesOf } from '../../src/model/bankruptcy.js';
import type { Effect } from '../../src/model/effects.js';
import { compare, type Fraction, fractionToNumber, fromDecimal, multiply, ONE } from '../../src/model/fraction.js';
import { type Instruments, plainAsset } from '../../src/model/instruments.js';
import { isInsolvent, isLiquidatable, valuePortfolio } from '../../src/model/margin.js';
import { type Account, cash, portfoliosOf } from '../../src/model/portfolio.js';
import type { PortfolioReport, TickRecord } from '../../src/model/records.js';
import { JsBackend } from '../../src/scan/js-backend.js';
import { Random } from '../../src/synthetic/random.js';
import { mixedAccount, mixedPrices, mixedVenue } from '../scan/mixed.js';
import { dec, instrumentsOf, marketOf, rate, tiersOf } from '../support/books.js';
import { fullClose } from '../support/policies.js';
import { E18, effectsOf, TTL_US } from './support.js';

function expectSame(found: Fraction | null, expected: Fraction | null): void {
  expect(found === null).toBe(expected === null);
  if (found !== null && expected !== null) expect(compare(found, expected)).toBe(0);
}

describe('reports', () => {
  it('say of random portfolios what the oracle says: totals, the loss to zero, and each row in the valuation asset', () => {
    const random = new Random(11, 'reports');
    const seen = { reports: 0, rows: 0, withoutRows: 0, lossless: 0, insolvent: 0, orders: 0 };
    for (let scene = 0; scene < 300; scene++) {
      const instruments = mixedVenue(random);
      const prices = mixedPrices(random, instruments);
      const engine = new Engine({ instruments, backend: new JsBackend(), policy: fullClose(TTL_US) });
      const accounts = Array.from({ length: 20 }, (_, i) => mixedAccount(random, instruments, `a${i}`));
      for (const account of accounts) engine.load(account);
      const tick: TickRecord = {
        type: 'tick',
        timeUs: 1,
        marks: prices.marks.flatMap((price, market) => (price === null ? [] : [{ market, price }])),
        indexes: prices.indexes.flatMap((price, asset) =>
          price === null || asset === instruments.valuation.index ? [] : [{ asset, price }],
        ),
        funding: prices.fundings.map((index, market) => ({ market, index })),
      };
      const reports = new Map<string, PortfolioReport>(engine.scanHalf.tick(tick).map((report) => [report.portfolio, report]));
      for (const portfolio of accounts.flatMap((account) => portfoliosOf(account, instruments))) {
        const value = valuePortfolio(portfolio, instruments, prices);
        const report = reports.get(portfolio.id);
        const breached = value.priced && isLiquidatable(value, instruments.liquidateWhen);
        const insolvent = value.priced && isInsolvent(value);
        expect(report !== undefined).toBe(breached || insolvent);
        if (report === undefined || !value.priced) continue;
        expectSame(report.equity, value.equity);
        expectSame(report.maintenance, value.maintenance);
        const told = report.assets.toSorted((a, b) => a.asset - b.asset).filter(({ equity }) => equity.n !== 0n);
        const held = value.assets.filter(({ equity }) => equity.n !== 0n);
        expect(told.map(({ asset }) => asset)).toEqual(held.map(({ asset }) => asset.index));
        for (const [i, { index, equity }] of held.entries()) {
          expectSame(told[i].index, index);
          expectSame(told[i].equity, equity);
        }
        const orders = (portfolio.orders ?? []).filter(({ reduceOnly }) => !reduceOnly).length;
        expect(report.openOrders).toBe(orders);
        if (orders > 0) seen.orders += 1;
        if (insolvent) {
          expect([report.standing, report.rows, report.lossToZero]).toEqual(['insolvent', [], null]);
          seen.insolvent += 1;
          continue;
        }
        seen.reports += 1;
        expectSame(report.lossToZero, lossToZero(sharesOf(value, instruments.markets)));
        if (report.lossToZero === null) seen.lossless += 1;
        expect(report.positions).toBe(portfolio.positions.length);
        expect(report.rows.length).toBe(portfolio.positions.length);
        if (report.rows.length === 0) seen.withoutRows += 1;
        for (const row of report.rows) {
          const own = value.positions.find(({ position }) => position.market === row.market && position.lots === row.lots)!;
          const { settleAsset } = instruments.markets[row.market];
          const index = settleAsset === instruments.valuation.index ? ONE : fromDecimal(prices.indexes[settleAsset]!);
          expectSame(row.index, index);
          expectSame(row.maintenance, multiply(own.maintenance, index));
          seen.rows += 1;
        }
      }
    }
    expect(seen.reports).toBeGreaterThan(1_000);
    expect(seen.rows).toBeGreaterThan(1_000);
    expect(seen.withoutRows).toBeGreaterThan(10);
    expect(seen.lossless).toBeGreaterThan(10);
    expect(seen.insolvent).toBeGreaterThan(10);
    expect(seen.orders).toBeGreaterThan(100);
  });
});

/** USD with a borrow table, and a coin. */
function lendingVenue(): Instruments {
  const usd = { ...plainAsset(0, 'USD', 2), borrow: { method: 'bracket' as const, tiers: tiersOf([[0, '0.1']]) } };
  const coin = { ...plainAsset(1, 'COIN', 8), haircuts: [{ floor: dec(0), haircut: rate('0.2') }] };
  const markets = [marketOf(0, { settle: 'USD' })];
  return { ...instrumentsOf(markets), valuation: usd, assets: [usd, coin] };
}

/** What is told of cases and orders; of an end its bad debt too. */
const cases = (effects: readonly Effect[]): string[] =>
  effects.flatMap((effect) => {
    if (effect.type === 'orders') return ['orders'];
    if (effect.type !== 'cases') return [];
    return effect.rows.map(({ event, outcome, badDebt }) =>
      badDebt === null ? `${event} ${outcome}` : `${event} ${outcome} ${fractionToNumber(badDebt)}`,
    );
  });

describe('a debt that needs margin', () => {
  const borrower: Account = {
    id: 'debtor',
    positionMode: 'net',
    balance: cash(-100n * E18),
    others: [{ asset: 1, amount: cash(10n * E18) }],
    cross: [],
    isolated: [],
  };
  const at = (timeUs: number, price: number): TickRecord => ({
    type: 'tick',
    timeUs,
    marks: [],
    indexes: [{ asset: 1, price: dec(price, 2) }],
  });

  it('opens a case when its collateral falls, sends no order, and ends the case when its collateral is sold', () => {
    const engine = new Engine({ instruments: lendingVenue(), backend: new JsBackend(), policy: fullClose(TTL_US) });
    engine.load(borrower);
    // 10 coins at 0.8 of 13.75 are worth the 110 that 100 owed and a tenth of it need.
    expect(cases(effectsOf(engine, at(1, 1375)))).toEqual([]);
    expect(cases(effectsOf(engine, at(2, 1374)))).toEqual(['opened null', 'ended recovered 0']);
    expect(engine.counters()).toMatchObject({ openCases: 0, liquidatable: 0 });
    engine.checkConservation();
  });

  it('is seen without any collateral, which no price moves, and is borne by the venue', () => {
    const engine = new Engine({ instruments: lendingVenue(), backend: new JsBackend(), policy: fullClose(TTL_US) });
    engine.load({ ...borrower, others: [] });
    expect(cases(effectsOf(engine, at(1, 1375)))).toEqual(['opened null', 'ended recovered 100']);
    expect(engine.caseHalf.ledger.balanceOf({ kind: 'venue' }, 0)).toBe(-100n * E18);
    engine.checkConservation();
  });
});
