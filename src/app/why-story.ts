/** The story of one case, written down as its records are applied again: stages, orders and what became of them, money, its end. Prints nothing. */
import type { Applied } from '../engine/engine.js';
import { formatDecimal, pow10 } from '../model/decimal.js';
import type { CaseEvent, Effect, OrderEvent, OrderEventKind } from '../model/effects.js';
import { formatFraction } from '../model/fraction.js';
import { moneyAccountName, type Transfer } from '../model/money.js';
import { EXACT_DECIMALS } from '../model/portfolio.js';
import { sizeOf } from '../model/quantities.js';
import type { Fill } from '../model/records.js';
import type { JournalEngine } from './journal-engine.js';
import type { Onlooker, Placed } from './journal-replay.js';
import { type Remembered, type WhyAmount, type WhyOrder, whyAmount, whyOrder } from './why-decision.js';
import { PriceSources } from './why-prices.js';

interface At {
  readonly seq: number;
  readonly timeUs: number;
}

/** What followed of an order, in the order of the records. */
export type WhyFollowed = At &
  (
    | {
        readonly event: 'ack';
        readonly state: string;
        /** The executor's words; null: none. */
        readonly reason: string | null;
        /** Refused with the whole record, or said of an order that had ended. */
        readonly isApplied: boolean;
      }
    | { readonly event: Exclude<OrderEventKind, 'new'>; readonly sizeLeft: string }
    | {
        readonly event: 'execution';
        readonly tradeId: string;
        readonly size: string;
        readonly price: string;
        /** What the venue took of the portfolio, in the settle asset. */
        readonly fee: string;
      }
  );

export interface WhyStage extends At {
  readonly stage: string;
  /** Its place in the policy's stages, from 0. */
  readonly entry: number;
  readonly event: 'entered' | 'skipped' | 'left';
  readonly reason: string;
}

export interface WhyTransfer extends At {
  /** `alice/BTCUSDT`, `fund`, `fund:BTCUSDT`, `clearing:BTCUSDT`, … */
  readonly from: string;
  readonly to: string;
  readonly asset: string;
  readonly amount: string;
  readonly reason: Transfer['reason'];
}

/** A counterparty that was deleveraged. */
export interface WhyDeleveraging extends At {
  readonly counterparty: string;
  readonly market: string;
  readonly size: string;
  readonly price: string;
}

export interface WhyAuction extends At {
  readonly auctionId: string;
  readonly event: 'opened' | 'reset' | 'taken' | 'ended';
  readonly market: string | null;
  readonly size: string | null;
  readonly price: string;
  readonly bidder: string | null;
}

export interface WhyCase {
  readonly caseId: string;
  readonly portfolio: string;
  /** `seq` null: it was open where the journal's records begin, and what was before that is not told. */
  readonly opened: { readonly seq: number | null; readonly timeUs: number; readonly deficit: WhyAmount };
  readonly stages: readonly WhyStage[];
  readonly orders: readonly (WhyOrder & { readonly followed: readonly WhyFollowed[] })[];
  readonly auctions: readonly WhyAuction[];
  readonly deleveraged: readonly WhyDeleveraging[];
  readonly transfers: readonly WhyTransfer[];
  /** Null: the journal ends, or is broken, before it. */
  readonly ended: (At & { readonly outcome: string; readonly badDebt: WhyAmount }) | null;
}

/** Looks on while records are applied, and remembers what is of one case. */
export class CaseStory implements Onlooker {
  /** The last record that it saw. */
  lastSeq = 0;
  private readonly caseId: string;
  private readonly portfolio: string;
  private readonly openedUs: number;
  private readonly journal: JournalEngine;
  private readonly sources = new PriceSources();
  private remembered: Remembered | null = null;
  private opened: WhyCase['opened'] | null = null;
  private ended: WhyCase['ended'] = null;
  private readonly stages: WhyStage[] = [];
  private readonly orders: { readonly order: WhyOrder; readonly followed: WhyFollowed[] }[] = [];
  private readonly out = new Set<string>();
  private readonly auctions: WhyAuction[] = [];
  private readonly deleveraged: WhyDeleveraging[] = [];
  private readonly transfers: WhyTransfer[] = [];

  constructor(caseId: string, portfolio: string, openedUs: number, journal: JournalEngine) {
    this.caseId = caseId;
    this.portfolio = portfolio;
    this.openedUs = openedUs;
    this.journal = journal;
  }

  /** Null: no such case was seen. */
  story(): WhyCase | null {
    const { caseId, portfolio, opened, stages, auctions, deleveraged, transfers, ended } = this;
    if (opened === null) return null;
    const orders = this.orders.map(({ order, followed }) => ({ ...order, followed }));
    return { caseId, portfolio, opened, stages, orders, auctions, deleveraged, transfers, ended };
  }

  onSkipped(placed: Placed): void {
    this.lastSeq = placed.seq;
    this.sources.note(placed);
  }

  before(): void {
    const { cases, desk } = this.journal.engine.caseHalf;
    const subject = cases.caseOf(this.portfolio);
    if (subject?.caseId !== this.caseId) {
      this.remembered = null;
      return;
    }
    if (this.opened === null) {
      this.opened = { seq: null, timeUs: subject.openedUs, deficit: this.valued(subject.deficit, 'up') };
      for (const { orderId } of desk.table.ofPortfolio(this.portfolio).values()) this.out.add(orderId);
    }
    this.remembered = { entry: subject.entry, restUntilUs: new Map(subject.memory.restUntilUs ?? []) };
  }

