/**
 * The oracle: equity and maintenance of a portfolio as plain exact fractions, written to be read beside model.md. Slow and
 * obvious. The scan's verdict is a second implementation that shares no code with it, and tests hold the two equal.
 */
import { borrowMaintenance, countedOf } from './collateral.js';
import type { Decimal } from './decimal.js';
import {
  absolute,
  add,
  compare,
  divide,
  type Fraction,
  fraction,
  fromDecimal,
  multiply,
  negate,
  ONE,
  reduce,
  subtract,
  ZERO,
} from './fraction.js';
import type { Asset, Instruments, Market } from './instruments.js';
import { EXACT_DECIMALS, type OpenOrder, type Portfolio, type Position } from './portfolio.js';
import type { Valuation } from './records.js';
import { requirementAt, tableAt } from './requirement.js';

/** The exact worth of one unit of `Cash`, and of price in a `Cost`: 10^-18. */
const EXACT_UNIT = fromDecimal({ units: 1n, decimals: EXACT_DECIMALS });

/** What the world says: null where it is not known. */
export interface Prices {
  /** Mark of a market by index. */
  mark(market: number): Decimal | null;
  /** Index price of an asset by index, in the valuation asset; not asked for the valuation asset itself. */
  index(asset: number): Decimal | null;
  /** Cumulative funding of a market, in the settle asset a unit of size · contractSize; 0 before the first. */
  funding(market: number): Decimal;
}

const NO_FUNDING: Decimal = { units: 0n, decimals: 0 };

/** Prices of functions; without indexes and funding where none are given. */
export function pricesOf(
  mark: Prices['mark'],
  index: Prices['index'] = () => null,
  funding: Prices['funding'] = () => NO_FUNDING,
): Prices {
  return { mark, index, funding };
}

/** Amounts in the settle asset. */
export interface PositionValuation {
  readonly position: Position;
  readonly mark: Decimal;
  /** |value at the mark| */
  readonly notional: Fraction;
  /** Value at the mark less value at entry. */
  readonly unrealizedPnl: Fraction;
  /** Accrued and not yet in the balance; negative when it is paid. */
  readonly funding: Fraction;
  readonly maintenance: Fraction;
  readonly initialMargin: Fraction;
  /** The smaller leg of a hedge where only the larger needs margin. */
  readonly isWaived: boolean;
}

/** An open order's margin, in the settle asset. */
export interface OrderValuation {
  readonly order: OpenOrder;
  /** |value at the limit price| */
  readonly notional: Fraction;
  readonly initialMargin: Fraction;
  /** 0 unless the rules count orders in the maintenance. */
  readonly maintenance: Fraction;
}

/** One asset of a portfolio. Amounts in the asset but for the last two, which are in the valuation asset. */
export interface AssetValuation {
  readonly asset: Asset;
  /** Index price; 1 for the valuation asset. */
  readonly index: Fraction;
  readonly balance: Fraction;
  readonly unrealizedPnl: Fraction;
  readonly funding: Fraction;
  /** balance + unrealised PnL + funding */
  readonly equity: Fraction;
  /** What it adds to the portfolio's equity: after haircuts, times the index. */
  readonly counted: Fraction;
  /** Maintenance of what is owed of it. */
  readonly borrowMaintenance: Fraction;
}

/** All there is to say of a priced portfolio. Totals in the valuation asset; nothing is rounded. */
export interface PricedPortfolio extends Valuation {
  readonly priced: true;
  /** Of the positions, and what is owed. */
  readonly initialMargin: Fraction;
  /** Initial margin that open orders hold. */
  readonly orderMargin: Fraction;
  /** In the portfolio's order. */
  readonly positions: readonly PositionValuation[];
  readonly orders: readonly OrderValuation[];
  /** Every asset with an amount, or in which a position or an order settles; by index. */
  readonly assets: readonly AssetValuation[];
}

/** Unknown is a state: a portfolio with a row that has no price has no equity, not a smaller one. `missing`: ids of markets, then of assets. */
export type PortfolioValuation = { readonly priced: false; readonly missing: readonly string[] } | PricedPortfolio;

/** What one lot is worth at a price of 1: lot · contractSize. */
export function lotValue(market: Market): Fraction {
  return multiply(fromDecimal(market.lot), fromDecimal(market.contractSize));
}

/** What a unit of size · contractSize is worth at a price, in the settle asset: the price, or −1/price of an inverse contract. */
export function unitValue(market: Market, price: Fraction): Fraction {
  return market.kind === 'inverse' ? negate(divide(ONE, price)) : price;
}

