/** The scanner as a server: the engine on its thread, made-up prices in, the gateway out. */
import { setImmediate, setTimeout } from 'node:timers/promises';
import type { Feed } from '../../feeds/feed.js';
import { syntheticTicks } from '../../feeds/synthetic.js';
import type { BackendChoice } from '../backends/open.js';
import type { FreshnessRule } from '../dispatch/gates.js';
import { type HostedEngine, startEngine } from '../engine/host.js';
import type { BackendReport, EngineLink } from '../engine/link.js';
import type { OnLoaded } from '../engine/load.js';
import { type Gateway, randomTokens, startGateway } from '../gateway/server.js';
import type { JournalReport } from '../journal/keeper.js';
import { type Decimal, formatDecimal } from '../model/decimal.js';
import { badInput } from '../model/errors.js';
import { member } from '../model/json-path.js';
import { ProblemList } from '../model/problems.js';
import type { FundingIndex, IndexPrice } from '../model/records.js';
import { defaultMarkets, syntheticInstruments } from '../synthetic/instruments.js';
import { fillFund } from './fund-size.js';
import { POLICY_DEFAULT, policySource } from './policies.js';
import { readPrices } from './prices.js';
import { VERSION } from './version.js';

export interface ServerOptions {
  /** A loopback address. */
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  /** A made-up book, or a book file with the marks at which the made-up market starts. */
  readonly book: { readonly positions: number; readonly markets: number } | { readonly file: string; readonly marks: string };
  readonly seed: number;
  /** Milliseconds between ticks. */
  readonly tickIntervalMs: number;
  /** Milliseconds that an order lives, instead of what the policy says; null: as it says. */
  readonly orderTtlMs: number | null;
  /** A shipped policy's name or a file; `POLICY_DEFAULT` when nobody says. */
  readonly policy?: string;
  /** What the insurance fund has at the start, in the valuation asset: a decimal; nothing when nobody says. */
  readonly fund?: string;
  /** `shadow`: decides and tells, sends and moves nothing. Null: shadow, unless the paper venue executes. */
  readonly mode?: 'shadow' | 'live' | null;
  /** `paper`: orders are filled in here; `external`: by whoever takes the lease. */
  readonly executor: 'paper' | 'external';
  /** What scans. Every backend decides alike. */
  readonly backend: BackendChoice;
  /** Folder of its journal; null, or left out: nothing is kept. */
  readonly journal?: string | null;
  /** A crash of the made-up market soon after the start. */
  readonly crash: boolean;
  /** What operators and executors show; drawn at random where null. */
  readonly operatorToken: string | null;
  readonly executorToken: string | null;
  readonly onLoaded?: OnLoaded;
}

export interface Server {
  readonly port: number;
  readonly tokens: { readonly operator: string; readonly executor: string };
  readonly link: EngineLink;
  readonly backend: BackendReport;
  /** How its journal was found; null: nothing is kept. */
  readonly journal: JournalReport | null;
  /** Resolves after `close`; rejects when the engine has halted or the prices have failed: the port is closed by then, nobody is told stale things. */
  readonly ended: Promise<void>;
  close(): Promise<void>;
}

/** Twenty per cent within a minute, ten seconds after the start. */
const CRASH = { afterMs: 10_000, depth: 0.2, durationMs: 60_000 };

/**
 * On what marks it liquidates: none older than ten seconds, none before a market's third since a start. A made-up market whose orders stay in
 * the process and of which nothing is kept may be liquidated at its first mark: nothing of it was ever another.
 */
const LIVE: FreshnessRule = { staleUs: 10_000_000, warmupTicks: 3 };
const MADE_UP: FreshnessRule = { staleUs: null, warmupTicks: 0 };

const NO_PRICE: Decimal = { units: 0n, decimals: 0 };

/** The wall clock; where that was set back, so far ahead of it that time goes on after what was before. */
function clockAfter(afterUs: number): () => number {
  const aheadUs = Math.max(0, afterUs + 1 - Date.now() * 1000);
  return () => Date.now() * 1000 + aheadUs;
}

/**
 * Submits a feed's ticks when their time has come; when it is late it does not wait, and the engine merges what it cannot follow.
 * `failed` rejects when the feed does.
 */
function pump(feed: Feed, link: EngineLink, clock: () => number): { readonly stop: () => void; readonly failed: Promise<never> } {
  const abort = new AbortController();
  const run = async (): Promise<void> => {
    for await (const tick of feed.ticks()) {
      const waitMs = (tick.timeUs - clock()) / 1000;
      // A timer takes a millisecond at least: who is late would fall further behind with each.
      if (waitMs > 0) await setTimeout(waitMs, undefined, abort);
      else await setImmediate(undefined, abort);
      // A halted engine is told by its own `ended`; a tick has nobody waiting for it.
      link.submit(tick).catch(() => undefined);
    }
  };
  const failed = new Promise<never>((_, reject) => {
    run().catch((error: unknown) => {
      if (!abort.signal.aborted) reject(error);
    });
  });
  return { stop: () => abort.abort(), failed };
}

/** What the made-up market starts from: prices by market index, index prices of the assets that have one, funding indexes, which then stand still. */
interface Start {
  readonly prices: readonly Decimal[];
  readonly indexes: readonly IndexPrice[];
  readonly funding: readonly FundingIndex[];
  /** Time of what was before. */
  readonly afterUs: number;
}

