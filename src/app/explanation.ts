/** A portfolio explained by the oracle: every term of its equity and of what it needs, and where it ends. Reads and prints nothing. */
import { bankruptcyPrice, lossToZero, sharesOf } from '../model/bankruptcy.js';
import { owedOf } from '../model/collateral.js';
import { type Decimal, formatDecimal, type Rounding } from '../model/decimal.js';
import { type Fraction, formatFraction, multiply, subtract, ZERO } from '../model/fraction.js';
import type { Instruments, Market } from '../model/instruments.js';
import { liquidationPrices, marginToAdd } from '../model/liquidation-price.js';
import {
  type AssetValuation,
  isLiquidatable,
  type OrderValuation,
  type PositionValuation,
  type PricedPortfolio,
  type Prices,
  valuePortfolio,
} from '../model/margin.js';
import { compareIds, type OpenOrder, type Portfolio, type Position, type Side, sideOf } from '../model/portfolio.js';
import { type PrintedValuation, printValuation } from '../model/print.js';
import { entryDecimal, sizeOf } from '../model/quantities.js';
import type { ExplainedChange } from './explain-since.js';

export type OrNull<Fields> = { readonly [Key in keyof Fields]: Fields[Key] | null };

/** What follows from prices: null in an unpriced portfolio. Amounts in the settle asset's decimals. */
export interface PositionFigures {
  /** Notional to nearest, PnL and funding down, maintenance and initial margin up. */
  readonly notional: string;
  readonly unrealizedPnl: string;
  readonly maintenance: string;
  /** Prices have max(8, the tick's decimals + 4) decimals, to nearest; null where there is none. */
  readonly liquidationPrice: string | null;
  readonly liquidationPriceOther: string | null;
  readonly bankruptcyPrice: string | null;
  /** What a closing order is limited at: after the taker fee of closing there nothing is left. */
  readonly bankruptcyPriceAfterFee: string | null;
  readonly funding: string;
  readonly initialMargin: string;
  /** The smaller leg of a hedge where only the larger needs margin. */
  readonly marginWaived: boolean;
}

export interface ExplainedPosition extends OrNull<PositionFigures> {
  readonly market: string;
  readonly side: Side;
  /** Signed. Size, entry, mark and leverage are the canonical decimals of what was given; null when there is none. */
  readonly size: string;
  readonly entry: string;
  readonly mark: string | null;
  readonly kind: Market['kind'];
  readonly settle: string;
  readonly leverage: string | null;
  /**
   * With a target price for its market: what has to come to the balance, in the settle asset's decimals, up, so that slack is zero there; null
   * when no amount does it.
   */
  readonly marginToAdd?: string | null;
}

/** An asset of a priced portfolio: balance, PnL, funding and equity in its own decimals, down; what is borrowed of it up. */
export interface ExplainedAsset {
  readonly asset: string;
  /** Index price. */
  readonly index: string;
  readonly balance: string;
  readonly unrealizedPnl: string;
  readonly funding: string;
  readonly equity: string;
  /** In the valuation asset: what the equity counts, down, and by how much less that is than equity · index, up. */
  readonly counted: string;
  readonly haircut: string;
  readonly borrowed: string;
  /** Maintenance of what is borrowed, in the valuation asset, up. */
  readonly borrowMaintenance: string;
}

/** An open order. Notional (nearest) and margin (up) in the settle asset's decimals; null when unpriced. */
export interface ExplainedOrder {
  readonly market: string;
  readonly side: 'buy' | 'sell';
  /** Above zero. */
  readonly size: string;
  readonly price: string;
  readonly reduceOnly: boolean;
  readonly settle: string;
  readonly notional: string | null;
  readonly initialMargin: string | null;
  readonly maintenance: string | null;
}

/** In the valuation asset's decimals: margin up, what is free down. */
export interface InitialFigures {
  readonly initialMargin: string;
  /** Initial margin that open orders hold. */
  readonly orderMargin: string;
  /** equity − initialMargin − orderMargin */
  readonly freeCollateral: string;
}

