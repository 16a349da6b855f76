/** A rule set: the margin rules of a book's header as data of their own. Its shape, its check, and its use on a header. No I/O. */
import { instrumentsFromInput } from '../model/instrument-input.js';
import {
  BORROW,
  HAIRCUT,
  type HeaderInput,
  ID_TEXT,
  INITIAL,
  isId,
  type MarketInput,
  RULE,
  RULES,
  rateBelowOne,
} from '../model/instrument-schema.js';
import type { Instruments } from '../model/instruments.js';
import { member } from '../model/json-path.js';
import { DECIMALS_MAX } from '../model/limits.js';
import { ProblemList, show } from '../model/problems.js';
import { addShapeProblems, object, z } from '../model/shape.js';
import { anyText, line, name, source } from '../model/texts.js';

/** The key of the entry for every market (or asset) without one of its own. */
export const EVERY = '*';
const MARKET_RULES = object(
  { maintenance: RULE, initial: INITIAL.optional(), takerFee: rateBelowOne.optional() },
  'the rules of a market',
);
const ASSET_RULES = object({ haircut: HAIRCUT.optional(), borrow: BORROW.optional() }, 'the rules of an asset');

export const RULE_SET = object(
  {
    $schema: anyText.optional(),
    version: z.literal(1, { error: 'the number 1' }),
    name,
    title: line,
    sources: z.array(source, { error: 'an array of https addresses' }).min(1, { error: 'at least one source' }),
    formulas: z.array(line, { error: 'an array of lines of text' }).min(1, { error: 'at least one formula' }),
    rules: RULES,
    markets: z.record(z.string(), MARKET_RULES, { error: 'an object of rules by market' }),
    assets: z.record(z.string(), ASSET_RULES, { error: 'an object of rules by asset' }),
  },
  'a rule set',
);

/** As its file has it, all of it checked. An entry is the whole of its market's (or asset's) rules: what it leaves out is none. */
export type RuleSet = z.infer<typeof RULE_SET>;
export type MarketRules = RuleSet['markets'][string];
export type AssetRules = RuleSet['assets'][string];

/** The rule set that an input describes, or null when something is wrong with it; then every problem has been added under `where`. */
export function ruleSetFromInput(input: unknown, where: string, problems: ProblemList): RuleSet | null {
  const before = problems.count;
  const paths = addShapeProblems(RULE_SET, input, where, problems);
  if (paths.some((path) => path.length === 0)) return null;
  const broken = new Set(paths.map((path) => path.slice(0, 2).join(' ')));
  const set = input as RuleSet;
  const valid = <Entry>(part: 'markets' | 'assets', entries: Record<string, Entry>): Record<string, Entry> => {
    if (broken.has(part)) return {};
    const all = Object.entries(entries);
    for (const [id] of all) if (!isId(id)) problems.add(member(member(where, part), id), `"*" or ${ID_TEXT}`, show(id));
    return Object.fromEntries(all.filter(([id]) => isId(id) && !broken.has(`${part} ${id}`)));
  };
  // A header has these parts in the same places, so that its reader tells what is wrong with the tables where they stand.
  const tables = { rules: {}, markets: valid('markets', set.markets), assets: valid('assets', set.assets) };
  instrumentsFromInput(headerOf(tables), where, problems);
  return problems.count > before ? null : set;
}

/** The tables of a rule set as the model reads them: every entry a market or an asset, also the one for every other. */
export function tablesOf(set: RuleSet): Instruments {
  const problems = new ProblemList();
  const instruments = instrumentsFromInput(headerOf(set), '', problems);
  if (instruments === null) throw problems.toError();
  return instruments;
}

/** A header of nothing but the set's entries. */
function headerOf({ rules, markets, assets }: Pick<RuleSet, 'rules' | 'markets' | 'assets'>): HeaderInput {
  const held = Object.keys(assets).length === 0 ? { [EVERY]: {} } : assets;
  const [valuation] = Object.keys(held);
  const facts = { kind: 'linear', base: EVERY, settle: valuation, contractSize: '1', lot: '1', tick: '1' } as const;
  return {
    version: 1,
    valuation,
    rules,
    assets: mapEntries(held, (entry) => ({ decimals: DECIMALS_MAX, ...assetPart(entry) })),
    markets: mapEntries(markets, (entry): MarketInput => ({ ...facts, ...entry })),
  };
}

/** An asset's entry as a header has it, which always says the haircut. */
function assetPart({ haircut = '0', borrow }: AssetRules) {
  return borrow === undefined ? { haircut } : { haircut, borrow };
}

function mapEntries<From, To>(
  record: Readonly<Record<string, From>>,
  change: (value: From, key: string) => To,
): Record<string, To> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value, key)]));
}

/** The entry of an id: its own, else the one for every other, else none. */
export function entryFor<Entry>(entries: Readonly<Record<string, Entry>>, id: string): Entry | undefined {
  if (Object.hasOwn(entries, id)) return entries[id];
  return Object.hasOwn(entries, EVERY) ? entries[EVERY] : undefined;
}

/**
 * A book's header under a rule set, before it is read: the set's rules in place of the book's, and for every market and asset that the
 * set has an entry for, that entry in place of its own margin rules. A book may so leave out what the set says. What is no header stays
 * as it is: its reader tells.
 */
export function applyRules(set: RuleSet, header: unknown): unknown {
  if (!isObject(header)) return header;
  const { markets, assets } = header;
  return {
    ...header,
    rules: set.rules,
    ...(isObject(markets) ? { markets: withEntries(markets, MARKET_KEYS, (id) => entryFor(set.markets, id)) } : {}),
    ...(isObject(assets) ? { assets: withEntries(assets, ASSET_KEYS, (id) => assetEntry(set, id)) } : {}),
  };
}

const MARKET_KEYS = Object.keys(MARKET_RULES.shape);
const ASSET_KEYS = Object.keys(ASSET_RULES.shape);

function assetEntry(set: RuleSet, id: string): AssetRules | undefined {
  const entry = entryFor(set.assets, id);
  return entry === undefined ? undefined : assetPart(entry);
}

function withEntries(
  parts: Record<string, unknown>,
  keys: readonly string[],
  entryOf: (id: string) => object | undefined,
): Record<string, unknown> {
  return mapEntries(parts, (part, id) => {
    const entry = entryOf(id);
    if (entry === undefined || !isObject(part)) return part;
    const facts = Object.entries(part).filter(([key]) => !keys.includes(key));
    return { ...Object.fromEntries(facts), ...entry };
  });
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
