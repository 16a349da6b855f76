/** Double entry: what one account has more another has less, and a book that has something else halts the engine. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AssertionError } from '../../src/model/errors.js';
import { plainAsset } from '../../src/model/instruments.js';
import type { MoneyAccount, Transfer } from '../../src/model/money.js';
import { cash } from '../../src/model/portfolio.js';
import { Ledger } from '../../src/waterfall/ledger.js';
import { instrumentsOf, marketOf } from '../support/books.js';

const usdt = plainAsset(0, 'USDT', 6);
const instruments = { ...instrumentsOf([marketOf(0), marketOf(1)]), assets: [usdt, plainAsset(1, 'ETH', 8)] };
const ACCOUNTS: readonly MoneyAccount[] = [
  { kind: 'portfolio', portfolio: 'a' },
  { kind: 'portfolio', portfolio: 'b/M0' },
  { kind: 'fund', market: null },
  { kind: 'fund', market: 1 },
  { kind: 'fees' },
  { kind: 'clearing', market: 0 },
  { kind: 'funding', market: 0 },
  { kind: 'outside' },
  { kind: 'conversion' },
  { kind: 'issuance' },
  { kind: 'venue' },
];
const transfer = (debit: MoneyAccount, credit: MoneyAccount, amount: bigint, asset = 0): Transfer => ({
  ...{ debit, credit, asset, amount: cash(amount), reason: 'fund', caseId: null },
});
const zeros = (count: number) => Array.from({ length: count }, () => 0n);

describe('transfers', () => {
  it('leave every sum at zero, whatever they are between, and the book must have what portfolios got', () => {
    const arbitrary = fc.record({
      debit: fc.constantFrom(...ACCOUNTS),
      credit: fc.constantFrom(...ACCOUNTS),
      amount: fc.bigInt({ min: 1n, max: 10n ** 30n }),
      asset: fc.nat(1),
    });
    fc.assert(
      fc.property(fc.array(arbitrary, { maxLength: 30 }), (moves) => {
        const ledger = new Ledger(instruments);
        const book = { balances: zeros(2), lots: zeros(2), costs: zeros(2) };
        for (const { debit, credit, amount, asset } of moves) {
          ledger.transfer(transfer(debit, credit, amount, asset));
          if (debit.kind === 'portfolio') book.balances[asset] -= amount;
          if (credit.kind === 'portfolio') book.balances[asset] += amount;
          ledger.check(book);
        }
        expect(ledger.sums()).toEqual({ balances: zeros(2), lots: zeros(2), costs: zeros(2) });
        book.balances[1] += 1n;
        expect(() => ledger.check(book)).toThrow(/sum of balances in ETH.*not conserved/);
      }),
    );
  });

  it('of nothing or less are bugs', () => {
    const ledger = new Ledger(instruments);
    for (const amount of [0n, -1n]) {
      expect(() => ledger.transfer(transfer({ kind: 'fees' }, { kind: 'venue' }, amount))).toThrow(AssertionError);
    }
  });

  it('are told by account and asset, by name, without what is at zero', () => {
    const ledger = new Ledger(instruments);
    ledger.transfer(transfer({ kind: 'outside' }, { kind: 'fund', market: 1 }, 5n));
    ledger.transfer(transfer({ kind: 'outside' }, { kind: 'fund', market: null }, 3n, 1));
    ledger.transfer(transfer({ kind: 'fees' }, { kind: 'venue' }, 2n));
    ledger.transfer(transfer({ kind: 'venue' }, { kind: 'fees' }, 2n));
    expect(ledger.entries()).toEqual([
      { account: 'fund', asset: 1, amount: 3n },
      { account: 'fund:M1', asset: 0, amount: 5n },
      { account: 'outside', asset: 0, amount: -5n },
      { account: 'outside', asset: 1, amount: -3n },
    ]);
    expect(ledger.balanceOf({ kind: 'fund', market: 1 }, 0)).toBe(5n);
    expect(ledger.balanceOf({ kind: 'fund', market: null }, 0)).toBe(0n);
  });
});

describe('trades', () => {
  it('have another side, by holder, and the book must have the first', () => {
    const ledger = new Ledger(instruments);
    ledger.trade('outside', 0, 10n, 1_000n);
    ledger.trade('clearing', 0, -4n, -400n);
    ledger.trade('venue', 0, -6n, -600n);
    expect(ledger.holdingOf('venue', 0)).toEqual({ lots: 6n, cost: 600n, inverseWorth: 0n });
    expect(ledger.holdingOf('venue', 1)).toEqual({ lots: 0n, cost: 0n, inverseWorth: 0n });
    ledger.check({ balances: zeros(2), lots: zeros(2), costs: zeros(2) });
    expect(() => ledger.check({ balances: zeros(2), lots: [1n, 0n], costs: zeros(2) })).toThrow(/sum of lots of M0/);
    expect(() => ledger.check({ balances: zeros(2), lots: zeros(2), costs: [0n, -1n] })).toThrow(/entry costs of M1/);
    expect(ledger.sums().lots).toEqual(zeros(2));
  });
});

it('is what it was after it was saved', () => {
  const ledger = new Ledger(instruments);
  ledger.transfer(transfer({ kind: 'outside' }, ACCOUNTS[0], 7n));
  ledger.trade('venue', 1, 3n, 30n);
  const restored = new Ledger(instruments);
  restored.restore(structuredClone(ledger.save()));
  expect(restored.save()).toEqual(ledger.save());
  restored.check({ balances: [7n, 0n], lots: [0n, 3n], costs: [0n, 30n] });
});
