/** How much an insurance fund may pay now: balance, reservations, caps per case and window, drawdown. Integers of one asset; knows no time. */
import { divideRounded } from '../../model/decimal.js';
import { type Fraction, ONE, subtract } from '../../model/fraction.js';

/** Shares of the peak: no more is paid at a fall of `trigger`, and again when it has come back above a fall of `stop`; trigger ≥ stop. */
export interface Drawdown {
  readonly trigger: Fraction;
  readonly stop: Fraction;
}

/** A fund's state, all amounts in one unit of one asset. */
export interface FundState {
  readonly balance: bigint;
  /** What other cases that are open may still need, and what is not for its markets. */
  readonly reservedByOthers: bigint;
  readonly paidByCase: bigint;
  /** Null: no limit. */
  readonly caseMax: bigint | null;
  readonly paidInWindow: bigint;
  readonly windowMax: bigint | null;
  /** The highest balance of the drawdown's window; not below the balance. */
  readonly peak: bigint;
  readonly drawdown: Drawdown | null;
  /** Whether it had fallen to the trigger and has not come back since (`isDrawnDown`). */
  readonly isStopped: boolean;
}

/** What is left of the peak after a fall by this share, (1 − share)·peak, rounded up, for the fund. */
function floorAt(peak: bigint, share: Fraction): bigint {
  const kept = subtract(ONE, share);
  return divideRounded(peak * kept.n, kept.d, 'up');
}

/** Whether a fund that was stopped or not is so at this balance: from the trigger down, until it is above the stop. */
export function isDrawnDown({
  balance,
  peak,
  drawdown,
  isStopped,
}: Pick<FundState, 'balance' | 'peak' | 'drawdown' | 'isStopped'>): boolean {
  if (drawdown === null) return false;
  return balance <= floorAt(peak, isStopped ? drawdown.stop : drawdown.trigger);
}

/**
 * The most that the fund may pay into this case now: min of the balance less what others have reserved, what the caps of the case and the window
 * leave, and what keeps the balance at (1 − trigger)·peak, that rounded up; never below 0, and 0 while it is drawn down.
 */
export function payable(state: FundState): bigint {
  const { balance, reservedByOthers, paidByCase, caseMax, paidInWindow, windowMax, peak, drawdown } = state;
  if (isDrawnDown(state)) return 0n;
  const limits = [balance - reservedByOthers];
  if (caseMax !== null) limits.push(caseMax - paidByCase);
  if (windowMax !== null) limits.push(windowMax - paidInWindow);
  if (drawdown !== null) limits.push(balance - floorAt(peak, drawdown.trigger));
  const least = limits.reduce((a, b) => (b < a ? b : a));
  return least > 0n ? least : 0n;
}