/** Amounts as in `PrintedValuation`, null when the portfolio is unpriced. */
export interface ExplainedPortfolio extends OrNull<PrintedValuation>, OrNull<InitialFigures> {
  readonly portfolio: string;
  readonly mode: Portfolio['mode'];
  readonly liquidatable: boolean;
  /** Lacks a price: its state is unknown. */
  readonly unpriced: boolean;
  /** Ids of the markets and assets whose price it lacks, in code-unit order. */
  readonly missing: readonly string[];
  /** In the order of the book; none when unpriced. */
  readonly assets: readonly ExplainedAsset[];
  /** By market id in code-unit order, long before short. */
  readonly positions: readonly ExplainedPosition[];
  /** In the order of the book. */
  readonly orders: readonly ExplainedOrder[];
  /** With earlier prices: what has changed since. */
  readonly since?: ExplainedChange;
}

const UNPRICED: OrNull<PrintedValuation & InitialFigures> = {
  equity: null,
  maintenance: null,
  deficit: null,
  badDebt: null,
  marginRatio: null,
  initialMargin: null,
  orderMargin: null,
  freeCollateral: null,
};

const UNPRICED_FIGURES: OrNull<PositionFigures> = {
  notional: null,
  unrealizedPnl: null,
  maintenance: null,
  liquidationPrice: null,
  liquidationPriceOther: null,
  bankruptcyPrice: null,
  bankruptcyPriceAfterFee: null,
  funding: null,
  initialMargin: null,
  marginWaived: null,
};

/** Where a market's liquidation price is wanted, by market index. */
export type Targets = ReadonlyMap<number, Decimal>;

export function explainPortfolio(
  portfolio: Portfolio,
  instruments: Instruments,
  prices: Prices,
  targets: Targets,
): ExplainedPortfolio {
  const valuation = valuePortfolio(portfolio, instruments, prices);
  const priced = valuation.priced ? valuation : null;
  const liquidatable = priced !== null && isLiquidatable(priced, instruments.liquidateWhen);
  const zero = priced === null ? null : lossToZero(sharesOf(priced, instruments.markets));
  const positions = portfolio.positions.map((position, i): ExplainedPosition => {
    const figures = priced && explainFigures(priced.positions[i], priced, instruments, liquidatable, zero);
    const target = targets.get(position.market);
    return {
      ...explainGiven(position, instruments, prices.mark(position.market)),
      ...(figures ?? UNPRICED_FIGURES),
      ...(target === undefined ? {} : { marginToAdd: priced && explainMarginToAdd(position, priced, instruments, target) }),
    };
  });
  return {
    portfolio: portfolio.id,
    mode: portfolio.mode,
    ...(priced === null ? UNPRICED : printPortfolio(priced, instruments, liquidatable)),
    liquidatable,
    unpriced: priced === null,
    missing: valuation.priced ? [] : valuation.missing.toSorted(compareIds),
    assets: priced === null ? [] : priced.assets.map((row) => explainAsset(row, instruments, prices)),
    positions: positions.sort((a, b) => compareIds(a.market, b.market) || compareIds(a.side, b.side)),
    orders: (portfolio.orders ?? []).map((order, i) => explainOrder(order, priced?.orders[i] ?? null, instruments)),
  };
}

function printPortfolio(
  valuation: PricedPortfolio,
  { valuation: { decimals } }: Instruments,
  liquidatable: boolean,
): PrintedValuation & InitialFigures {
  const { equity, initialMargin, orderMargin } = valuation;
  return {
    ...printValuation(valuation, liquidatable, decimals),
    initialMargin: formatFraction(initialMargin, decimals, 'up'),
    orderMargin: formatFraction(orderMargin, decimals, 'up'),
    freeCollateral: formatFraction(subtract(subtract(equity, initialMargin), orderMargin), decimals, 'down'),
  };
}

function explainGiven(position: Position, instruments: Instruments, mark: Decimal | null) {
  const market = instruments.markets[position.market];
  return {
    market: market.id,
    side: sideOf(position.lots),
    size: formatDecimal(sizeOf(position.lots, market.lot)),
    entry: formatDecimal(entryDecimal(position)),
    mark: mark === null ? null : formatDecimal(mark),
    kind: market.kind,
    settle: market.settle,
    leverage: position.leverage === undefined ? null : formatDecimal(position.leverage),
  };
}

