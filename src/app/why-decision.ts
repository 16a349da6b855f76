/** One order as it was decided: the portfolio, its prices and tiers, the stage, and how size and limit follow. Reads the engine's state; replays and prints nothing. */
import { legOfRow } from '../dispatch/orders.js';
import { deficitOf } from '../dispatch/ranking.js';
import { limitOf } from '../dispatch/sizing.js';
import type { Engine } from '../engine/engine.js';
import { bankruptcyPrice } from '../model/bankruptcy.js';
import { formatDecimal, type Rounding } from '../model/decimal.js';
import type { OrderEvent } from '../model/effects.js';
import { assert } from '../model/errors.js';
import { absolute, type Fraction, formatFraction, fractionToUnits, reduce } from '../model/fraction.js';
import type { Instruments, Market } from '../model/instruments.js';
import { entryValue, notionalAt } from '../model/margin.js';
import { type Lots, lots, type Side, sideOf } from '../model/portfolio.js';
import { entryDecimal, sizeOf } from '../model/quantities.js';
import type { BreachRow, InputRecord, PortfolioReport } from '../model/records.js';
import { tierAt } from '../model/requirement.js';
import type { Case, StageMemory } from '../waterfall/case.js';
import { exactLimit, rowsIn } from '../waterfall/closing.js';
import type { PricePolicy, StageEntry } from '../waterfall/policy.js';
import { partialClosings } from '../waterfall/stages/partial.js';
import type { JournalEngine } from './journal-engine.js';
import type { Placed } from './journal-replay.js';
import type { PriceSources, WhyPrices } from './why-prices.js';

/** An amount or a price: exactly, as `n/d` in lowest terms, and printed. */
export interface WhyAmount {
  readonly exact: string;
  /** Whole units of the last decimal of `amount`. */
  readonly units: string;
  readonly amount: string;
}

export interface WhyPosition {
  readonly market: string;
  readonly side: Side;
  /** Signed. */
  readonly size: string;
  readonly lots: number;
  readonly entry: string;
  readonly mark: string;
  /** Of the market's maintenance table, counted from 0, with the notional by which it is looked up. */
  readonly tier: {
    readonly index: number;
    readonly floor: string;
    readonly rate: string;
    readonly basis: 'mark' | 'entry';
    readonly notional: string;
  };
  /** Its own, in the valuation asset; up. */
  readonly maintenance: WhyAmount;
  /** Price that leaves zero, before fees, in the tick's decimals and four more, to nearest; null: there is none. */
  readonly bankruptcyPrice: WhyAmount | null;
}

export interface WhyOrder {
  readonly orderId: string;
  /** Shown in shadow mode, never sent. */
  readonly isShadow: boolean;
  readonly seq: number;
  readonly record: InputRecord['type'];
  readonly timeUs: number;
  readonly priceEpoch: number;
  readonly tickTimeUs: number;
  readonly prices: WhyPrices;
  readonly portfolio: {
    readonly id: string;
    readonly version: number;
    /** In the valuation asset: equity down, maintenance and deficit up. */
    readonly equity: WhyAmount;
    readonly maintenance: WhyAmount;
    readonly deficit: WhyAmount;
  };
  readonly positions: readonly WhyPosition[];
  readonly stage: string;
  /** Its place in the policy's stages, from 0, and that entry as the policy's file has it. */
  readonly entry: number;
  readonly parameters: unknown;
  readonly market: string;
  readonly side: 'buy' | 'sell';
  readonly size: string;
  readonly lots: number;
  readonly sizing: {
    /** Of the position. */
    readonly positionLots: number;
    /** `all`, or the method of a partial liquidation, and the lots that it wants. */
    readonly method: string;
    readonly wantedLots: number;
    /** Whether the policy's limits let less out. */
    readonly isLimited: boolean;
  };
  readonly limit: {
    readonly policy: PricePolicy['kind'];
    /** Before it is rounded to the tick; null: none. */
    readonly exact: WhyAmount | null;
    readonly tick: string;
    readonly rounding: 'up' | 'down';
    readonly price: string | null;
  };
  readonly expiryUs: number;
}

/** What a case's stage remembered before the record. */
export interface Remembered extends Pick<StageMemory, 'restUntilUs'> {
  readonly entry: number;
}

const PRICE_DECIMALS_BEYOND_TICK = 4;

export function whyAmount(value: Fraction, decimals: number, rounding: Rounding): WhyAmount {
  const { n, d } = reduce(value);
  return {
    exact: `${n}/${d}`,
    units: fractionToUnits(value, decimals, rounding).toString(),
    amount: formatFraction(value, decimals, rounding),
  };
}

function whyPrice(price: Fraction | null, market: Market): WhyAmount | null {
  return price && whyAmount(price, market.tick.decimals + PRICE_DECIMALS_BEYOND_TICK, 'nearest');
}

