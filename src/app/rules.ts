/** Rule sets by name or file: finds, reads, lists, describes and imports them. Knows where the shipped ones lie; prints nothing. */
import { readdir } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import type { HeaderChange } from '../files/book.js';
import { parseJson, prefixOf } from '../files/json.js';
import { readText } from '../files/text.js';
import { formatDecimal } from '../model/decimal.js';
import { badInput } from '../model/errors.js';
import { rateText } from '../model/instrument-input.js';
import type { Asset, Market, RequirementTable, VenueRules } from '../model/instruments.js';
import { ProblemList, show } from '../model/problems.js';
import { isCoinMargined, marketIdOf, marketsFromTiers } from '../rules/import-tiers.js';
import { numbersAsText } from '../rules/number-text.js';
import { applyRules, entryFor, type RuleSet, ruleSetFromInput, tablesOf } from '../rules/rule-set.js';

const SHIPPED = join(dirname(createRequire(import.meta.url).resolve('plimsoll/package.json')), 'rules');
/** The scheme of the tiers that `fetchLeverageTiers` gives. */
const IMPORT_SCHEME = 'usdm-bracket';

/** Names of the shipped rule sets, in code-unit order. */
async function shippedNames(): Promise<string[]> {
  const files = await readdir(SHIPPED);
  return files
    .filter((file) => file.endsWith('.json'))
    .map((file) => basename(file, '.json'))
    .sort();
}

/**
 * A shipped rule set by its name, or one from a file (a path that ends in `.json`). `where` it was asked for is told of what is neither. Throws bad input with every problem of the file, and bad usage
 * for what is neither.
 */
export async function loadRules(nameOrFile: string, where = 'rules'): Promise<RuleSet> {
  if (nameOrFile.endsWith('.json')) return readRules(nameOrFile);
  const names = await shippedNames();
  if (names.includes(nameOrFile)) return readRules(join(SHIPPED, `${nameOrFile}.json`));
  throw badInput(where, `one of ${names.join(', ')}, or a .json file`, show(nameOrFile), 'bad-usage');
}

async function readRules(path: string): Promise<RuleSet> {
  const problems = new ProblemList();
  const input = parseJson(await readText(path), { file: path }, problems);
  const set = input === undefined ? null : ruleSetFromInput(input, prefixOf({ file: path }), problems);
  problems.throwIfAny();
  return set as RuleSet;
}

/** Told which markets of a book keep the book's own rules, by id: a rule set has nothing for them. */
export type OnKept = (markets: readonly string[], set: RuleSet) => void;

/** What a rule set makes of a book's header before it is read; without one the header stays as it is. */
export async function rulesChange(nameOrFile: string | undefined, onKept: OnKept = () => undefined): Promise<HeaderChange> {
  if (nameOrFile === undefined) return (header) => header;
  const set = await loadRules(nameOrFile, '--rules');
  return (header) => {
    const { markets } = (header ?? {}) as { markets?: unknown };
    const ids = typeof markets === 'object' && markets !== null ? Object.keys(markets) : [];
    const kept = ids.filter((id) => entryFor(set.markets, id) === undefined);
    if (kept.length > 0) onKept(kept, set);
    return applyRules(set, header);
  };
}

/** What `rules list --json` prints of a set. */
export interface ListedRules {
  readonly name: string;
  readonly title: string;
  /** Markets and assets with an entry, in the set's order. */
  readonly markets: readonly string[];
  readonly assets: readonly string[];
}

/** The shipped rule sets, by name. */
export async function listRules(): Promise<ListedRules[]> {
  const listed: ListedRules[] = [];
  for (const each of await shippedNames()) listed.push(listedRules(await loadRules(each)));
  return listed;
}

export function listedRules({ name, title, markets, assets }: RuleSet): ListedRules {
  return { name, title, markets: Object.keys(markets), assets: Object.keys(assets) };
}

/** A tier as it is shown: rate and deduction are the shortest exact texts, a decimal or a fraction in lowest terms. */
export interface ShownTier {
  readonly floor: string;
  readonly rate: string;
  readonly deduction: string;
}

