/** The waterfall: takes a case through the policy's stages, one after the other, until it waits or is done. Every stage is entered, or why not is told. */

import type { StageEvent } from '../model/case-effects.js';
import type { OrderStage } from '../model/effects.js';
import { assert } from '../model/errors.js';
import type { Case } from './case.js';
import { freshMemory, isRestored } from './case.js';
import { openRows } from './closing.js';
import type { Context, Step } from './context.js';
import { on, wait } from './context.js';
import type { StageEntry, StageName } from './policy.js';
import { adl } from './stages/adl.js';
import { auction, tellAuction } from './stages/auction.js';
import { backstop } from './stages/backstop.js';
import { cancel } from './stages/cancel.js';
import { convert } from './stages/convert.js';
import { full } from './stages/full.js';
import { fund } from './stages/fund.js';
import { issuance } from './stages/issuance.js';
import { marginCall } from './stages/margin-call.js';
import { partial } from './stages/partial.js';
import { socialise } from './stages/socialise.js';
import { venueLoss } from './stages/venue-loss.js';

/** Steps of one case within one record: far more than any policy takes. */
const STEPS_MAX = 10_000;

/** Stages that only send orders or wait: they show what they would do in shadow mode. The others move money. */
const SHOWN_IN_SHADOW: ReadonlySet<StageName> = new Set<StageName>(['margin-call', 'cancel', 'partial', 'full', 'fund']);

/** Stages that close positions themselves, without an order. */
const CLOSING_INSIDE: ReadonlySet<StageName> = new Set<StageName>(['auction', 'backstop', 'adl', 'venue-loss']);

function stepIn(subject: Case, entry: StageEntry | null, context: Context): Step {
  if (entry === null) return venueLoss(subject, context);
  switch (entry.stage) {
    case 'margin-call':
      return marginCall(subject, entry, context);
    case 'cancel':
      return cancel(subject, entry, context);
    case 'partial':
      return partial(subject, entry, context);
    case 'full':
      return full(subject, entry, context);
    case 'auction':
      return auction(subject, entry, context);
    case 'backstop':
      return backstop(subject, entry, context);
    case 'convert':
      return convert(subject, entry, context);
    case 'fund':
      return fund(subject, entry, context);
    case 'adl':
      return adl(subject, entry, context);
    case 'socialise':
      return socialise(subject, entry, context);
    case 'issuance':
      return issuance(subject, entry, context);
  }
}

/** Whether nothing is left to be done: restored to the target, or closed without a loss that nobody has borne. */
export function isDone({ report }: Case, { policy }: Context): boolean {
  if (report.standing === 'liquidatable' || report.equity.n < 0n) return false;
  return report.positions === 0 || isRestored(report, policy.liquidationTarget);
}

/**
 * What shadow mode makes of a stage that moves money: it is passed by as long as there are positions whose orders can be shown, and nothing is done after
 * that. Null: the stage does what it does.
 */
function inShadow({ report }: Case, name: StageName, { desk }: Context): Step | null {
  if (desk.mode === 'live' || (SHOWN_IN_SHADOW.has(name) && (name !== 'fund' || report.positions > 0))) return null;
  return report.positions > 0 && name !== 'venue-loss' ? on('shadow') : wait('shadow');
}

/**
 * An order of an earlier case, or of before the case was started over, may still execute: what is closed inside meanwhile would be closed twice. Null: none
 * is in the way.
 */
function afterOrders(subject: Case, name: StageName, context: Context): Step | null {
  const isInTheWay = CLOSING_INSIDE.has(name) && subject.report.positions > 0 && isStillOut(subject, null, context);
  return isInTheWay ? wait('cancelling') : null;
}

