/**
 * What goes into the engine (records), and what its scan half reports of it. Plain data: they cross threads and are journalled. Times are integer
 * microseconds UTC and are given, never read from a clock.
 */
import type { Decimal } from './decimal.js';
import type { Fraction } from './fraction.js';
import type { Account, Cash, Cost, Lots } from './portfolio.js';

export interface Mark {
  /** Index in `Instruments.markets`. */
  readonly market: number;
  readonly price: Decimal;
}

export interface IndexPrice {
  /** Index in `Instruments.assets`; not of the valuation asset. */
  readonly asset: number;
  /** One of the asset in the valuation asset; above 0. */
  readonly price: Decimal;
}

export interface FundingIndex {
  /** Index in `Instruments.markets`. */
  readonly market: number;
  /** What one unit of size · contractSize has paid since the market began, in the settle asset: a long pays, a short receives what it grows by. */
  readonly index: Decimal;
}

/** Prices of one moment. What is not listed keeps its last. */
export interface PriceUpdate {
  readonly marks: readonly Mark[];
  readonly indexes?: readonly IndexPrice[];
  readonly funding?: readonly FundingIndex[];
}

/** Prices that became true together. */
export interface TickRecord extends PriceUpdate {
  readonly type: 'tick';
  readonly timeUs: number;
}

/** The absolute state of an account. `version` counts the source's changes of that account and only grows. */
export interface BookRow {
  readonly version: number;
  readonly account: Account;
}

/** A client's batch: who sent it, and what the client calls it. */
export interface BatchKey {
  readonly principal: string;
  readonly batchId: string | number;
}

/** What a batch may become. */
interface Batched {
  readonly timeUs: number;
  /** Left out: no client sent it. Nothing is decided on it: it is kept so that the batch is known when it comes again. */
  readonly batch?: BatchKey;
}

export interface BookRecord extends Batched {
  readonly type: 'book';
  readonly rows: readonly BookRow[];
}

/** A trade of one account. With an order id it is an execution of that order. Applied once per `tradeId`. */
export interface Fill {
  readonly tradeId: string;
  readonly orderId: string | null;
  readonly account: string;
  readonly market: number;
  readonly margin: 'cross' | 'isolated';
  /** The side of the trade: a sell closes a long. */
  readonly side: 'buy' | 'sell';
  /** Always positive. */
  readonly lots: Lots;
  readonly price: Decimal;
  /** Taken from the portfolio's balance in the settle asset. */
  readonly fee: Cash;
  readonly timeUs: number;
}

export interface FillsRecord extends Batched {
  readonly type: 'fills';
  readonly fills: readonly Fill[];
}

/**
 * The executor's word on an order: `working` (it has it), `cancelled` (by our cancel), `unfilled` (its time ran out), `rejected`, `absent`
 * (asked for by id: it never had it), `unknown` (it cannot say: it is asked again). After all but `working` and `unknown` nothing more executes.
 */
export interface OrderAck {
  readonly orderId: string;
  readonly state: 'working' | 'cancelled' | 'unfilled' | 'rejected' | 'absent' | 'unknown';
  /** The executor's words for a rejection. For people: nothing is decided on it. */
  readonly reason?: string;
}

export interface AcksRecord extends Batched {
  readonly type: 'acks';
  readonly acks: readonly OrderAck[];
}

/** Time passes without a price: orders expire. */
export interface ClockRecord {
  readonly type: 'clock';
  readonly timeUs: number;
}

/** An offer in an auction that is held: so many lots (of a whole portfolio: all of them), at the price of the moment if that is no worse than `limitPrice`. */
export interface Bid {
  readonly bidId: string;
  readonly auctionId: string;
  /** A registered bidder's account in the book: what it buys goes there. */
  readonly bidder: string;
  /** At most; above zero. Null: as much as it may have. */
  readonly lots: Lots | null;
  /** Null: at whatever price. */
  readonly limitPrice: Decimal | null;
}

export interface BidsRecord extends Batched {
  readonly type: 'bids';
  readonly bids: readonly Bid[];
}

/** The venue's word that accounts have no open orders any more, by our wish or anybody's. */
export interface OrdersGoneRecord extends Batched {
  readonly type: 'orders-gone';
  readonly accounts: readonly string[];
}

/** What the venue itself counts for a portfolio, in the valuation asset. */
export interface VenueFigures {
  readonly portfolio: string;
  readonly equity: Decimal;
  readonly maintenance: Decimal;
}

/** To be compared with our own figures at the present prices. */
export interface FiguresRecord extends Batched {
  readonly type: 'figures';
  readonly rows: readonly VenueFigures[];
}

