/**
 * Leverage tiers in the shape of ccxt's `fetchLeverageTiers` (`{ symbol: [tier, …] }`) as the markets of a rule set. Knows that shape; numbers
 * come as texts (see number-text.ts).
 */
import { compareDecimals, parseDecimal } from '../model/decimal.js';
import { ID_TEXT, isId } from '../model/instrument-schema.js';
import { member, place } from '../model/json-path.js';
import { ProblemList, show } from '../model/problems.js';
import { decimalText } from './number-text.js';
import { type MarketRules, type RuleSet, ruleSetFromInput } from './rule-set.js';

const NUMBER_TEXT = 'a number';
const TIERS_TEXT = 'an object of tiers by symbol, as fetchLeverageTiers gives it';
/** What a problem of the market's rules is a problem of in the tier that they came from. */
const FIELD: Readonly<Record<string, string>> = {
  floor: 'minNotional',
  rate: 'maintenanceMarginRate',
  deduction: 'info.cum',
  maxLeverage: 'maxLeverage',
};

/** A symbol's market id, its parts joined without the settle asset: `BTC/USDT:USDT` is `BTCUSDT`, `BTC/USDT:USDT-250328` is `BTCUSDT-250328`. */
export function marketIdOf(symbol: string): string {
  const match = /^([^/:]+)\/([^/:]+)(?::[^-]+(-.+)?)?$/.exec(symbol);
  return match === null ? symbol : `${match[1]}${match[2]}${match[3] ?? ''}`;
}

/** Whether a symbol's contract settles in what it is on, as `BTC/USD:BTC` does: an inverse contract, whose notionals are in the coin. */
export function isCoinMargined(symbol: string): boolean {
  return /^([^/:]+)\/(?!\1:)[^/:]+:\1(-.+)?$/.test(symbol);
}

/**
 * The rules of every symbol: brackets of its maintenance rates (`info.cum`, the published deduction, is checked where it is given), and initial
 * margin of one over the greatest leverage of the tier. Adds every problem under `where`, placed in the input.
 */
export function marketsFromTiers(input: unknown, base: RuleSet, where: string, problems: ProblemList): RuleSet['markets'] {
  const markets: Record<string, MarketRules> = {};
  if (!isObject(input)) {
    problems.add(place(where), TIERS_TEXT, show(input));
    return markets;
  }
  // No symbol, but a key of rule sets and books alike.
  if (Object.hasOwn(input, 'version')) {
    const found = Object.hasOwn(input, 'accounts')
      ? 'a book'
      : Object.hasOwn(input, 'sources')
        ? 'a rule set'
        : 'one with a version';
    problems.add(place(where), TIERS_TEXT, found);
    return markets;
  }
  for (const [symbol, tiers] of Object.entries(input)) {
    const at = member(where, symbol);
    const id = marketIdOf(symbol);
    if (!isId(id)) problems.add(at, `a symbol whose market id is ${ID_TEXT}`, show(id));
    else if (Object.hasOwn(markets, id)) problems.add(at, 'a symbol whose market id no other has', `${show(id)} again`);
    else if (!Array.isArray(tiers)) problems.add(at, 'an array of tiers', show(tiers));
    else markets[id] = marketOf(tiers, base, at, problems);
  }
  return markets;
}

