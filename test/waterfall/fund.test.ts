/** The insurance fund's rules: what is reserved, what may be paid, from which fund, and for how long it is remembered. */
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { ONE } from '../../src/model/fraction.js';
import { plainAsset } from '../../src/model/instruments.js';
import { cash } from '../../src/model/portfolio.js';
import { Fund } from '../../src/waterfall/fund.js';
import { Ledger } from '../../src/waterfall/ledger.js';
import type { FundStage } from '../../src/waterfall/policy.js';
import { dec, instrumentsOf, marketOf, rate } from '../support/books.js';
import { policyOf } from '../support/policies.js';
import { fund as fundStage } from './scenarios/stages.js';

const E18 = 10n ** 18n;
const eth = plainAsset(1, 'ETH', 8);
const instruments = {
  ...instrumentsOf([marketOf(0), marketOf(1), marketOf(2, { settle: 'ETH', settleAsset: 1 }), marketOf(3)]),
  ...{ assets: [plainAsset(0, 'USDT', 6), eth] },
};

let ledger: Ledger;
beforeEach(() => {
  ledger = new Ledger(instruments);
});

/** What is put into a fund from outside, or taken. */
function put(amount: bigint, market: number | null = null, asset = 0): void {
  const [fund, outside] = [{ kind: 'fund', market } as const, { kind: 'outside' } as const];
  const [debit, credit] = amount > 0n ? [outside, fund] : [fund, outside];
  ledger.transfer({ debit, credit, asset, amount: cash(amount < 0n ? -amount : amount), reason: 'fund-change', caseId: null });
}

function fundWith(over: Partial<FundStage> = {}): { fund: Fund; rules: FundStage } {
  const rules = fundStage(over);
  return { fund: new Fund(instruments, policyOf([rules]), ledger), rules };
}

/** Pays as the stage does: out of the ledger, and counted. */
function pay(fund: Fund, caseId: string, amount: bigint, timeUs: number): void {
  put(-amount);
  fund.onPaid(caseId, 0, null, amount, timeUs);
}

describe('reservations', () => {
  it('are of what nobody else has reserved, and bind others only', () => {
    const { fund, rules } = fundWith();
    put(100n);
    fund.reserve('a', 0, 70n, [0]);
    fund.reserve('b', 0, 70n, [0]);
    fund.reserve('c', 0, 1n, [0]);
    const may = (caseId: string) => fund.available(caseId, 0, [0], ONE, rules, 0);
    expect([may('a'), may('b'), may('c'), may('d')]).toEqual([70n, 30n, 0n, 0n]);
    expect(fund.reserved(0)).toBe(100n);
    fund.release('a');
    expect([may('b'), may('c')]).toEqual([100n, 70n]);
    fund.release('nobody');
    expect(fund.reserved(0)).toBe(30n);
  });

  it('are used up by what is paid, first of all', () => {
    const { fund, rules } = fundWith();
    put(100n);
    fund.reserve('a', 0, 40n, [0]);
    pay(fund, 'a', 30n, 0);
    expect(fund.reserved(0)).toBe(10n);
    pay(fund, 'a', 30n, 0);
    expect(fund.reserved(0)).toBe(0n);
    expect(fund.available('b', 0, [0], ONE, rules, 0)).toBe(40n);
  });

  it('are of a fund each: what another market has does not make up for it', () => {
    const { fund, rules } = fundWith({ perMarket: true });
    put(50n, 1);
    put(100n);
    put(1_000n, 3);
    fund.reserve('b', 0, 150n, [1]);
    fund.reserve('d', 0, 80n, [3]);
    const may = (caseId: string, market: number) => fund.available(caseId, 0, [market], ONE, rules, 0);
    expect([may('a', 0), may('b', 1), may('c', 1), may('d', 3), may('e', 3)]).toEqual([0n, 150n, 0n, 1_000n, 920n]);
    expect([fund.reservedIn(0, 1), fund.reservedIn(0, null), fund.reservedIn(0, 3), fund.reserved(0)]).toEqual([
      50n,
      100n,
      80n,
      230n,
    ]);
    expect([fund.freeFor('b', 0, 1), fund.freeFor('a', 0, 1), fund.freeFor('a', 0, 3)]).toEqual([50n, 0n, 920n]);
    fund.release('b');
    expect([may('a', 0), may('c', 1)]).toEqual([100n, 150n]);
  });

  it('are never more together than there is, whatever is reserved, paid and released', () => {
    const step = fc.oneof(
      fc.record({ do: fc.constant('reserve' as const), who: fc.nat(4), amount: fc.bigInt({ min: 0n, max: 50n }) }),
      fc.record({ do: fc.constant('pay' as const), who: fc.nat(4), amount: fc.bigInt({ min: 1n, max: 50n }) }),
      fc.record({ do: fc.constant('release' as const), who: fc.nat(4), amount: fc.constant(0n) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        ledger = new Ledger(instruments);
        const { fund, rules } = fundWith();
        put(100n);
        for (const { do: what, who, amount } of steps) {
          const caseId = `c${who}`;
          if (what === 'release') fund.release(caseId);
          else if (what === 'reserve') fund.reserve(caseId, 0, amount, [0]);
          else {
            const may = fund.available(caseId, 0, [0], ONE, rules, 0);
            const paid = amount < may ? amount : may;
            if (paid > 0n) pay(fund, caseId, paid, 0);
          }
          const balance = fund.balance(0);
          expect(balance).toBeGreaterThanOrEqual(0n);
          expect(balance).toBeGreaterThanOrEqual(fund.reserved(0));
        }
      }),
    );
  });
});