  /** True when the case has ended and nothing of it is out any more, or when it can no longer open. */
  after(placed: Placed, { effects, problems }: Applied): boolean {
    this.lastSeq = placed.seq;
    if (problems.length === 0) this.sources.note(placed);
    this.onAcks(placed, problems.length === 0);
    for (const effect of effects) this.onEffect(effect, placed);
    if (this.opened === null) return placed.record.timeUs > this.openedUs;
    return this.ended !== null && this.out.size === 0;
  }

  private valued(value: CaseEvent['deficit'], rounding: 'up' | 'down'): WhyAmount {
    return whyAmount(value, this.journal.engine.instruments.valuation.decimals, rounding);
  }

  private onAcks({ seq, record }: Placed, isTaken: boolean): void {
    if (record.type !== 'acks') return;
    for (const { orderId, state, reason = null } of record.acks) {
      const isApplied = isTaken && this.out.has(orderId);
      this.follow(orderId, { seq, timeUs: record.timeUs, event: 'ack', state, reason, isApplied });
    }
  }

  private follow(orderId: string, followed: WhyFollowed): void {
    this.orders.find(({ order }) => order.orderId === orderId)?.followed.push(followed);
  }

  private onEffect(effect: Effect, placed: Placed): void {
    const { seq, record } = placed;
    const { markets, assets } = this.journal.engine.instruments;
    const isOwn = (row: { readonly caseId: string | null }): boolean => row.caseId === this.caseId;
    const size = (market: number, lots: OrderEvent['lots']): string => formatDecimal(sizeOf(lots, markets[market].lot));
    switch (effect.type) {
      case 'cases':
        for (const row of effect.rows.filter(isOwn)) this.onCase(row, seq);
        break;
      case 'stages':
        for (const { timeUs, stage, entry, event, reason } of effect.rows.filter(isOwn))
          this.stages.push({ seq, timeUs, stage, entry, event, reason });
        break;
      case 'orders':
      case 'shadow-orders':
        for (const row of effect.rows.filter(isOwn)) this.onOrder(row, effect.type === 'shadow-orders', placed);
        break;
      case 'execution': {
        if (!isOwn(effect)) break;
        const { orderId, market, lots, price, timeUs } = effect;
        const { tradeId, fee } = fillOf(placed, effect);
        const amount = formatFraction({ n: fee, d: pow10(EXACT_DECIMALS) }, assets[markets[market].settleAsset].decimals, 'up');
        const traded = { tradeId, size: size(market, lots), price: formatDecimal(price), fee: amount };
        this.follow(orderId, { seq, timeUs, event: 'execution', ...traded });
        break;
      }
      case 'auctions':
        for (const { timeUs, auctionId, event, market, lots, price, bidder } of effect.rows.filter(isOwn)) {
          const id = market === null ? null : markets[market].id;
          const left = market === null || lots === null ? null : size(market, lots);
          this.auctions.push({ seq, timeUs, auctionId, event, market: id, size: left, price: formatDecimal(price), bidder });
        }
        break;
      case 'adl':
        for (const { timeUs, counterparty, market, lots, price } of effect.rows.filter(isOwn)) {
          const taken = { market: markets[market].id, size: size(market, lots), price: formatDecimal(price) };
          this.deleveraged.push({ seq, timeUs, counterparty, ...taken });
        }
        break;
      case 'transfers':
        for (const { debit, credit, asset, amount, reason } of effect.rows.filter(isOwn))
          this.transfers.push({
            seq,
            timeUs: record.timeUs,
            from: moneyAccountName(debit, markets),
            to: moneyAccountName(credit, markets),
            asset: assets[asset].id,
            amount: formatDecimal({ units: amount, decimals: EXACT_DECIMALS }),
            reason,
          });
        break;
    }
  }

  private onCase({ event, timeUs, openedUs, deficit, badDebt, outcome }: CaseEvent, seq: number): void {
    if (event === 'opened') this.opened = { seq, timeUs: openedUs, deficit: this.valued(deficit, 'up') };
    else if (badDebt !== null) this.ended = { seq, timeUs, outcome: outcome ?? '', badDebt: this.valued(badDebt, 'up') };
  }

  private onOrder(row: OrderEvent, isShadow: boolean, placed: Placed): void {
    const { orderId, event, market, lots } = row;
    if (event === 'new') {
      if (!isShadow) this.out.add(orderId);
      this.orders.push({ order: whyOrder(row, isShadow, placed, this.remembered, this.journal, this.sources), followed: [] });
      return;
    }
    if (event === 'ended') this.out.delete(orderId);
    const sizeLeft = formatDecimal(sizeOf(lots, this.journal.engine.instruments.markets[market].lot));
    this.follow(orderId, { seq: placed.seq, timeUs: placed.record.timeUs, event, sizeLeft });
  }
}

/** The trade of an execution, in the record that told it. */
function fillOf(
  { record }: Placed,
  { orderId, lots, price }: Extract<Effect, { type: 'execution' }>,
): Pick<Fill, 'tradeId' | 'fee'> {
  const fills = record.type === 'fills' ? record.fills : [];
  const isEqual = (fill: Fill): boolean => fill.lots === lots && formatDecimal(fill.price) === formatDecimal(price);
  return fills.find((fill) => fill.orderId === orderId && isEqual(fill)) ?? { tradeId: '', fee: 0n as Fill['fee'] };
}
