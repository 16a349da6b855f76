/** The engine that a journal was begun with, made again: from the book and the policy that its head names. Reads files; prints nothing. */
import type { FreshnessRule } from '../dispatch/gates.js';
import type { Engine } from '../engine/engine.js';
import { type EngineSetup, engineFromFile, engineFromSynthetic, type PolicySource } from '../engine/load.js';
import { describeInstruments, hashOf, valueHash } from '../journal/instruments.js';
import { pathHash } from '../journal/keeper.js';
import type { Header } from '../journal/layout.js';
import { badInput } from '../model/errors.js';
import type { Instruments } from '../model/instruments.js';
import type { Backend } from '../scan/backend.js';
import { defaultMarkets, syntheticInstruments } from '../synthetic/instruments.js';
import { policySource, shippedPolicies } from './policies.js';

/** What a journal only has the hash of. */
export interface JournalSources {
  /** The book file that it was begun with; a made-up book needs none. */
  readonly book?: string;
  /** The policy that it was begun with, a shipped one's name or a file; a shipped one needs none. */
  readonly policy?: string;
}

export interface JournalEngine {
  readonly engine: Engine;
  /** As its file has it. */
  readonly policy: PolicySource;
  /** SHA-256 of what it was read as. */
  readonly policyHash: string;
}

/**
 * A fresh engine; `isEmpty`: a snapshot is to be restored into it. Throws `PlimsollError`: bad usage where a file has to be named, bad input for another
 * book or policy than the journal's.
 */
export async function engineOfJournal(
  { genesis, instruments, instrumentsHash }: Header,
  { book, policy }: JournalSources,
  backend: Backend,
  isEmpty: boolean,
): Promise<JournalEngine> {
  const source = await policySource(policy ?? (await shippedName(genesis.policy)), '--policy', wholeOrNull(genesis.orderTtlUs));
  const freshness: FreshnessRule = {
    staleUs: wholeOrNull(genesis.staleUs),
    warmupTicks: wholeOrNull(genesis.warmupTicks) ?? 0,
  };
  const setup: EngineSetup = {
    backend,
    policy: source,
    mode: genesis.mode === 'shadow' ? 'shadow' : 'live',
    freshness,
    isEmpty,
  };
  const isMadeUp = genesis.book === 'made up';
  if (isMadeUp && book !== undefined) throw badInput('--book', 'none: the book is made up', book, 'bad-usage');
  const engine = isMadeUp ? madeUp(genesis, instruments, setup) : await fromFile(book, genesis.book, setup);
  checkHash('the instruments', instrumentsHash, hashOf(describeInstruments(engine.instruments)));
  const policyHash = valueHash(engine.caseHalf.policy);
  checkHash('--policy', genesis.policyHash, policyHash);
  return { engine, policy: source, policyHash };
}

function madeUp({ positions, seed, prices: pricesHash }: Header['genesis'], instruments: string, setup: EngineSetup): Engine {
  const { markets } = JSON.parse(instruments) as Record<keyof Instruments, readonly unknown[]>;
  const seeds = defaultMarkets(markets.length);
  const prices = seeds.map(({ price }) => price);
  checkHash('the prices of the made-up book', pricesHash, valueHash(prices));
  const book = { instruments: syntheticInstruments(seeds, 'USDT'), prices, positions: Number(positions), seed: Number(seed) };
  return engineFromSynthetic(book, setup);
}

async function fromFile(book: string | undefined, hash: unknown, setup: EngineSetup): Promise<Engine> {
  if (book === undefined)
    throw badInput('--book', `the book with the hash ${hash}, that the journal was begun with`, 'nothing', 'bad-usage');
  checkHash(`--book ${book}`, hash, await pathHash(book));
  return engineFromFile(book, setup);
}

async function shippedName(name: unknown): Promise<string> {
  if (typeof name === 'string' && (await shippedPolicies()).includes(name)) return name;
  throw badInput('--policy', `the file of the policy ${name}, that the journal was begun with`, 'nothing', 'bad-usage');
}

function checkHash(where: string, expected: unknown, found: string): void {
  if (expected !== found) throw badInput(where, `the hash ${expected}, as when the journal was begun`, found);
}

function wholeOrNull(value: unknown): number | null {
  return typeof value === 'number' ? value : null;
}
