/** What the waterfall tells, as rows of the wire. Amounts are exact texts of at most 18 decimals; what has more is rounded against the account. */
import type { CaseStatus, CaseWait } from '../engine/link.js';
import type {
  AdlEvent,
  AuctionEvent,
  FreezeEvent,
  MarginCallEvent,
  ReconciliationEvent,
  StageEvent,
} from '../model/case-effects.js';
import { formatDecimal, type Rounding } from '../model/decimal.js';
import type { CaseEvent } from '../model/effects.js';
import { type Fraction, fractionToUnits } from '../model/fraction.js';
import type { Instruments } from '../model/instruments.js';
import { moneyAccountName, type Transfer } from '../model/money.js';
import { EXACT_DECIMALS, type Lots } from '../model/portfolio.js';
import { sizeOf } from '../model/quantities.js';
import { wireInteger } from './codec.js';
import {
  AUCTION_EVENTS,
  CASE_EVENTS,
  FREEZE_EVENTS,
  MARGIN_CALL_EVENTS,
  type WireAdl,
  type WireAuction,
  type WireCase,
  type WireFreeze,
  type WireMarginCall,
  type WireReconciliation,
  type WireTransfer,
} from './messages.js';

/** A count of 10^-18 as a decimal text, exact. */
export function unitsText(units: bigint): string {
  return formatDecimal({ units, decimals: EXACT_DECIMALS });
}

/** Exact where 18 decimals are enough. */
export function fractionText(value: Fraction, rounding: Rounding): string {
  return unitsText(fractionToUnits(value, EXACT_DECIMALS, rounding));
}

function nullableText(value: Fraction | null, rounding: Rounding): string | null {
  return value === null ? null : fractionText(value, rounding);
}

function sizeText(lots: Lots, market: number, { markets }: Instruments): string {
  return formatDecimal(sizeOf(lots, markets[market].lot));
}

/** Of a case that opens or ends. */
export function caseRow({ caseId, portfolio, event, outcome, deficit, badDebt, timeUs }: CaseEvent): WireCase {
  const amounts = [fractionText(deficit, 'up'), nullableText(badDebt, 'up')] as const;
  return [caseId, portfolio, CASE_EVENTS.indexOf(event), null, null, outcome ?? '', ...amounts, wireInteger(timeUs)];
}

/** `known`: the last row of the case. */
export function stageRow(
  { caseId, portfolio, stage, entry, event, reason, timeUs }: StageEvent,
  known: WireCase | undefined,
): WireCase {
  const deficit = known?.[DEFICIT] ?? null;
  return [caseId, portfolio, CASE_EVENTS.indexOf(event), stage, entry, reason, deficit, null, wireInteger(timeUs)];
}

export function waitRow({ caseId, reason, timeUs }: CaseWait, known: WireCase): WireCase {
  const [, portfolio, , stage, entry, , deficit] = known;
  return [caseId, portfolio, CASE_EVENTS.indexOf('waiting'), stage, entry, reason, deficit, null, wireInteger(timeUs)];
}

/** A case that was open already: as if it had told why it waits. */
export function caseStatusRow({ caseId, portfolio, stage, entry, waiting, deficit, openedUs }: CaseStatus): WireCase {
  const event = CASE_EVENTS.indexOf('waiting');
  return [caseId, portfolio, event, stage, entry, waiting, fractionText(deficit, 'up'), null, wireInteger(openedUs)];
}

const DEFICIT = 6;

export function marginCallRow({ portfolio, event, threshold, equity, maintenance, timeUs }: MarginCallEvent): WireMarginCall {
  return [
    portfolio,
    MARGIN_CALL_EVENTS.indexOf(event),
    nullableText(threshold, 'nearest'),
    nullableText(equity, 'down'),
    nullableText(maintenance, 'up'),
    wireInteger(timeUs),
  ];
}

export function freezeRow({ account, portfolio, event, freeCollateral, timeUs }: FreezeEvent): WireFreeze {
  return [account, portfolio, FREEZE_EVENTS.indexOf(event), fractionText(freeCollateral, 'down'), wireInteger(timeUs)];
}

export function auctionRow(event: AuctionEvent, instruments: Instruments): WireAuction {
  const { auctionId, caseId, portfolio, market, side, lots, price, bidder, timeUs } = event;
  return [
    auctionId,
    caseId,
    portfolio,
    AUCTION_EVENTS.indexOf(event.event),
    market === null ? null : instruments.markets[market].id,
    side,
    market === null || lots === null ? null : sizeText(lots, market, instruments),
    formatDecimal(price),
    bidder,
    wireInteger(timeUs),
  ];
}

export function adlRow(event: AdlEvent, instruments: Instruments): WireAdl {
  const { caseId, portfolio, counterparty, market, side, lots, needed, price, forgone, timeUs } = event;
  return [
    caseId,
    portfolio,
    counterparty,
    instruments.markets[market].id,
    side,
    sizeText(lots, market, instruments),
    sizeText(needed, market, instruments),
    formatDecimal(price),
    unitsText(forgone),
    wireInteger(timeUs),
  ];
}

export function transferRow(transfer: Transfer, timeUs: number, { assets, markets }: Instruments): WireTransfer {
  const { debit, credit, asset, amount, reason, caseId } = transfer;
  const accounts = [moneyAccountName(debit, markets), moneyAccountName(credit, markets)] as const;
  return [...accounts, assets[asset].id, unitsText(amount), reason, caseId, wireInteger(timeUs)];
}

export function reconciliationRow(event: ReconciliationEvent): WireReconciliation {
  const { portfolio, equity, maintenance, venueEquity, venueMaintenance, isEqual, timeUs } = event;
  return [
    portfolio,
    nullableText(equity, 'down'),
    nullableText(maintenance, 'up'),
    formatDecimal(venueEquity),
    formatDecimal(venueMaintenance),
    isEqual,
    wireInteger(timeUs),
  ];
}
