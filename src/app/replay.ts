/** Replays recorded prices through the whole pipeline: store, scan, dispatch and the paper venue. */
import { type CandleRange, type CandleSet, candleTicks, openingPrices, readCandles } from '../../feeds/candles.js';
import { type BackendChoice, openBackendTold } from '../backends/open.js';
import type { Engine } from '../engine/engine.js';
import type { EngineStats } from '../engine/link.js';
import { engineFromFile, engineFromSynthetic, type OnLoaded, type SyntheticBook } from '../engine/load.js';
import { Session } from '../engine/session.js';
import { stateHash } from '../engine/state-hash.js';
import { compareDecimals, decimalToNumber } from '../model/decimal.js';
import type { Effect } from '../model/effects.js';
import { badInput } from '../model/errors.js';
import { EXACT_DECIMALS } from '../model/portfolio.js';
import type { TickRecord } from '../model/records.js';
import { syntheticInstruments } from '../synthetic/instruments.js';
import { PaperVenue } from '../venue/paper.js';
import { fillFund } from './fund-size.js';
import { POLICY_DEFAULT, policySource } from './policies.js';
import { BreachCauses, type ReplayCauses } from './replay-causes.js';
import { indexSources, type ReplayIndex } from './replay-indexes.js';
import { startingWith, startPrices } from './replay-start.js';
import { type ReplayHour, type ReplaySums, ReplayTotals } from './replay-totals.js';
import { type WaterfallSummary, WaterfallTotals } from './replay-waterfall.js';

/** Candle ticks are 15 s apart: an order has the next tick, and the one after that is its last. */
export const REPLAY_ORDER_TTL_US = 30_000_000;

/** Looking for those near the line reads the whole book: at every tick it would be most of a replay. */
const REPLAY_WATCH_US = 900_000_000;

export const POSITIONS_DEFAULT = 100_000;
export const SEED_DEFAULT = 1;
/** What the insurance fund has at the start, in the valuation asset. */
export const FUND_DEFAULT = '1000000';

export interface ReplayOptions {
  /** Folder of `<SYMBOL>.csv` files. */
  readonly candles: string;
  /** A book file; else a made-up book of `positions` positions. */
  readonly book?: string;
  readonly positions?: number;
  /** Of the made-up book and of the paper venue. */
  readonly seed?: number;
  /** Milliseconds UTC: the bars that start in [fromMs, toMs). */
  readonly range?: CandleRange;
  /** Where index prices of the book's assets come from; those of the others stay unknown. */
  readonly indexes?: readonly ReplayIndex[];
  /** A marks file for what no candle gives: index prices, funding indexes, marks of other markets. They hold from the first tick. */
  readonly marks?: string;
  /** A shipped policy's name or a file; `POLICY_DEFAULT` when nobody says. */
  readonly policy?: string;
  /** What the insurance fund has at the start, in the valuation asset: a decimal; `FUND_DEFAULT` when nobody says. */
  readonly fund?: string;
  /** What scans; `auto` when nobody says. Every backend decides alike. */
  readonly backend?: BackendChoice;
  /** When faster backends cannot be had, or a device fails and another takes over. */
  readonly onAlert?: (text: string) => void;
  readonly onLoaded?: OnLoaded;
  /** After every tick. */
  readonly onTick?: (stats: EngineStats) => void;
}

/** What `replay --json` prints. Why cases opened is told of a book of several assets only. */
export interface ReplaySummary extends Partial<ReplayCauses> {
  readonly version: 1;
  readonly seed: number | null;
  readonly policy: string;
  /** Id of the asset in which amounts are. */
  readonly valuation: string;
  readonly ticks: number;
  readonly accounts: number;
  readonly positions: number;
  /** Milliseconds of the first and of the last tick. */
  readonly from: number;
  readonly to: number;
  /** Portfolios that lack a price after the last tick: their state is unknown. */
  readonly unpriced: number;
  readonly byHour: readonly ReplayHour[];
  readonly totals: ReplaySums;
  /** What the defaults led to. */
  readonly waterfall: WaterfallSummary;
  readonly stateHash: string;
}

/** What the pictures need beside the summary. Floats, for display. */
export interface ReplayPictures {
  readonly timesMs: readonly number[];
  readonly prices: readonly { readonly market: string; readonly values: readonly (number | null)[] }[];
  /** What the funds of the valuation asset had at each time, after everything that the tick led to. */
  readonly fund: readonly number[];
  /** Portfolios by margin-ratio band at the first tick and after the last. */
  readonly before: readonly number[];
  readonly after: readonly number[];
}

/** Keeps one point a minute of every market, and of the fund. */
class Trace {
  readonly timesMs: number[] = [];
  readonly fund: number[] = [];
  private readonly values: (number | null)[][];
  private readonly markets: readonly string[];
  private readonly last: (number | null)[];

  constructor(markets: readonly string[]) {
    this.markets = markets;
    this.last = markets.map(() => null);
    this.values = markets.map(() => []);
  }

  /** `fund`: what it has after the tick, in 10^-18. */
  take(tick: TickRecord, fund: bigint): void {
    for (const { market, price } of tick.marks) this.last[market] = decimalToNumber(price);
    const timeMs = tick.timeUs / 1000;
    if (timeMs % 60_000 !== 45_000) return;
    this.timesMs.push(timeMs);
    this.fund.push(decimalToNumber({ units: fund, decimals: EXACT_DECIMALS }));
    for (const [market, value] of this.last.entries()) this.values[market].push(value);
  }

  series(): ReplayPictures['prices'] {
    return this.markets.map((market, i) => ({ market, values: this.values[i] }));
  }
}

