/** What is taken of what a closing brings beyond its bankruptcy price: in every kind of contract, never more than leaves zero. */
import { describe, expect, it } from 'vitest';
import type { Order } from '../../src/dispatch/orders.js';
import { type Fraction, fraction } from '../../src/model/fraction.js';
import { type Instruments, type Market, plainAsset } from '../../src/model/instruments.js';
import { cash, cost, lots } from '../../src/model/portfolio.js';
import type { BookedFill } from '../../src/model/records.js';
import { executionFees } from '../../src/waterfall/execution-fees.js';
import { Fund } from '../../src/waterfall/fund.js';
import { Ledger } from '../../src/waterfall/ledger.js';
import type { Policy } from '../../src/waterfall/policy.js';
import { report } from '../dispatch/support.js';
import { fill } from '../engine/support.js';
import { dec, instrumentsOf, marketOf, rate } from '../support/books.js';
import { policyOf } from '../support/policies.js';

const E18 = 10n ** 18n;

interface Closing {
  readonly instruments?: Instruments;
  readonly side?: 'buy' | 'sell';
  readonly price: number;
  readonly bankruptcy: Fraction | null;
  readonly fee?: bigint;
  readonly equity?: Fraction;
  readonly index?: Fraction;
  readonly stage?: Order['stage'];
  readonly fees?: Policy['fees'];
}

/** Of one unit (1,000 lots). */
function feesOf({ instruments = instrumentsOf([marketOf(0)]), side = 'sell', price, bankruptcy, ...more }: Closing): string[] {
  const { fee = 0n, equity = fraction(1_000n), index = fraction(1n), stage = 'full' } = more;
  const booked: BookedFill = {
    ...{
      fill: fill('t', { side, lots: lots(1_000), price: dec(price), fee: cash(fee) }),
      portfolio: 'a',
      mark: dec(price),
      index,
    },
    ...{ realised: cash(0n), funding: cash(0n), lotsChange: lots(0), costChange: cost(0n), isOpening: false },
  };
  const order = { caseId: 'c', side, bankruptcyPrice: bankruptcy, stage } as Order;
  const policy = policyOf([], { fees: more.fees ?? { liquidation: rate('0.01'), surplus: 'fund' } });
  const fund = new Fund(instruments, policy, new Ledger(instruments));
  const transfers = executionFees(booked, order, report('a', 'liquidatable', [[0, 1]], equity), policy, instruments, fund);
  return transfers.map(({ reason, amount, asset }) => `${reason} ${Number(amount) / Number(E18)} of ${asset}`);
}

describe('a closing', () => {
  it('that brings more pays the fee of its notional, and the surplus where the policy says so', () => {
    expect(feesOf({ price: 100, bankruptcy: fraction(90n) })).toEqual(['liquidation-fee 1 of 0', 'surplus 9 of 0']);
    const fees = { liquidation: rate('0.01'), surplus: 'account' } as const;
    expect(feesOf({ price: 100, bankruptcy: fraction(90n), fees })).toEqual(['liquidation-fee 1 of 0']);
  });

  it('of a short brings more below its bankruptcy price', () => {
    expect(feesOf({ side: 'buy', price: 100, bankruptcy: fraction(110n) })).toEqual(['liquidation-fee 1 of 0', 'surplus 9 of 0']);
    expect(feesOf({ side: 'buy', price: 100, bankruptcy: fraction(90n) })).toEqual([]);
  });

  it('at its bankruptcy price or worse, or without one, pays nothing', () => {
    for (const bankruptcy of [fraction(100n), fraction(101n), null]) expect(feesOf({ price: 100, bankruptcy })).toEqual([]);
  });

  it('pays no more than it brings after its trading fee', () => {
    expect(feesOf({ price: 100, bankruptcy: rate('99.5') })).toEqual(['liquidation-fee 0.5 of 0']);
    expect(feesOf({ price: 100, bankruptcy: rate('99.5'), fee: (E18 * 2n) / 5n })).toEqual(['liquidation-fee 0.1 of 0']);
    expect(feesOf({ price: 100, bankruptcy: rate('99.5'), fee: E18 / 2n })).toEqual([]);
  });

  it('leaves the portfolio at zero, not below', () => {
    expect(feesOf({ price: 100, bankruptcy: fraction(90n), equity: rate('1.5') })).toEqual([
      'liquidation-fee 1 of 0',
      'surplus 0.5 of 0',
    ]);
    for (const equity of [fraction(0n), fraction(-1n)])
      expect(feesOf({ price: 100, bankruptcy: fraction(90n), equity })).toEqual([]);
  });

  it('of a partial stage keeps its surplus', () => {
    expect(feesOf({ price: 100, bankruptcy: fraction(90n), stage: 'partial' })).toEqual(['liquidation-fee 1 of 0']);
    expect(feesOf({ price: 100, bankruptcy: fraction(90n), stage: 'fund' })).toHaveLength(2);
  });

  it('of an inverse contract pays in the coin, and equity counts at its index', () => {
    const coin: Partial<Market> = { kind: 'inverse', settle: 'BTC', settleAsset: 1, contractSize: dec(100_000) };
    const base = instrumentsOf([marketOf(0, coin)]);
    const instruments = { ...base, assets: [...base.assets, plainAsset(1, 'BTC', 8)] };
    // A unit is 100,000 dollars: 5 coins at 20,000, and 100,000/16,000 = 6.25 at the price that leaves nothing.
    const closing = { instruments, price: 20_000, bankruptcy: fraction(16_000n), index: fraction(20_000n) };
    expect(feesOf({ ...closing, equity: fraction(10n ** 6n) })).toEqual(['liquidation-fee 0.05 of 1', 'surplus 1.2 of 1']);
    expect(feesOf({ ...closing, equity: fraction(2_000n) })).toEqual(['liquidation-fee 0.05 of 1', 'surplus 0.05 of 1']);
  });
});