/** size · contractSize, signed. */
export function unitsOf(market: Market, lots: number): Fraction {
  return multiply(fraction(BigInt(lots)), lotValue(market));
}

/** |value of the lots at a price|, in the settle asset. */
export function notionalAt(market: Market, lots: number, price: Decimal): Fraction {
  return absolute(multiply(unitsOf(market, lots), unitValue(market, fromDecimal(price))));
}

/** Average entry or limit price: cost / lots. */
function priceOf({ lots, cost }: Pick<Position, 'lots' | 'cost'>): Fraction {
  return multiply(divide(fraction(cost), fraction(BigInt(lots))), EXACT_UNIT);
}

/** Signed worth at the entry (or limit) price, in the settle asset. */
export function entryValue(market: Market, row: Pick<Position, 'lots' | 'cost'>): Fraction {
  return row.cost === 0n ? ZERO : multiply(unitsOf(market, row.lots), unitValue(market, priceOf(row)));
}

function amountOf(units: bigint): Fraction {
  return multiply(fraction(units), EXACT_UNIT);
}

/** Least initial margin of a notional: notional / leverage, and what the market's table says. */
function initialAt(market: Market, notional: Fraction, leverage: Decimal | undefined): Fraction {
  const least = market.initial === null ? requirementAt(market.maintenance, notional) : tableAt(market.initial, notional);
  if (leverage === undefined) return least;
  const own = divide(notional, fromDecimal(leverage));
  return compare(own, least) > 0 ? own : least;
}

/** PnL = value at the mark − value at entry; requirement = f(notional at the mark, or at entry, as the rule's basis says). */
function valuePosition(market: Market, position: Position, prices: Prices, mark: Decimal, isWaived: boolean): PositionValuation {
  const units = unitsOf(market, position.lots);
  const value = multiply(units, unitValue(market, fromDecimal(mark)));
  const entry = entryValue(market, position);
  const notional = absolute(value);
  const basis = market.maintenance.basis === 'mark' ? notional : absolute(entry);
  const accrued = subtract(amountOf(position.funding ?? 0n), multiply(units, fromDecimal(prices.funding(market.index))));
  return {
    position,
    mark,
    notional: reduce(notional),
    unrealizedPnl: reduce(subtract(value, entry)),
    funding: reduce(accrued),
    maintenance: isWaived ? ZERO : reduce(requirementAt(market.maintenance, basis)),
    initialMargin: isWaived ? ZERO : reduce(initialAt(market, basis, position.leverage)),
    isWaived,
  };
}

/** The positions whose requirement is waived: of each hedged pair the leg that needs less (the short one of equals). */
function waivedOf(portfolio: Portfolio, { hedgeMargin, markets }: Instruments): Set<Position> {
  const waived = new Set<Position>();
  if (hedgeMargin !== 'larger') return waived;
  for (const long of portfolio.positions) {
    const short = portfolio.positions.find(({ market, lots }) => market === long.market && lots < 0);
    if (long.lots < 0 || short === undefined) continue;
    // f does not fall, so that the larger notional needs more. On the mark both have one price: the one of more lots.
    const onMark = markets[long.market].maintenance.basis === 'mark';
    const size = (leg: Position): Fraction =>
      onMark ? fraction(BigInt(Math.abs(leg.lots))) : absolute(entryValue(markets[leg.market], leg));
    waived.add(compare(size(short), size(long)) > 0 ? long : short);
  }
  return waived;
}

/** That of the position on the order's own side of its market (a buy's is the long) if it has one, else of the one on the other, else none. */
function leverageOf(order: OpenOrder, { positions }: Portfolio): Decimal | undefined {
  const levered = positions.filter(({ market, leverage }) => market === order.market && leverage !== undefined);
  return (levered.find(({ lots }) => lots > 0 === order.lots > 0) ?? levered.at(0))?.leverage;
}

/** A hold of initial margin at the limit price; nothing for what can only close. */
function valueOrder(order: OpenOrder, portfolio: Portfolio, { markets, orderMargin }: Instruments): OrderValuation {
  const market = markets[order.market];
  const notional = reduce(absolute(entryValue(market, order)));
  if (order.reduceOnly) return { order, notional, initialMargin: ZERO, maintenance: ZERO };
  return {
    order,
    notional,
    initialMargin: reduce(initialAt(market, notional, leverageOf(order, portfolio))),
    maintenance: orderMargin === 'maintenance' ? reduce(requirementAt(market.maintenance, notional)) : ZERO,
  };
}