/** What an operator decides. Names are ids: of a market, an account, a stage. */
export type AdminCommand =
  /** `shadow`: cases and orders are decided and told, and nothing is sent or moved. */
  | { readonly command: 'mode'; readonly mode: 'shadow' | 'live' }
  /** Nothing new goes out, and what is out is cancelled, until it is lifted. */
  | { readonly command: 'kill'; readonly isOn: boolean }
  | { readonly command: 'pause' | 'resume'; readonly scope: 'market' | 'account' | 'stage'; readonly name: string }
  /** Never liquidated. */
  | { readonly command: 'exempt' | 'unexempt'; readonly account: string }
  /** Who may bid in auctions. */
  | { readonly command: 'bidder' | 'no-bidder'; readonly account: string }
  /** Into (above zero) or out of (below) a fund: of an asset, or of one market of it. */
  | { readonly command: 'fund'; readonly asset: number; readonly market: number | null; readonly amount: Cash };

export interface AdminRecord extends Batched {
  readonly type: 'admin';
  readonly commands: readonly AdminCommand[];
}

/** The writer has started anew: every market warms up again, and every order that is out is unknown and asked for. */
export interface RestartRecord {
  readonly type: 'restart';
  readonly timeUs: number;
}

/** What clients' batches become. */
export type BatchRecord = BookRecord | FillsRecord | AcksRecord | BidsRecord | OrdersGoneRecord | FiguresRecord | AdminRecord;

export type InputRecord = TickRecord | ClockRecord | RestartRecord | BatchRecord;

/** Exact state of a portfolio at a tick. Amounts in the valuation asset. */
export interface Valuation {
  readonly equity: Fraction;
  readonly maintenance: Fraction;
}

/** A row of a breached portfolio as the case half needs it. */
export interface BreachRow {
  readonly market: number;
  readonly lots: Lots;
  readonly cost: Cost;
  readonly mark: Decimal;
  /** Index price of its settle asset. */
  readonly index: Fraction;
  /** The position's own requirement, in the valuation asset. */
  readonly maintenance: Fraction;
}

/**
 * What a portfolio is: `insolvent` has nothing left to liquidate and less than nothing left; `unpriced` lacks a mark, which is
 * unknown and not zero.
 */
export type Standing = 'healthy' | 'liquidatable' | 'insolvent' | 'unpriced';

/** What a portfolio has of an asset: unrealised PnL and accrued funding included, before any haircut. */
export interface AssetEquity {
  /** Index in `Instruments.assets`. */
  readonly asset: number;
  /** Index price. */
  readonly index: Fraction;
  /** In the asset. */
  readonly equity: Fraction;
}

/** The scan half's report of one portfolio: everything that the case half may know about it. */
export interface PortfolioReport extends Valuation {
  readonly portfolio: string;
  /** A portfolio that is no more is `healthy`, with nothing in it. */
  readonly standing: Standing;
  /** Grows with every change of the portfolio's cash or rows. */
  readonly version: number;
  /** How many it has. */
  readonly positions: number;
  /** What its positions can lose together until nothing is left (`lossToZero` of bankruptcy.ts); null when `rows` is empty, or nothing is borne. */
  readonly lossToZero: Fraction | null;
  /** Its positions, when it is liquidatable or followed and priced; else none. By market, long before short. */
  readonly rows: readonly BreachRow[];
  /** By asset, of those that it has or that its positions settle in; when it is liquidatable, insolvent or followed, and priced; else none. */
  readonly assets: readonly AssetEquity[];
  /** Open orders of its account that add risk: all but reduce-only ones. Of a cross portfolio; else 0. */
  readonly openOrders: number;
}

/** A trade as the scan half booked it, with the prices of that moment. */
export interface BookedFill {
  readonly fill: Fill;
  /** Whose position it changed. */
  readonly portfolio: string;
  readonly mark: Decimal | null;
  /** Of the market's settle asset; null while unknown. */
  readonly index: Fraction | null;
  /** What the trade realised, into the portfolio's balance, in the settle asset. */
  readonly realised: Cash;
  /** Funding that was settled with it, into the balance. */
  readonly funding: Cash;
  /** What the portfolio's lots and entry cost in the market changed by. */
  readonly lotsChange: Lots;
  readonly costChange: Cost;
  /** It closed nothing: it opened a position, or added to one. */
  readonly isOpening: boolean;
}

/** What is left of a closed isolated position's collateral, gone back to its account's cross portfolio. */
export interface Release {
  readonly portfolio: string;
  readonly account: string;
  readonly asset: number;
  /** Above zero. */
  readonly amount: Cash;
}