describe('what may be paid', () => {
  it('is within the cap of the case, in the valuation asset at the index', () => {
    const { fund, rules } = fundWith({ caseMax: dec(30) });
    put(100n * E18, null, 1);
    const may = () => fund.available('a', 1, [2], rate('20'), rules, 0);
    expect(may()).toBe((3n * E18) / 2n);
    put(-E18, null, 1);
    fund.onPaid('a', 1, null, E18, 0);
    expect(may()).toBe(E18 / 2n);
    expect(fund.available('b', 1, [2], rate('20'), rules, 0)).toBe((3n * E18) / 2n);
  });

  it('is within the cap of a window, until what was paid has left it', () => {
    const { fund, rules } = fundWith({ window: { amount: dec(30), durationUs: 100 } });
    put(1_000n * E18);
    const may = (timeUs: number) => fund.available('x', 0, [0], ONE, rules, timeUs) / E18;
    // Of one moment as one, however many cases are paid.
    for (const caseId of ['a', 'b', 'c', 'd']) pay(fund, caseId, 5n * E18, 10);
    expect(fund.save().histories.get(0)?.payments).toEqual([{ timeUs: 10, amount: 20n * E18 }]);
    pay(fund, 'b', 5n * E18, 50);
    expect([may(50), may(109), may(110), may(149), may(150)]).toEqual([5n, 5n, 25n, 25n, 30n]);
  });

  it('stops at a fall from the peak, until it has come back above another, or the peak is forgotten', () => {
    const { fund, rules } = fundWith({ drawdown: { trigger: rate('0.2'), stop: rate('0.1'), peakUs: 1_000 } });
    put(100n);
    const may = (timeUs: number) => fund.available('x', 0, [0], ONE, rules, timeUs);
    expect(may(0)).toBe(20n);
    pay(fund, 'a', 20n, 1);
    expect(may(2)).toBe(0n);
    put(9n);
    expect(may(3)).toBe(0n);
    put(2n);
    expect(may(4)).toBe(11n);
    put(-11n);
    expect(may(5)).toBe(0n);
    // The peak of 100 has left the window, but 80 is still a tenth below 91; when that has left it, too, 80 is the peak.
    expect([may(1_001), may(1_004)]).toEqual([0n, 16n]);
  });
});

describe('funds', () => {
  it("of markets pay for losses in their own asset, before the asset's, when the policy has them", () => {
    expect(fundWith().fund.fundsOf(0, [1, 0])).toEqual([null]);
    const { fund, rules } = fundWith({ perMarket: true });
    expect(fund.fundsOf(0, new Set([2, 1, 0]))).toEqual([0, 1, null]);
    expect(fund.fundsOf(1, [0, 2])).toEqual([2, null]);
    expect([fund.fundFor(1), fundWith().fund.fundFor(1)]).toEqual([1, null]);
    put(5n, 0);
    put(7n, 1);
    put(11n);
    expect(fund.balance(0)).toBe(23n);
    expect(fund.available('a', 0, [0], ONE, rules, 0)).toBe(16n);
  });

  it("that no stage has pay nothing and receive into the asset's", () => {
    const fund = new Fund(instruments, policyOf([]), ledger);
    expect([fund.fundsOf(0, [0]), fund.fundFor(0)]).toEqual([[null], null]);
  });
});

it('is what it was after it was saved', () => {
  const over = { window: { amount: dec(1), durationUs: 100 }, drawdown: { trigger: rate('0.5'), stop: rate('0.4'), peakUs: 90 } };
  const { fund, rules } = fundWith(over);
  put(100n * E18);
  fund.reserve('a', 0, 40n, [0]);
  pay(fund, 'b', E18 / 2n, 5);
  const restored = new Fund(instruments, policyOf([rules]), ledger);
  restored.restore(structuredClone(fund.save()));
  for (const timeUs of [6, 50, 104, 106, 500])
    expect(restored.available('c', 0, [0], ONE, rules, timeUs)).toBe(fund.available('c', 0, [0], ONE, rules, timeUs));
  expect(restored.reserved(0)).toBe(fund.reserved(0));
});