function explainFigures(
  row: PositionValuation,
  valuation: PricedPortfolio,
  instruments: Instruments,
  liquidatable: boolean,
  zero: Fraction | null,
): PositionFigures {
  const { position, mark } = row;
  const market = instruments.markets[position.market];
  const { decimals } = instruments.assets[market.settleAsset];
  const { index } = valuation.assets.find(({ asset }) => asset.index === market.settleAsset) as AssetValuation;
  const boundaries = liquidationPrices(instruments, valuation, { ...position, mark }, liquidatable);
  const bankrupt = { lots: position.lots, mark, maintenance: multiply(index, row.maintenance), index };
  const bankruptAt = (fee: Fraction): Fraction | null =>
    bankruptcyPrice(market, bankrupt, { maintenance: valuation.maintenance, lossToZero: zero }, fee);
  return {
    notional: formatFraction(row.notional, decimals, 'nearest'),
    unrealizedPnl: formatFraction(row.unrealizedPnl, decimals, 'down'),
    maintenance: formatFraction(row.maintenance, decimals, 'up'),
    liquidationPrice: priceText(boundaries.liquidationPrice, market),
    liquidationPriceOther: priceText(boundaries.liquidationPriceOther, market),
    bankruptcyPrice: priceText(bankruptAt(ZERO), market),
    bankruptcyPriceAfterFee: priceText(bankruptAt(market.takerFee), market),
    funding: formatFraction(row.funding, decimals, 'down'),
    initialMargin: formatFraction(row.initialMargin, decimals, 'up'),
    marginWaived: row.isWaived,
  };
}

function explainMarginToAdd(position: Position, valuation: PricedPortfolio, instruments: Instruments, at: Decimal) {
  const { mark } = valuation.positions.find((row) => row.position === position) as PositionValuation;
  const amount = marginToAdd(instruments, valuation, { market: position.market, mark, at });
  const { decimals } = instruments.assets[instruments.markets[position.market].settleAsset];
  return amount === null ? null : formatFraction(amount, decimals, 'up');
}

function explainAsset(row: AssetValuation, { valuation }: Instruments, prices: Prices): ExplainedAsset {
  const { asset, equity } = row;
  const own = (amount: Fraction, rounding: Rounding): string => formatFraction(amount, asset.decimals, rounding);
  const valued = (amount: Fraction, rounding: Rounding): string => formatFraction(amount, valuation.decimals, rounding);
  const index = asset.index === valuation.index ? null : prices.index(asset.index);
  return {
    asset: asset.id,
    index: index === null ? '1' : formatDecimal(index),
    balance: own(row.balance, 'down'),
    unrealizedPnl: own(row.unrealizedPnl, 'down'),
    funding: own(row.funding, 'down'),
    equity: own(equity, 'down'),
    counted: valued(row.counted, 'down'),
    haircut: valued(subtract(multiply(equity, row.index), row.counted), 'up'),
    borrowed: own(owedOf(equity), 'up'),
    borrowMaintenance: valued(row.borrowMaintenance, 'up'),
  };
}

function explainOrder(order: OpenOrder, row: OrderValuation | null, instruments: Instruments): ExplainedOrder {
  const market = instruments.markets[order.market];
  const { decimals } = instruments.assets[market.settleAsset];
  const size = sizeOf(order.lots, market.lot);
  return {
    market: market.id,
    side: order.lots < 0 ? 'sell' : 'buy',
    size: formatDecimal(order.lots < 0 ? { ...size, units: -size.units } : size),
    price: formatDecimal(entryDecimal(order)),
    reduceOnly: order.reduceOnly,
    settle: market.settle,
    notional: row && formatFraction(row.notional, decimals, 'nearest'),
    initialMargin: row && formatFraction(row.initialMargin, decimals, 'up'),
    maintenance: row && formatFraction(row.maintenance, decimals, 'up'),
  };
}

const PRICE_DECIMALS_LEAST = 8;
const PRICE_DECIMALS_BEYOND_TICK = 4;

function priceText(price: Fraction | null, market: Market): string | null {
  if (price === null) return null;
  const decimals = Math.max(PRICE_DECIMALS_LEAST, market.tick.decimals + PRICE_DECIMALS_BEYOND_TICK);
  return formatFraction(price, decimals, 'nearest');
}