/** A made-up book over the markets of a candle folder, at their prices when the replay starts; the dearest market is the busiest. */
function syntheticFromCandles(set: CandleSet, range: CandleRange, positions: number, seed: number): SyntheticBook {
  const prices = openingPrices(set, range);
  if (prices.size === 0) throw badInput('--candles', 'bars in the range', 'none', 'nothing-to-do');
  const opening = [...prices].sort(([, a], [, b]) => compareDecimals(b, a));
  const seeds = opening.map(([id, price]) => ({ id, base: id.replace(/USD[TC]?$/, ''), price }));
  return { instruments: syntheticInstruments(seeds, 'USD'), prices: opening.map(([, price]) => price), positions, seed };
}

/** The command line has checked its flags; a library's caller may not have. */
function checkNumbers(positions: number, seed: number, { fromMs = 0, toMs = Number.POSITIVE_INFINITY }: CandleRange): void {
  if (!Number.isSafeInteger(positions) || positions < 1)
    throw badInput('--positions', 'a whole number above 0', String(positions), 'bad-usage');
  if (!Number.isSafeInteger(seed) || seed < 0) throw badInput('--seed', 'a whole number from 0', String(seed), 'bad-usage');
  if (!(fromMs < toMs)) throw badInput('--from', `a time before --to, which is ${toMs}`, String(fromMs), 'bad-usage');
}

/** Portfolios by margin-ratio band, at the present prices. */
function bandsOf({ scanHalf: { scanner } }: Engine): readonly number[] {
  scanner.wantStatistics(true);
  scanner.scan();
  return scanner.statistics?.bandCount ?? [];
}

function statsOf(engine: Engine): EngineStats {
  return { ...engine.counters(), conflated: 0, tickMs: 0, lagMs: 0 };
}

/**
 * Runs the replay. Deterministic: equal inputs give an equal summary. A replay never conflates. Throws bad input for files that are
 * not what they should be, and nothing-to-do for a folder without bars in the range or for a book without accounts.
 */
export async function replay(options: ReplayOptions): Promise<{ summary: ReplaySummary; pictures: ReplayPictures }> {
  const { candles, book, positions = POSITIONS_DEFAULT, seed = SEED_DEFAULT, range = {}, indexes = [], onLoaded } = options;
  checkNumbers(positions, seed, range);
  const set = readCandles(candles);
  const backend = await openBackendTold(options.backend ?? 'auto', options.onAlert ?? (() => undefined));
  const source = await policySource(options.policy ?? POLICY_DEFAULT, '--policy', REPLAY_ORDER_TTL_US);
  const policy = { ...source, watchUsMin: REPLAY_WATCH_US };
  let causes: BreachCauses | null = null;
  const setup = { backend, policy, onCaseOpened: (portfolio: string) => causes?.takeOpened(portfolio) };
  const engine =
    book === undefined
      ? engineFromSynthetic(syntheticFromCandles(set, range, positions, seed), setup, onLoaded)
      : await engineFromFile(book, setup, onLoaded);
  const { instruments } = engine;
  const sources = indexSources(indexes, instruments, set);
  const given = await startPrices(options.marks, instruments, engine.scanHalf.book.funding.markets);
  const start = engine.counters();
  const filled = fillFund(options.fund ?? FUND_DEFAULT, instruments, 0);
  if (filled !== null) engine.apply(filled);
  const waterfall = new WaterfallTotals(engine);
  const totals = new ReplayTotals(instruments.valuation.decimals);
  const venue = new PaperVenue({ instruments, seed });
  if (instruments.assets.length > 1) causes = new BreachCauses(engine);
  const onEffects = (effects: readonly Effect[]): void => {
    totals.take(effects);
    waterfall.take(effects);
  };
  const session = new Session({ engine, venue, population: null, onEffects });
  const trace = new Trace(instruments.markets.map(({ id }) => id));
  let before: readonly number[] | null = null;
  let fromMs = 0;
  for (const next of candleTicks(set, instruments, range, sources)) {
    const tick = before === null ? startingWith(given, next) : next;
    causes?.take(tick);
    const problems = session.apply(tick);
    if (problems.length > 0) throw badInput(candles, problems[0].expected, problems[0].found);
    if (before === null) {
      fromMs = tick.timeUs / 1000;
      before = bandsOf(engine);
    }
    trace.take(tick, engine.caseHalf.fund.balance(instruments.valuation.index));
    waterfall.onTick(tick.timeUs / 1000);
    options.onTick?.(statsOf(engine));
    await breathe(engine.ticks);
  }
  if (before === null) throw badInput(candles, 'bars of the markets of the book in the range', 'none', 'nothing-to-do');
  const toMs = engine.tickTimeUs / 1000;
  const summary: ReplaySummary = {
    version: 1,
    seed: book === undefined ? seed : null,
    policy: engine.caseHalf.policy.id,
    valuation: instruments.valuation.id,
    ticks: engine.ticks,
    accounts: start.accounts,
    positions: start.positions,
    from: fromMs,
    to: toMs,
    unpriced: engine.counters().unpriced,
    byHour: totals.byHour(fromMs, toMs),
    totals: totals.sums(),
    waterfall: waterfall.summary(),
    ...causes?.summary(),
    stateHash: stateHash(engine),
  };
  const after = bandsOf(engine);
  return { summary, pictures: { timesMs: trace.timesMs, prices: trace.series(), fund: trace.fund, before, after } };
}

/** Lets signals and output through now and then: a replay is one long computation. */
async function breathe(ticks: number): Promise<void> {
  if (ticks % 64 === 0) await new Promise<void>((resolve) => setImmediate(resolve));
}
