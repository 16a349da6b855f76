/** One account of a book file explained by the oracle: what it is worth, what it needs and where it ends. Prints nothing. */
import type { OnLoaded } from '../engine/load.js';
import { readBook } from '../files/book.js';
import { readMarks } from '../files/marks.js';
import { bankruptcyPrice, lossToZero, sharesOf } from '../model/bankruptcy.js';
import { type Decimal, formatDecimal } from '../model/decimal.js';
import { assert, badInput } from '../model/errors.js';
import { type Fraction, formatFraction, ONE } from '../model/fraction.js';
import type { Asset, Instruments, Market } from '../model/instruments.js';
import { liquidationPrices } from '../model/liquidation-price.js';
import {
  isLiquidatable,
  type PortfolioValuation,
  type PositionValuation,
  type Prices,
  pricesOf,
  valuePortfolio,
} from '../model/margin.js';
import { type Account, compareIds, type Portfolio, type Position, portfoliosOf, type Side, sideOf } from '../model/portfolio.js';
import { type PrintedValuation, printValuation } from '../model/print.js';
import { show } from '../model/problems.js';
import { entryDecimal, sizeOf } from '../model/quantities.js';

export interface ExplainOptions {
  /** A `.json` or `.jsonl` file, or a Parquet folder. */
  readonly book: string;
  /** A marks file. */
  readonly marks: string;
  /** An account's id. */
  readonly account: string;
  readonly onLoaded?: OnLoaded;
}

type OrNull<Fields> = { readonly [Key in keyof Fields]: Fields[Key] | null };

/** What follows from marks: null in an unpriced portfolio. */
export interface PositionFigures {
  /** In the settle asset's decimals: notional to nearest, PnL down, maintenance up. */
  readonly notional: string;
  readonly unrealizedPnl: string;
  readonly maintenance: string;
  /** Prices have max(8, the tick's decimals + 4) decimals, to nearest; null where there is none. */
  readonly liquidationPrice: string | null;
  readonly liquidationPriceOther: string | null;
  readonly bankruptcyPrice: string | null;
}

export interface ExplainedPosition extends OrNull<PositionFigures> {
  readonly market: string;
  readonly side: Side;
  /** Signed. Size, entry and mark are the canonical decimals of what was given; the mark is null when there is none. */
  readonly size: string;
  readonly entry: string;
  readonly mark: string | null;
}

/** Amounts as in `PrintedValuation`, null when the portfolio is unpriced. */
export interface ExplainedPortfolio extends OrNull<PrintedValuation> {
  readonly portfolio: string;
  readonly mode: Portfolio['mode'];
  readonly liquidatable: boolean;
  /** Lacks a mark: its state is unknown. */
  readonly unpriced: boolean;
  /** By market id in code-unit order, long before short. */
  readonly positions: readonly ExplainedPosition[];
}

/** What `explain --json` prints. */
export interface Explanation {
  readonly version: 1;
  readonly account: string;
  /** Cross first, then isolated by id in code-unit order. */
  readonly portfolios: readonly ExplainedPortfolio[];
}

/**
 * Explains one account. Throws `PlimsollError`: `bad-input` with every problem of a file, `nothing-to-do` for an account that the book
 * does not have.
 */
export async function explain(options: ExplainOptions): Promise<Explanation> {
  const { instruments, account } = await findAccount(options);
  const { marks } = await readMarks(options.marks, instruments);
  const prices = new Map(marks.map(({ market, price }) => [market, price]));
  const markOf = pricesOf((market) => prices.get(market) ?? null);
  const portfolios = portfoliosOf(account, instruments);
  return {
    version: 1,
    account: account.id,
    portfolios: portfolios.map((portfolio) => explainPortfolio(portfolio, instruments, markOf)),
  };
}

/** Reads the whole book, for a book with a problem anywhere is no book. */
async function findAccount({ book, account: id, onLoaded }: ExplainOptions) {
  let instruments: Instruments | null = null;
  let found: Account | null = null;
  let positions = 0;
  await readBook(book, {
    header: (read) => {
      instruments = read;
    },
    account: (account) => {
      if (account.id === id) found = account;
      positions += account.cross.length + account.isolated.length;
      onLoaded?.(positions);
    },
  });
  // What is assigned inside of a callback is unknown to the compiler.
  const result = { instruments: instruments as Instruments | null, account: found as Account | null };
  assert(result.instruments !== null, 'expected a header');
  if (result.account === null) throw badInput('account', `an account of ${book}`, show(id), 'nothing-to-do');
  return { instruments: result.instruments, account: result.account };
}

const UNPRICED_VALUATION: OrNull<PrintedValuation> = {
  equity: null,
  maintenance: null,
  deficit: null,
  badDebt: null,
  marginRatio: null,
};

const UNPRICED_FIGURES: OrNull<PositionFigures> = {
  notional: null,
  unrealizedPnl: null,
  maintenance: null,
  liquidationPrice: null,
  liquidationPriceOther: null,
  bankruptcyPrice: null,
};

type Priced = Extract<PortfolioValuation, { priced: true }>;

function explainPortfolio(portfolio: Portfolio, instruments: Instruments, markOf: Prices): ExplainedPortfolio {
  const valuation = valuePortfolio(portfolio, instruments, markOf);
  const liquidatable = valuation.priced && isLiquidatable(valuation, instruments.liquidateWhen);
  const { decimals } = instruments.valuation;
  const positions = portfolio.positions.map((position, i) => ({
    ...explainGiven(position, instruments, markOf.mark(position.market)),
    ...(valuation.priced ? explainFigures(valuation.positions[i], valuation, instruments, liquidatable) : UNPRICED_FIGURES),
  }));
  return {
    portfolio: portfolio.id,
    mode: portfolio.mode,
    ...(valuation.priced ? printValuation(valuation, liquidatable, decimals) : UNPRICED_VALUATION),
    liquidatable,
    unpriced: !valuation.priced,
    positions: positions.sort((a, b) => compareIds(a.market, b.market) || compareIds(a.side, b.side)),
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
  };
}

function explainFigures(
  row: PositionValuation,
  valuation: Priced,
  instruments: Instruments,
  liquidatable: boolean,
): PositionFigures {
  const { position, mark } = row;
  const market = instruments.markets[position.market];
  const { decimals } = instruments.assets.find(({ id }) => id === market.settle) as Asset;
  const target = { market: position.market, lots: position.lots, mark };
  const boundaries = liquidationPrices(instruments, valuation, target, liquidatable);
  return {
    notional: formatFraction(row.notional, decimals, 'nearest'),
    unrealizedPnl: formatFraction(row.unrealizedPnl, decimals, 'down'),
    maintenance: formatFraction(row.maintenance, decimals, 'up'),
    liquidationPrice: priceText(boundaries.liquidationPrice, market),
    liquidationPriceOther: priceText(boundaries.liquidationPriceOther, market),
    bankruptcyPrice: priceText(
      bankruptcyPrice(
        market,
        { lots: position.lots, mark, maintenance: row.maintenance, index: ONE },
        { maintenance: valuation.maintenance, lossToZero: lossToZero(sharesOf(valuation, instruments.markets)) },
      ),
      market,
    ),
  };
}

const PRICE_DECIMALS_LEAST = 8;
const PRICE_DECIMALS_BEYOND_TICK = 4;

function priceText(price: Fraction | null, market: Market): string | null {
  if (price === null) return null;
  const decimals = Math.max(PRICE_DECIMALS_LEAST, market.tick.decimals + PRICE_DECIMALS_BEYOND_TICK);
  return formatFraction(price, decimals, 'nearest');
}