function marketOf(tiers: readonly unknown[], base: RuleSet, where: string, problems: ProblemList): MarketRules {
  const inTier = (i: number, path: string): string => path.split('.').reduce<string>(member, member(where, i));
  const read = tiers.map((tier, i) => readTier(tier, (path) => inTier(i, path), problems));
  for (const [i, { minNotional }] of read.entries()) {
    const above = read[i - 1]?.maxNotional;
    if (i === 0 || minNotional === null || above === minNotional) continue;
    problems.add(inTier(i, 'minNotional'), `${above ?? 'a number'}, the maxNotional of the tier before`, minNotional);
  }
  addLastProblem(read, (path) => inTier(read.length - 1, path), problems);
  addLeverageProblems(tiers, inTier, problems);
  const rows = read.map(({ minNotional, rate, cum }) => ({
    floor: minNotional ?? '',
    rate: rate ?? '',
    ...(cum === null ? {} : { deduction: cum }),
  }));
  const leverages = read.map(({ minNotional, maxLeverage }) => ({ floor: minNotional ?? '', maxLeverage: maxLeverage ?? '' }));
  const hasLeverages = read.every(({ maxLeverage }) => maxLeverage !== null);
  const market: MarketRules = {
    maintenance: { method: 'bracket', basis: 'mark', closeFee: '0', tiers: rows },
    ...(hasLeverages ? { initial: { method: 'step', tiers: leverages } } : {}),
  };
  if (read.some(({ minNotional, rate }) => minNotional === null || rate === null)) return market;
  checkMarket(market, base, (i, field) => (i === null ? where : inTier(i, field ?? '')), problems);
  return { ...market, maintenance: { ...market.maintenance, tiers: rows.map(({ floor, rate }) => ({ floor, rate })) } };
}

/** The last tier holds something; that every other does follows from the floors. */
function addLastProblem(read: readonly TierTexts[], at: (path: string) => string, problems: ProblemList): void {
  const { minNotional = null, maxNotional = null } = read.at(-1) ?? {};
  if (minNotional === null || maxNotional === null) return;
  if (compareDecimals(parseDecimal(maxNotional), parseDecimal(minNotional)) > 0) return;
  problems.add(at('maxNotional'), `above the minNotional ${minNotional}, or none`, maxNotional);
}

/** A table of initial margin has every tier or is none: of leverages that only some have nothing true can be made. */
function addLeverageProblems(
  tiers: readonly unknown[],
  inTier: (i: number, path: string) => string,
  problems: ProblemList,
): void {
  const lacks = tiers.map((tier) => isObject(tier) && (tier.maxLeverage ?? null) === null);
  if (lacks.every((each) => each)) return;
  for (const [i, isLacking] of lacks.entries()) {
    if (isLacking) problems.add(inTier(i, 'maxLeverage'), 'a number, as the symbol has other tiers with one', 'nothing');
  }
}

/** The check of every rule set, its places told as those of the tiers. */
function checkMarket(
  market: MarketRules,
  base: RuleSet,
  placeOf: (tier: number | null, field: string | undefined) => string,
  problems: ProblemList,
): void {
  const found = new ProblemList();
  ruleSetFromInput({ ...base, markets: { M: market }, assets: {} }, '', found);
  let isRateWrong = false;
  for (const { where, expected, found: was } of found.listed) {
    const [, table, tier, field] = /^markets\.M\.(\w+)\.tiers(?:\[(\d+)\]\.(\w+))?$/.exec(where) ?? [];
    // Both tables have the same floors: they are told once.
    if (table === 'initial' && field !== 'maxLeverage') continue;
    // Deductions that a wrong rate gives are no problem of their own.
    if (field === 'rate') isRateWrong = true;
    if (field === 'deduction' && isRateWrong) continue;
    problems.add(placeOf(tier === undefined ? null : Number(tier), FIELD[field]), expected, was);
  }
}

/** Decimals; null where there is none. */
interface TierTexts {
  readonly minNotional: string | null;
  readonly maxNotional: string | null;
  readonly rate: string | null;
  readonly maxLeverage: string | null;
  readonly cum: string | null;
}

function readTier(tier: unknown, at: (path: string) => string, problems: ProblemList): TierTexts {
  const fields = isObject(tier) ? tier : {};
  const number = (value: unknown, path: string, isNeeded: boolean): string | null => {
    if (!isNeeded && (value === undefined || value === null)) return null;
    const text = typeof value === 'string' ? decimalText(value) : null;
    if (text === null) problems.add(at(path), NUMBER_TEXT, show(value));
    return text;
  };
  return {
    minNotional: number(fields.minNotional, 'minNotional', true),
    maxNotional: number(fields.maxNotional, 'maxNotional', false),
    rate: number(fields.maintenanceMarginRate, 'maintenanceMarginRate', true),
    maxLeverage: number(fields.maxLeverage, 'maxLeverage', false),
    cum: isObject(fields.info) ? number(fields.info.cum, 'info.cum', false) : null,
  };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