export interface ShownTable {
  readonly method: RequirementTable['method'];
  readonly tiers: readonly ShownTier[];
}

export interface ShownMarket {
  readonly maintenance: ShownTable & { readonly basis: 'mark' | 'entry'; readonly closeFee: string };
  readonly initial: ShownTable | null;
  readonly takerFee: string;
}

export interface ShownAsset {
  readonly haircut: readonly { readonly floor: string; readonly haircut: string }[];
  readonly borrow: ShownTable | null;
}

/** What `rules show --json` prints: the set with everything that it leaves to a default, and the derived deductions. */
export interface ShownRules extends Pick<RuleSet, 'version' | 'name' | 'title' | 'sources' | 'formulas'> {
  readonly rules: VenueRules;
  readonly markets: Readonly<Record<string, ShownMarket>>;
  readonly assets: Readonly<Record<string, ShownAsset>>;
}

export function shownRules(set: RuleSet): ShownRules {
  const { version, name, title, sources, formulas } = set;
  const { liquidateWhen, hedgeMargin, orderMargin, markets, assets } = tablesOf(set);
  return {
    ...{ version, name, title, sources, formulas },
    rules: { liquidateWhen, hedgeMargin, orderMargin },
    markets: Object.fromEntries(markets.map((market) => [market.id, shownMarket(market)])),
    // Without entries the tables have an asset of their own to count in.
    assets: Object.fromEntries(
      assets.filter(({ id }) => Object.hasOwn(set.assets, id)).map((asset) => [asset.id, shownAsset(asset)]),
    ),
  };
}

function shownMarket({ maintenance, initial, takerFee }: Market): ShownMarket {
  const { basis, closeFee } = maintenance;
  const { method, tiers } = shownTable(maintenance);
  return {
    maintenance: { method, basis, closeFee: rateText(closeFee), tiers },
    initial: initial === null ? null : shownTable(initial),
    takerFee: rateText(takerFee),
  };
}

function shownAsset({ haircuts, borrow }: Asset): ShownAsset {
  return {
    haircut: haircuts.map(({ floor, haircut }) => ({ floor: formatDecimal(floor), haircut: rateText(haircut) })),
    borrow: borrow === null ? null : shownTable(borrow),
  };
}

function shownTable({ method, tiers }: RequirementTable): ShownTable {
  return {
    method,
    tiers: tiers.map(({ floor, rate, deduction }) => ({
      floor: formatDecimal(floor),
      rate: rateText(rate),
      deduction: rateText(deduction),
    })),
  };
}

/**
 * A rule set of the tiers in a file of ccxt's `fetchLeverageTiers`, under the rules of `usdm-bracket`. Throws bad input with every problem of the
 * file: gaps between tiers, rates that fall, published deductions that the floors and rates do not give. `onCoinMargined` is told the markets
 * whose tables count in a coin, if there are any: the scheme is one of another kind of contract.
 */
export async function importRules(
  path: string,
  onCoinMargined: (markets: readonly string[]) => void = () => undefined,
): Promise<RuleSet> {
  const problems = new ProblemList();
  const text = await readText(path);
  if (parseJson(text, { file: path }, problems) === undefined) throw problems.toError();
  const base = await loadRules(IMPORT_SCHEME);
  const tiers: unknown = JSON.parse(numbersAsText(text));
  const markets = marketsFromTiers(tiers, base, prefixOf({ file: path }), problems);
  problems.throwIfAny();
  if (Object.keys(markets).length === 0) throw badInput(path, 'at least one symbol', 'none', 'nothing-to-do');
  const coinMargined = Object.keys(tiers as object).filter(isCoinMargined);
  if (coinMargined.length > 0) onCoinMargined(coinMargined.map(marketIdOf));
  const { version, sources, formulas, rules } = base;
  const title = `Leverage tiers of ${basename(path)} under the rules of ${base.name}`;
  return { version, name: 'imported-tiers', title, sources, formulas, rules, markets, assets: {} };
}
