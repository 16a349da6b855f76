/** Cases: each opened on the trigger and ended when it is done, its stages one after the other, and what it cost told in full. */

import type { Engine } from '../../src/engine/engine.js';
import type { StageEvent } from '../../src/model/case-effects.js';
import type { CaseEvent, Effect } from '../../src/model/effects.js';
import { isInsolvent, isLiquidatable, type PricedPortfolio } from '../../src/model/margin.js';
import type { Transfer } from '../../src/model/money.js';
import { isRestored } from '../../src/waterfall/case.js';
import type { Policy } from '../../src/waterfall/policy.js';
import type { BookView } from './book-view.js';
import type { OrdersCheck } from './check-orders.js';
import { add, compare, equal, type Fraction, fraction, multiply, subtract, ZERO } from './fractions.js';

interface Open {
  readonly caseId: string;
  readonly portfolio: string;
  entry: number;
  isEntered: boolean;
  startsOver: boolean;
  absorbed: Fraction;
  /** Whether the fund's own orders found nobody. */
  isUnfillable: boolean;
  /** It has gone back to a place before this one, which its next event tells; null: it has not. */
  backFrom: number | null;
}

/** Reasons of transfers by which others bear a case's loss. */
const ABSORBING: ReadonlySet<string> = new Set(['fund', 'socialised', 'issuance', 'venue-loss']);

export class CasesCheck {
  readonly open = new Map<string, Open>();
  /** Ended and followed by another of the same portfolio within one record. */
  private readonly replaced = new Map<string, Open>();
  private readonly ids = new Set<string>();
  private readonly view: BookView;
  private readonly policy: Policy;
  private readonly rule: 'equity<maintenance' | 'equity<=maintenance';
  private readonly fail: (what: string) => never;

  constructor(parts: {
    view: BookView;
    policy: Policy;
    rule: 'equity<maintenance' | 'equity<=maintenance';
    fail: (what: string) => never;
  }) {
    this.view = parts.view;
    this.policy = parts.policy;
    this.rule = parts.rule;
    this.fail = parts.fail;
  }

  isIn(portfolio: string): boolean {
    return this.open.has(portfolio);
  }

  onOpened(effects: readonly Effect[], moved: ReadonlySet<string>): void {
    for (const event of casesOf(effects)) if (event.event === 'opened') this.onOpen(event, moved, effects);
  }

  /** What was passed by in shadow mode was not done: all begin anew, after they have left what they had entered. */
  onLive(): void {
    for (const open of this.open.values()) open.startsOver = true;
  }

  onStages(effects: readonly Effect[]): void {
    for (const effect of effects) if (effect.type === 'stages') for (const row of effect.rows) this.onStage(row);
  }

  onTransfers(rows: readonly Transfer[]): void {
    for (const { credit, reason, caseId, amount, asset } of rows) {
      if (!ABSORBING.has(reason) || credit.kind !== 'portfolio') continue;
      const open = this.find(credit.portfolio, caseId);
      const index = this.view.index(asset);
      if (open === undefined || open.caseId !== caseId || index === null)
        this.fail(`a ${reason} transfer into ${credit.portfolio}, which is not in case ${caseId}`);
      open.absorbed = add(open.absorbed, multiply(fraction(amount, 10n ** 18n), index));
    }
  }

  onEnded(effects: readonly Effect[]): void {
    for (const event of casesOf(effects)) if (event.event === 'ended') this.onEnd(event);
  }

  /** After everything: every open case is where its events say, and has something on its way or says why not. */
  atRest(engine: Engine, orders: OrdersCheck): void {
    const { cases } = engine.caseHalf;
    for (const open of this.open.values()) if (open.startsOver) this.startOver(open);
    if (cases.openCount !== this.open.size) this.fail(`${cases.openCount} cases are open, and ${this.open.size} were told`);
    for (const { portfolio, caseId, entry } of this.open.values()) {
      const found = cases.caseOf(portfolio);
      if (found?.caseId !== caseId) this.fail(`${portfolio} is in case ${found?.caseId}, told was ${caseId}`);
      if (found.entry !== entry) this.fail(`${caseId} is in stage ${found.entry}, and its events say ${entry}`);
      if (found.waiting === '') this.fail(`${caseId} rests, and does not say why`);
      if (found.waiting === 'order' && !orders.hasLive(portfolio)) this.fail(`${caseId} waits for an order, and none is out`);
    }
  }

  /** After a tick, of all portfolios that nothing inside has moved since it was looked at: in a case exactly those that have to be. */
  complete(moved: ReadonlySet<string>): void {
    for (const id of this.view.known.keys()) {
      if (moved.has(id) || this.open.has(id)) continue;
      if (this.view.isLiquidatable(id)) this.fail(`${id} is liquidatable, and has no case`);
      if (this.view.isInsolvent(id)) this.fail(`${id} is insolvent, and has no case`);
    }
  }