/** Ids of what has no price: markets with a position by index, then assets with an amount, a position or an order in them. */
function missingOf(portfolio: Portfolio, assets: readonly Asset[], instruments: Instruments, prices: Prices): string[] {
  const markets = [...new Set(portfolio.positions.map(({ market }) => market))].sort((a, b) => a - b);
  const unmarked = markets.filter((market) => prices.mark(market) === null).map((market) => instruments.markets[market].id);
  const isUnknown = ({ index }: Asset): boolean => index !== instruments.valuation.index && prices.index(index) === null;
  return [...unmarked, ...assets.filter(isUnknown).map(({ id }) => id)];
}

/** Assets with an amount, or in which a position or an order settles; by index. */
function assetsOf(portfolio: Portfolio, { assets, markets, valuation }: Instruments): Asset[] {
  const found = new Set<number>(
    [...portfolio.positions, ...(portfolio.orders ?? [])].map((row) => markets[row.market].settleAsset),
  );
  for (const { asset } of portfolio.others ?? []) found.add(asset);
  if (portfolio.cash !== 0n) found.add(valuation.index);
  return [...found].sort((a, b) => a - b).map((asset) => assets[asset]);
}

function balanceOf(portfolio: Portfolio, asset: Asset, valuation: Asset): Fraction {
  const units =
    asset.index === valuation.index ? portfolio.cash : portfolio.others?.find((held) => held.asset === asset.index)?.amount;
  return amountOf(units ?? 0n);
}

function sum(terms: readonly Fraction[]): Fraction {
  return reduce(terms.reduce(add, ZERO));
}

/**
 * equity = Σ over assets of index · counted(balance + PnL + funding); maintenance = Σ index · f over positions (and orders, by the rules), and
 * Σ index · borrow table over what is owed. Nothing is rounded.
 */
export function valuePortfolio(portfolio: Portfolio, instruments: Instruments, prices: Prices): PortfolioValuation {
  const { markets, valuation } = instruments;
  const held = assetsOf(portfolio, instruments);
  const missing = missingOf(portfolio, held, instruments, prices);
  if (missing.length > 0) return { priced: false, missing };
  const waived = waivedOf(portfolio, instruments);
  const positions = portfolio.positions.map((position) => {
    const mark = prices.mark(position.market) as Decimal;
    return valuePosition(markets[position.market], position, prices, mark, waived.has(position));
  });
  const orders = (portfolio.orders ?? []).map((order) => valueOrder(order, portfolio, instruments));
  const indexOf = (asset: number): Fraction => (asset === valuation.index ? ONE : fromDecimal(prices.index(asset) as Decimal));
  const assets = held.map((asset): AssetValuation => {
    const rows = positions.filter(({ position }) => markets[position.market].settleAsset === asset.index);
    const index = indexOf(asset.index);
    const balance = balanceOf(portfolio, asset, valuation);
    const unrealizedPnl = sum(rows.map((row) => row.unrealizedPnl));
    const funding = sum(rows.map((row) => row.funding));
    const equity = sum([balance, unrealizedPnl, funding]);
    const counted = reduce(multiply(index, countedOf(asset, equity)));
    return {
      ...{ asset, index, balance, unrealizedPnl, funding, equity, counted },
      borrowMaintenance: reduce(multiply(index, borrowMaintenance(asset, equity))),
    };
  });
  const inValuation = (market: number, amount: Fraction): Fraction => multiply(indexOf(markets[market].settleAsset), amount);
  const owed = sum(assets.map((asset) => asset.borrowMaintenance));
  return {
    priced: true,
    equity: sum(assets.map(({ counted }) => counted)),
    maintenance: sum([
      owed,
      ...positions.map(({ position, maintenance }) => inValuation(position.market, maintenance)),
      ...orders.map(({ order, maintenance }) => inValuation(order.market, maintenance)),
    ]),
    initialMargin: sum([owed, ...positions.map(({ position, initialMargin }) => inValuation(position.market, initialMargin))]),
    orderMargin: sum(orders.map(({ order, initialMargin }) => inValuation(order.market, initialMargin))),
    positions,
    orders,
    assets,
  };
}

/** requirement > 0 and equity < maintenance (or ≤, a rule of the venue). */
export function isLiquidatable(valuation: Valuation, rule: Instruments['liquidateWhen']): boolean {
  if (valuation.maintenance.n <= 0n) return false;
  const side = compare(valuation.equity, valuation.maintenance);
  return rule === 'equity<=maintenance' ? side <= 0 : side < 0;
}

/** Nothing left to liquidate, and less than nothing left: a case for the fund. */
export function isInsolvent(valuation: Valuation): boolean {
  return valuation.maintenance.n <= 0n && valuation.equity.n < 0n;
}