/** Takes a case as far as it goes now. True when it is done. */
export function advance(subject: Case, context: Context): boolean {
  const { policy, gates } = context;
  for (let steps = 0; ; steps++) {
    assert(steps < STEPS_MAX, `expected case ${subject.caseId} to come to rest`);
    if (isDone(subject, context)) return true;
    const entry = subject.entry < policy.stages.length ? policy.stages[subject.entry] : null;
    const name: StageName = entry?.stage ?? 'venue-loss';
    const blocked = gates.ofPortfolio(subject.portfolio) ?? gates.ofStage(name);
    const moved = context.out.transfers.length;
    const held = blocked === null ? (comeBack(subject, context) ?? inShadow(subject, name, context)) : wait(blocked);
    const step = held ?? afterOrders(subject, name, context) ?? stepIn(subject, entry, context);
    // A stage that has moved money was in it, even if what is left goes on at once.
    const hasMoved = context.out.transfers.length > moved;
    if (step.next === 'again' || step.next === 'wait' || hasMoved) enter(subject, name, context);
    if (step.next === 'wait') {
      subject.waiting = step.why;
      return false;
    }
    if (step.next === 'again') continue;
    if (isStillOut(subject, name, context)) {
      subject.waiting = 'cancelling';
      return false;
    }
    leave(subject, name, step.why, context);
    subject.entry = step.next === 'back' ? step.entry : subject.entry + 1;
    // All from there is gone through again.
    if (subject.passedBy !== null && subject.entry <= subject.passedBy.entry) subject.passedBy = null;
    if (step.why === MARKET_OPEN) subject.isUnfillable = false;
  }
}

/** Why a case goes back to where it passed by what may be acted on now. */
const MARKET_OPEN = 'market-open';

/** To where the case has to go back, as a market that was passed by may be acted in; null: nowhere, or it is there still, as an order had to end first. */
function comeBack(subject: Case, context: Context): Step | null {
  const { passedBy, report } = subject;
  if (passedBy === null) return null;
  const { open } = openRows(
    report.rows.filter(({ market }) => passedBy.markets.has(market)),
    context,
  );
  if (open.length === 0) return null;
  if (subject.entry > passedBy.entry) return { next: 'back', entry: passedBy.entry, why: MARKET_OPEN };
  subject.passedBy = null;
  return null;
}

/** Orders of a stage that hands on (null: of any) are cancelled and waited for: what they execute is no longer the next stage's. */
function isStillOut(subject: Case, name: StageName | null, { desk, out }: Context): boolean {
  let isOut = false;
  for (const order of desk.table.ofPortfolio(subject.portfolio).values()) {
    if (name !== null && order.stage !== (name as OrderStage)) continue;
    desk.cancel(order, out);
    isOut = true;
  }
  return isOut;
}

function enter(subject: Case, name: StageName, context: Context): void {
  if (subject.isEntered) return;
  subject.isEntered = true;
  tell(subject, name, 'entered', '', context);
}

function leave(subject: Case, name: StageName, why: string, context: Context): void {
  tell(subject, name, subject.isEntered ? 'left' : 'skipped', why, context);
  endAuctions(subject, context);
  subject.isEntered = false;
  subject.memory = freshMemory(context.now.timeUs);
}

/** Begins at the first stage again. */
export function startOver(subject: Case, why: string, context: Context): void {
  const { policy, now } = context;
  if (subject.isEntered) leave(subject, policy.stages[subject.entry]?.stage ?? 'venue-loss', why, context);
  Object.assign(subject, { entry: 0, isEntered: false, passedBy: null, memory: freshMemory(now.timeUs) });
}

/** Auctions that are held end with their stage, or with their case. */
export function endAuctions(subject: Case, context: Context): void {
  const entry = context.policy.stages[subject.entry];
  if (entry?.stage !== 'auction') return;
  for (const held of subject.memory.auctions.splice(0)) tellAuction(subject, held, 'ended', entry, context);
}

function tell(subject: Case, stage: StageName, event: StageEvent['event'], reason: string, { out, now }: Context): void {
  const { caseId, portfolio, entry } = subject;
  out.stages.push({ caseId, portfolio, stage, entry, event, reason, timeUs: now.timeUs });
}
