/** One account of a book file explained: reads the book and the marks, and says what is wrong with the request. Prints nothing. */
import type { OnLoaded } from '../engine/load.js';
import { readBook } from '../files/book.js';
import type { BookSink } from '../files/intake.js';
import type { Marks } from '../files/marks.js';
import { type Decimal, tryParseDecimal } from '../model/decimal.js';
import { assert, badInput } from '../model/errors.js';
import type { Instruments } from '../model/instruments.js';
import { type Prices, pricesOf } from '../model/margin.js';
import { type Account, fundedMarkets, portfoliosOf } from '../model/portfolio.js';
import { ProblemList, show } from '../model/problems.js';
import { explainSince } from './explain-since.js';
import { type ExplainedPortfolio, explainPortfolio, type Targets } from './explanation.js';
import { readPrices } from './prices.js';
import { type OnKept, rulesChange } from './rules.js';

/** A price of a market at which its liquidation price is wanted. */
export interface TargetPrice {
  readonly market: string;
  /** A decimal. */
  readonly price: string;
}

export interface ExplainOptions {
  /** A `.json` or `.jsonl` file, or a Parquet folder. */
  readonly book: string;
  /** A marks file. */
  readonly marks: string;
  /** An account's id. */
  readonly account: string;
  /** Positions of these markets get `marginToAdd`. One a market. */
  readonly targets?: readonly TargetPrice[];
  /** An earlier marks file: portfolios get `since`. */
  readonly since?: string;
  /** A rule set in place of the book's own rules: a shipped one's name, or a `.json` file. */
  readonly rules?: string;
  readonly onKept?: OnKept;
  readonly onLoaded?: OnLoaded;
}

/** What `explain --json` prints. */
export interface Explanation {
  readonly version: 1;
  readonly account: string;
  /** The asset in which portfolios are valued. */
  readonly valuation: string;
  /** Cross first, then isolated by id in code-unit order. */
  readonly portfolios: readonly ExplainedPortfolio[];
}

/**
 * Explains one account. Throws `PlimsollError`: `bad-input` with every problem of a file or of the targets, `nothing-to-do` for an account that
 * the book does not have.
 */
export async function explain(options: ExplainOptions): Promise<Explanation> {
  const { instruments, account, funded } = await findAccount(options);
  const targets = targetsOf(options.targets ?? [], account, instruments);
  const now = tableOf(await readPrices(options.marks, instruments, funded));
  const then = options.since === undefined ? null : tableOf(await readPrices(options.since, instruments, funded));
  return {
    version: 1,
    account: account.id,
    valuation: instruments.valuation.id,
    portfolios: portfoliosOf(account, instruments).map((portfolio) => ({
      ...explainPortfolio(portfolio, instruments, now, targets),
      ...(then === null ? {} : { since: explainSince(portfolio, instruments, now, then) }),
    })),
  };
}

function tableOf({ marks, indexes, funding }: Marks): Prices {
  const markOf = new Map(marks.map(({ market, price }) => [market, price]));
  const indexOf = new Map(indexes.map(({ asset, price }) => [asset, price]));
  const fundingOf = new Map(funding.map(({ market, index }) => [market, index]));
  return pricesOf(
    (market) => markOf.get(market) ?? null,
    (asset) => indexOf.get(asset) ?? null,
    (market) => fundingOf.get(market) ?? NO_FUNDING,
  );
}

const NO_FUNDING: Decimal = { units: 0n, decimals: 0 };

function targetsOf(given: readonly TargetPrice[], account: Account, instruments: Instruments): Targets {
  const problems = new ProblemList();
  const targets = new Map<number, Decimal>();
  const held = new Set([...account.cross, ...account.isolated].map(({ market }) => market));
  for (const { market: id, price: text } of given) {
    const where = `--target ${id}`;
    const market = instruments.marketIndex.get(id);
    const price = tryParseDecimal(text);
    const hasAnyPrice = market !== undefined && instruments.markets[market].allowNonPositive;
    const isPrice = price !== null && (price.units > 0n || hasAnyPrice);
    if (market === undefined || !held.has(market))
      problems.add(where, `a market in which ${account.id} has a position`, show(id));
    else if (targets.has(market)) problems.add(where, 'one price a market', 'another');
    if (!isPrice) problems.add(where, `a price${hasAnyPrice ? '' : ' above zero'} as a decimal`, show(text));
    else if (market !== undefined) targets.set(market, price);
  }
  problems.throwIfAny();
  return targets;
}

/** Reads the whole book, for a book with a problem anywhere is no book. */
async function findAccount({ book, account: id, rules, onKept, onLoaded }: ExplainOptions) {
  const change = await rulesChange(rules, onKept);
  let instruments: Instruments | null = null;
  let found: Account | null = null;
  let positions = 0;
  const funded = new Set<number>();
  const sink: BookSink = {
    header: (read) => {
      instruments = read;
    },
    account: (account) => {
      if (account.id === id) found = account;
      for (const market of fundedMarkets(account)) funded.add(market);
      positions += account.cross.length + account.isolated.length;
      onLoaded?.(positions);
    },
  };
  await readBook(book, sink, change);
  // What is assigned inside of a callback is unknown to the compiler.
  const result = { instruments: instruments as Instruments | null, account: found as Account | null };
  assert(result.instruments !== null, 'expected a header');
  if (result.account === null) throw badInput('--account', `an account of ${book}`, show(id), 'nothing-to-do');
  return { instruments: result.instruments, account: result.account, funded };
}