/** The made-up market needs a mark above zero in every market of the book. */
async function startFromMarks(path: string, { instruments, funded }: HostedEngine): Promise<Start> {
  const { marks, indexes, funding } = await readPrices(path, instruments, funded);
  const given = new Map(marks.map(({ market, price }) => [market, price]));
  const problems = new ProblemList();
  const prices = instruments.markets.map(({ index, id }): Decimal => {
    const price = given.get(index) ?? NO_PRICE;
    const found = given.has(index) ? formatDecimal(price) : 'nothing';
    if (price.units <= 0n)
      problems.add(member(`${path}: marks`, id), 'a mark above zero, for the made-up market to start from', found);
    return price;
  });
  problems.throwIfAny();
  return { prices, indexes, funding, afterUs: 0 };
}

/** Where the made-up market goes on: a book that has had prices has them still, whatever it began with. */
async function goingOn(start: Start, link: HostedEngine): Promise<Start> {
  if (link.stats().ticks === 0) return start;
  const { timeUs, marks, indexes } = await link.inspect('market');
  return {
    afterUs: timeUs,
    prices: start.prices.map((price, market) => marks[market] ?? price),
    indexes: start.indexes.map(({ asset, price }) => ({ asset, price: indexes[asset] ?? price })),
    funding: [],
  };
}

function madeUpMarket(options: ServerOptions, link: HostedEngine, start: Start, startUs: number): Feed {
  const { tickIntervalMs } = options;
  const { prices, indexes, funding } = start;
  // Each start draws anew: the moves of before, made again, would be no market's.
  const seed = (options.seed + (link.journal?.epoch ?? 1) - 1) % 2 ** 32;
  const walk = { instruments: link.instruments, prices, indexes, funding, seed, startUs, intervalUs: tickIntervalMs * 1000 };
  const crash = {
    atTick: Math.ceil(CRASH.afterMs / tickIntervalMs),
    depth: CRASH.depth,
    durationTicks: Math.ceil(CRASH.durationMs / tickIntervalMs),
  };
  return { name: 'made-up market', ticks: () => syntheticTicks(options.crash ? { ...walk, crash } : walk) };
}

async function startLink(options: ServerOptions): Promise<{ readonly link: HostedEngine; readonly start: Start }> {
  const { book, seed, executor, backend, onLoaded } = options;
  const ttlUs = options.orderTtlMs === null ? null : options.orderTtlMs * 1000;
  const policy = await policySource(options.policy ?? POLICY_DEFAULT, '--policy', ttlUs);
  // Nothing real is at stake where orders do not leave the process.
  const mode = options.mode ?? (executor === 'paper' ? 'live' : 'shadow');
  const kept = options.journal == null ? {} : { journal: { folder: options.journal, by: `plimsoll ${VERSION}` } };
  const freshness = executor === 'paper' && options.journal == null ? MADE_UP : LIVE;
  const setup = { backend, policy, mode, executor, freshness, seed, ...kept };
  if ('file' in book) {
    const link = await startEngine({ ...setup, book: { file: book.file } }, onLoaded);
    try {
      return { link, start: await goingOn(await startFromMarks(book.marks, link), link) };
    } catch (error) {
      await link.close();
      throw error;
    }
  }
  const seeds = defaultMarkets(book.markets);
  const instruments = syntheticInstruments(seeds, 'USDT');
  const prices = seeds.map(({ price }) => price);
  const synthetic = { instruments, prices, positions: book.positions, seed };
  const link = await startEngine({ ...setup, book: { synthetic } }, onLoaded);
  return { link, start: await goingOn({ prices, indexes: [], funding: [], afterUs: 0 }, link) };
}

/** The command line has checked its settings; a library's caller may not have. */
function checkTimes(options: ServerOptions): void {
  for (const name of ['tickIntervalMs', 'orderTtlMs'] as const) {
    const value = options[name];
    if (value !== null && !(value >= 1)) throw badInput(name, 'at least 1 ms', String(value), 'bad-usage');
  }
}

/**
 * Starts the scanner and resolves when its port is open. Rejects with `PlimsollError`: bad input for the files, `bad-usage` for an address
 * that is not loopback, `unavailable` when the port cannot be had.
 */
export async function startServer(options: ServerOptions): Promise<Server> {
  checkTimes(options);
  const { link, start } = await startLink(options);
  const clock = clockAfter(start.afterUs);
  const drawn = randomTokens();
  const tokens = { operator: options.operatorToken ?? drawn.operator, executor: options.executorToken ?? drawn.executor };
  let gateway: Gateway;
  try {
    // Of a journal that goes on, the fund has what is left of it.
    const filled = (link.journal?.recovery.lastSeq ?? 0) === 0 ? fillFund(options.fund, link.instruments, clock()) : null;
    if (filled !== null) await link.submit(filled);
    const { host, port, executor } = options;
    const { answered } = link;
    gateway = await startGateway({ link, host, port, executor, tokens, clock, version: VERSION, answered });
  } catch (error) {
    await link.close();
    throw error;
  }
  const ticks = pump(madeUpMarket(options, link, start, clock()), link, clock);
  const stop = (): Promise<void> => {
    ticks.stop();
    return gateway.close();
  };
  const ended = Promise.race([link.ended, ticks.failed]).catch(async (error: unknown) => {
    await stop();
    // Of a feed that failed; an engine that halted is closed.
    await link.close().catch(() => undefined);
    throw error;
  });
  ended.catch(() => undefined);
  return {
    port: gateway.port,
    tokens,
    link,
    backend: link.backend,
    journal: link.journal,
    ended,
    close: async () => {
      await stop();
      await link.close();
    },
  };
}
