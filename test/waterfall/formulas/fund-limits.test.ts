/** What a fund may pay: each limit by itself, all of them together, and Bybit's drawdown. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { negate } from '../../../src/model/fraction.js';
import { type FundState, isDrawnDown, payable } from '../../../src/waterfall/formulas/fund-limits.js';
import { rate } from '../../support/books.js';
import { testPublished } from '../published.js';

const FUND: FundState = {
  balance: 1_000n,
  reservedByOthers: 0n,
  paidByCase: 0n,
  caseMax: null,
  paidInWindow: 0n,
  windowMax: null,
  peak: 1_000n,
  drawdown: null,
  isStopped: false,
};
const BYBIT = { trigger: rate('0.3'), stop: rate('0.25') };

testPublished('bybit-adl', ({ fundPeak8h, loss, triggerRatio, stopRatio }, expected) => {
  const peak = BigInt(fundPeak8h);
  const drawdown = { trigger: negate(rate(triggerRatio)), stop: negate(rate(stopRatio)) };
  const paid = payable({ ...FUND, balance: peak, peak, drawdown });
  expect(String(BigInt(loss) - paid)).toBe(expected);
  // Then it is stopped, until it has more than three quarters of its peak.
  const after = { ...FUND, balance: peak - paid, peak, drawdown };
  expect(isDrawnDown(after)).toBe(true);
  const atStop = (peak * 3n) / 4n;
  expect(isDrawnDown({ ...after, balance: atStop, isStopped: true })).toBe(true);
  expect(isDrawnDown({ ...after, balance: atStop + 1n, isStopped: true })).toBe(false);
});

describe('what a fund may pay', () => {
  test.each([
    ['its balance', {}, 1_000n],
    ['not what others have reserved', { reservedByOthers: 300n }, 700n],
    ['nothing when more is reserved than it has', { reservedByOthers: 1_300n }, 0n],
    ['what the case has left', { caseMax: 500n, paidByCase: 120n }, 380n],
    ['nothing when the case has had it', { caseMax: 500n, paidByCase: 500n }, 0n],
    ['what the window has left', { windowMax: 50n, paidInWindow: 20n }, 30n],
    ['down to the trigger', { drawdown: BYBIT }, 300n],
    ['nothing at the trigger', { balance: 700n, drawdown: BYBIT }, 0n],
    ['nothing between trigger and stop once it is stopped', { balance: 750n, drawdown: BYBIT, isStopped: true }, 0n],
    ['down to the trigger again above the stop', { balance: 751n, drawdown: BYBIT, isStopped: true }, 51n],
    ['what keeps the line, rounded up', { balance: 1_001n, peak: 1_001n, drawdown: BYBIT }, 300n],
    ['the least of all limits', { reservedByOthers: 900n, caseMax: 40n, windowMax: 60n, drawdown: BYBIT }, 40n],
    ['nothing of nothing', { balance: 0n }, 0n],
  ] satisfies [string, Partial<FundState>, bigint][])('%s', (_, state, expected) => {
    expect(payable({ ...FUND, ...state })).toBe(expected);
  });

  test('never leaves it below zero, below others’ reservations or below the line', () => {
    const amount = fc.bigInt({ min: 0n, max: 10_000n });
    const state = fc.record({
      balance: amount,
      reservedByOthers: amount,
      paidByCase: amount,
      caseMax: fc.option(amount),
      paidInWindow: amount,
      windowMax: fc.option(amount),
      peak: amount,
      drawdown: fc.constantFrom(
        null,
        BYBIT,
        { trigger: rate('1/3'), stop: rate('1/3') },
        { trigger: rate('1'), stop: rate('0') },
      ),
      isStopped: fc.boolean(),
    });
    fc.assert(
      fc.property(state, (given) => {
        const fund = { ...given, peak: given.peak + given.balance };
        const paid = payable(fund);
        const left = fund.balance - paid;
        expect(paid).toBeGreaterThanOrEqual(0n);
        if (paid === 0n) return;
        expect(left).toBeGreaterThanOrEqual(fund.reservedByOthers);
        if (fund.caseMax !== null) expect(fund.paidByCase + paid).toBeLessThanOrEqual(fund.caseMax);
        if (fund.windowMax !== null) expect(fund.paidInWindow + paid).toBeLessThanOrEqual(fund.windowMax);
        const { drawdown } = fund;
        if (drawdown !== null) {
          expect(left * drawdown.trigger.d).toBeGreaterThanOrEqual(fund.peak * (drawdown.trigger.d - drawdown.trigger.n));
        }
      }),
      { numRuns: 500 },
    );
  });
});