function positionOf(row: BreachRow, report: PortfolioReport, { markets, valuation, assets }: Instruments): WhyPosition {
  const market = markets[row.market];
  const { basis, tiers } = market.maintenance;
  const notional = basis === 'mark' ? notionalAt(market, row.lots, row.mark) : absolute(entryValue(market, row));
  const index = tierAt(market.maintenance, notional);
  const { floor, rate } = tiers[index];
  const { n, d } = reduce(rate);
  return {
    market: market.id,
    side: sideOf(row.lots),
    size: formatDecimal(sizeOf(row.lots, market.lot)),
    lots: row.lots,
    entry: formatDecimal(entryDecimal(row)),
    mark: formatDecimal(row.mark),
    tier: {
      index,
      floor: formatDecimal(floor),
      rate: `${n}/${d}`,
      basis,
      notional: formatFraction(notional, assets[market.settleAsset].decimals, 'nearest'),
    },
    maintenance: whyAmount(row.maintenance, valuation.decimals, 'up'),
    bankruptcyPrice: whyPrice(bankruptcyPrice(market, row, report), market),
  };
}

/** Lots that the stage wanted of the position, and by what. */
function wantedOf(
  row: BreachRow,
  entry: StageEntry,
  subject: Case,
  before: Remembered | null,
  { caseHalf, instruments }: Engine,
): { readonly method: string; readonly wantedLots: Lots } {
  if (entry.stage !== 'partial') return { method: 'all', wantedLots: lots(Math.abs(row.lots)) };
  const restUntilUs = before?.entry === subject.entry ? before.restUntilUs : new Map<number, number>();
  const { report } = subject;
  const closings = partialClosings({ report, memory: { restUntilUs } }, entry, rowsIn(subject, entry), {
    instruments,
    policy: caseHalf.policy,
  });
  const wantedLots = closings.find((closing) => closing.row === row)?.lots ?? lots(0);
  return { method: restUntilUs.has(legOfRow(row)) ? 'restore' : entry.method.kind, wantedLots };
}

/** Of an order that has just been made by the record, in the engine as it is after it. `before`: of its case, when there was one before. */
export function whyOrder(
  order: OrderEvent,
  isShadow: boolean,
  { seq, record }: Placed,
  before: Remembered | null,
  { engine, policy }: JournalEngine,
  sources: PriceSources,
): WhyOrder {
  const { instruments, caseHalf } = engine;
  const subject = caseHalf.cases.caseOf(order.portfolio);
  assert(subject !== undefined && subject.caseId === order.caseId, 'expected the case of an order that has just been made');
  const { report } = subject;
  const row = report.rows.find((each) => each.market === order.market && each.lots > 0 === (order.side === 'sell'));
  const entry = caseHalf.policy.stages[subject.entry];
  assert(row !== undefined && entry !== undefined && 'price' in entry, 'expected the position and the stage of the order');
  const market = instruments.markets[order.market];
  const { decimals } = instruments.valuation;
  const price = entry.price as PricePolicy;
  const exact = exactLimit(price, market, row, report);
  const limit = limitOf(exact, market, row);
  const wanted = wantedOf(row, entry, subject, before, engine);
  const timeUs = order.expiryUs - ('ttlUs' in entry ? entry.ttlUs : 0);
  return {
    orderId: order.orderId,
    isShadow,
    seq,
    record: record.type,
    timeUs,
    priceEpoch: order.priceEpoch,
    tickTimeUs: order.tickTimeUs,
    prices: sources.of(report, engine, timeUs),
    portfolio: {
      id: order.portfolio,
      version: order.version,
      equity: whyAmount(report.equity, decimals, 'down'),
      maintenance: whyAmount(report.maintenance, decimals, 'up'),
      deficit: whyAmount(deficitOf(report), decimals, 'up'),
    },
    positions: report.rows.map((each) => positionOf(each, report, instruments)),
    stage: order.stage,
    entry: subject.entry,
    parameters: parametersOf(policy, subject.entry),
    market: market.id,
    side: order.side,
    size: formatDecimal(sizeOf(order.lots, market.lot)),
    lots: order.lots,
    sizing: { positionLots: row.lots, ...wanted, isLimited: order.lots < wanted.wantedLots },
    limit: {
      policy: price.kind,
      exact: limit === null ? null : whyPrice(exact, market),
      tick: formatDecimal(market.tick),
      rounding: row.lots > 0 ? 'up' : 'down',
      price: limit && formatDecimal(limit),
    },
    expiryUs: order.expiryUs,
  };
}

/** The entry as its file has it, with the life of orders that was asked for instead of its own. */
function parametersOf({ input, orderTtlUs }: JournalEngine['policy'], entry: number): unknown {
  const parameters = (input as { readonly stages: readonly object[] }).stages[entry];
  return orderTtlUs === null ? parameters : { ...parameters, ttlMs: orderTtlUs / 1_000 };
}