  /** No case stays open that is done. */
  nothingDone(moved: ReadonlySet<string>): void {
    for (const { portfolio, caseId } of this.open.values()) {
      const value = this.view.value(portfolio);
      if (!moved.has(portfolio) && value !== null && this.isDone(value)) this.fail(`${caseId} is done, and still open`);
    }
  }

  private isDone(value: PricedPortfolio): boolean {
    if (value.equity.n < 0n || isLiquidatable(value, this.rule)) return false;
    return value.positions.length === 0 || isRestored(value, this.policy.liquidationTarget);
  }

  private onOpen({ caseId, portfolio, deficit }: CaseEvent, moved: ReadonlySet<string>, effects: readonly Effect[]): void {
    const last = this.open.get(portfolio);
    if (last !== undefined) {
      const hasEnded = [...casesOf(effects)].some((each) => each.event === 'ended' && each.caseId === last.caseId);
      if (!hasEnded) this.fail(`${portfolio} got another case`);
      this.replaced.set(last.caseId, last);
    }
    if (this.ids.has(caseId)) this.fail(`case id ${caseId} is used again`);
    this.ids.add(caseId);
    // What the case itself did in the same record has changed the portfolio: it was as before, at the prices of now.
    const before = this.view.changed.get(portfolio)?.before ?? null;
    const seen = [this.view.value(portfolio), before === null ? null : this.view.worth(before)];
    const isRight = seen.some(
      (value) =>
        value !== null &&
        (isLiquidatable(value, this.rule) || isInsolvent(value)) &&
        equal(subtract(value.maintenance, value.equity), deficit),
    );
    if (!isRight && !moved.has(portfolio))
      this.fail(`${caseId} was opened for a portfolio that is not in default, or with another deficit`);
    this.open.set(portfolio, {
      caseId,
      portfolio,
      entry: 0,
      isEntered: false,
      startsOver: false,
      absorbed: ZERO,
      isUnfillable: false,
      backFrom: null,
    });
  }

  private onStage({ caseId, portfolio, stage, entry, event, reason }: StageEvent): void {
    const open = this.find(portfolio, caseId);
    if (open?.caseId !== caseId) this.fail(`a stage of ${caseId}, which is not open`);
    if (open.startsOver && !(event === 'left' && reason === 'live')) this.startOver(open);
    if (open.backFrom !== null) {
      if (entry >= open.backFrom) this.fail(`${caseId} went back from ${open.backFrom} to ${entry}`);
      open.entry = entry;
      open.backFrom = null;
    }
    const name = this.policy.stages[entry]?.stage ?? 'venue-loss';
    if (entry !== open.entry || stage !== name)
      this.fail(`${caseId} has ${event} stage ${stage} at ${entry}, and was at ${open.entry}`);
    if ((event === 'left') !== open.isEntered)
      this.fail(`${caseId} has ${event} stage ${stage}, which it had ${open.isEntered ? '' : 'not '}entered`);
    if (event !== 'entered' && reason === '') this.fail(`${caseId} has ${event} stage ${stage} without a reason`);
    open.isEntered = event === 'entered';
    if (stage === 'fund' && (reason === 'unfilled' || reason === 'nothing-to-close')) open.isUnfillable = true;
    if (event === 'entered') return;
    if (reason === 'live') {
      this.startOver(open);
      return;
    }
    if (reason === 'market-open') {
      open.isUnfillable = false;
      open.backFrom = entry;
      return;
    }
    open.entry =
      reason === 'fund-covers' ? this.policy.stages.findLastIndex((each, i) => i < entry && each.stage === 'fund') : entry + 1;
    if (open.entry < 0) this.fail(`${caseId} went back to a fund that is not there`);
  }

  private find(portfolio: string, caseId: string | null): Open | undefined {
    return this.replaced.get(caseId ?? '') ?? this.open.get(portfolio);
  }

  private startOver(open: Open): void {
    open.entry = 0;
    open.startsOver = false;
  }

  private onEnd({ caseId, portfolio, badDebt }: CaseEvent): void {
    const open = this.find(portfolio, caseId);
    if (open?.caseId !== caseId) this.fail(`${caseId} has ended, and was not open`);
    if (badDebt === null || !equal(badDebt, open.absorbed))
      this.fail(`${caseId} has ended with another bad debt than was paid in`);
    if (this.replaced.delete(caseId)) return;
    this.open.delete(portfolio);
    const value = this.view.value(portfolio);
    // One that is no more has nothing; one without prices cannot have been judged.
    if (value === null) {
      if (this.view.known.has(portfolio)) this.fail(`${caseId} has ended without prices`);
      return;
    }
    if (!this.isDone(value) && !this.view.changed.has(portfolio)) this.fail(`${caseId} has ended and is not done`);
    if (compare(value.equity, ZERO) < 0) this.fail(`${caseId} has ended with a loss that nobody bears`);
  }
}

function* casesOf(effects: readonly Effect[]): Iterable<CaseEvent> {
  for (const effect of effects) if (effect.type === 'cases') yield* effect.rows;
}
