/** Assets, markets, tables and rules as a book's header writes them, to and from the model. No I/O. */
import { compareDecimals, type Decimal, formatDecimal, pow10 } from './decimal.js';
import {
  absolute,
  compare,
  type Fraction,
  fraction,
  fromDecimal,
  reduce,
  sign,
  subtract,
  terminatesWithin,
  ZERO,
} from './fraction.js';
import {
  type AssetInput,
  boundedDecimal,
  HEADER,
  type HeaderInput,
  ID_TEXT,
  isId,
  type MarketInput,
  type TableInput,
  tryParseLeverage,
  tryParseRate,
} from './instrument-schema.js';
import {
  type Asset,
  DEFAULT_RULES,
  type HaircutBand,
  type Instruments,
  type Market,
  plainAsset,
  type RequirementTable,
  type Tier,
  type VenueRules,
} from './instruments.js';
import { member } from './json-path.js';
import { ASSETS_MAX, DECIMALS_MAX, MARKETS_MAX } from './limits.js';
import { type ProblemList, show } from './problems.js';
import { nextDeduction } from './requirement.js';
import { addShapeProblems } from './shape.js';

/** Where something is in the header, and what is wrong there. */
type At = (...path: (string | number)[]) => string;

/**
 * The instruments that a header describes, or null when something is wrong with it; then every problem has been added, each
 * placed under `where`, such as `book.json: `.
 */
export function instrumentsFromInput(input: unknown, where: string, problems: ProblemList): Instruments | null {
  const before = problems.count;
  const paths = addShapeProblems(HEADER, input, where, problems);
  if (paths.some((path) => path.length === 0)) return null;
  /** The parts (`valuation`, `markets BTCUSDT`) that do not have their shape. */
  const broken = new Set(paths.map((path) => path.slice(0, 2).join(' ')));
  // What has its shape is read, whatever is wrong elsewhere: all problems are told at once.
  const header = input as HeaderInput;
  const at: At = (...path) => path.reduce<string>(member, where);
  const assets = new Map<string, Asset>();
  const assetInputs = Object.entries(broken.has('assets') ? {} : header.assets);
  if (assetInputs.length > ASSETS_MAX) problems.add(at('assets'), `at most ${ASSETS_MAX} assets`, String(assetInputs.length));
  for (const [assetId, asset] of assetInputs) {
    if (!isId(assetId)) problems.add(at('assets', assetId), ID_TEXT, show(assetId));
    const isBroken = broken.has(`assets ${assetId}`);
    const inAsset: At = (...path) => at('assets', assetId, ...path);
    const read = isBroken
      ? plainAsset(assets.size, assetId, 0)
      : readAsset(asset, { index: assets.size, id: assetId }, inAsset, problems);
    assets.set(assetId, read);
  }
  const valuation = broken.has('assets') || broken.has('valuation') ? undefined : valuationOf(header, assets, at, problems);
  const markets: Market[] = [];
  const marketInputs = Object.entries(broken.has('markets') ? {} : header.markets);
  if (marketInputs.length > MARKETS_MAX) {
    problems.add(at('markets'), `at most ${MARKETS_MAX} markets`, String(marketInputs.length));
  }
  for (const [marketId, market] of marketInputs) {
    if (!isId(marketId)) problems.add(at('markets', marketId), ID_TEXT, show(marketId));
    if (broken.has(`markets ${marketId}`)) continue;
    const settle = assets.get(market.settle);
    if (settle === undefined && !broken.has('assets')) {
      problems.add(at('markets', marketId, 'settle'), 'a declared asset', show(market.settle));
    }
    const inMarket: At = (...path) => at('markets', marketId, ...path);
    const place = { index: markets.length, id: marketId, settleAsset: settle?.index ?? 0 };
    markets.push(readMarket(market, place, inMarket, problems));
  }
  if (problems.count > before || valuation === undefined) return null;
  return {
    ...rulesOf(header.rules),
    valuation,
    assets: [...assets.values()],
    markets,
    marketIndex: new Map(markets.map((market) => [market.id, market.index])),
  };
}

function rulesOf(input: HeaderInput['rules'] = {}): VenueRules {
  const given = Object.entries(input).filter(([, value]) => value !== undefined);
  return { ...DEFAULT_RULES, ...Object.fromEntries(given) };
}

function valuationOf(header: HeaderInput, assets: ReadonlyMap<string, Asset>, at: At, problems: ProblemList): Asset | undefined {
  if (header.valuation === undefined && assets.size !== 1) {
    problems.add(at('valuation'), 'the id of an asset, as the book does not have exactly one', 'nothing');
    return undefined;
  }
  const valuationId = header.valuation ?? [...assets.keys()][0];
  const valuation = assets.get(valuationId);
  if (valuation === undefined) problems.add(at('valuation'), 'a declared asset', show(valuationId));
  return valuation;
}

function readAsset(input: AssetInput, place: Pick<Asset, 'index' | 'id'>, at: At, problems: ProblemList): Asset {
  const { decimals, haircut, borrow } = input;
  return {
    ...place,
    decimals,
    haircuts:
      typeof haircut === 'string' ? plainBand(haircut) : readBands(haircut, (...path) => at('haircut', ...path), problems),
    borrow: borrow === undefined ? null : readTable(borrow, plainRate, (...path) => at('borrow', ...path), problems),
  };
}

function plainBand(haircut: string): HaircutBand[] {
  return [{ floor: { units: 0n, decimals: 0 }, haircut: readRate(haircut) }];
}

function readBands(inputs: Exclude<AssetInput['haircut'], string>, at: At, problems: ProblemList): HaircutBand[] {
  const bands = inputs.map(({ floor, haircut }) => ({ floor: readDecimal(floor), haircut: readRate(haircut) }));
  addFloorProblems(inputs, 'band', at, problems);
  bands.forEach(({ haircut }, i) => {
    if (i === 0 || compare(haircut, bands[i - 1].haircut) >= 0) return;
    const expected = `a haircut not below the last band's ${rateText(bands[i - 1].haircut)}`;
    problems.add(at(i, 'haircut'), expected, show(inputs[i].haircut));
  });
  return bands;
}

/** Floors rise from 0. */
function addFloorProblems(inputs: readonly { readonly floor: string }[], one: string, at: At, problems: ProblemList): void {
  const floors = inputs.map(({ floor }) => readDecimal(floor));
  for (const [i, floor] of floors.entries()) {
    const last = floors[i - 1];
    const rises = last === undefined ? floor.units === 0n : compareDecimals(floor, last) > 0;
    const expected = last === undefined ? `"0" in the first ${one}` : `a floor above the last ${one}'s ${formatDecimal(last)}`;
    if (!rises) problems.add(at(i, 'floor'), expected, show(inputs[i].floor));
  }
}

function readMarket(
  input: MarketInput,
  place: Pick<Market, 'index' | 'id' | 'settleAsset'>,
  at: At,
  problems: ProblemList,
): Market {
  const { kind, base, settle, allowNonPositive = false, maintenance, initial, takerFee } = input;
  if (kind === 'inverse' && allowNonPositive) {
    problems.add(
      at('allowNonPositive'),
      'false, as one over the price of an inverse contract must be a number above zero',
      'true',
    );
  }
  return {
    ...place,
    ...{ kind, base, settle },
    contractSize: readDecimal(input.contractSize),
    lot: readDecimal(input.lot),
    tick: readDecimal(input.tick),
    allowNonPositive,
    maintenance: {
      ...readTable(maintenance, plainRate, (...path) => at('maintenance', ...path), problems),
      basis: maintenance.basis,
      closeFee: readRate(maintenance.closeFee),
    },
    initial: initial === undefined ? null : readTable(initial, rateOrLeverage, (...path) => at('initial', ...path), problems),
    takerFee: takerFee === undefined ? ZERO : readRate(takerFee),
  };
}

/** Derives the deductions: `d_0 = 0, d_n = d_{n−1} + floor_n·(rate_n − rate_{n−1})` of a bracket table, 0 of a stepped one. */
function readTable({ method, tiers: inputs }: TableInput, rateOf: RateOf, at: At, problems: ProblemList): RequirementTable {
  const inTier: At = (...path) => at('tiers', ...path);
  addFloorProblems(inputs, 'tier', inTier, problems);
  const tiers: Tier[] = [];
  for (const [i, input] of inputs.entries()) {
    const floor = readDecimal(input.floor);
    const tierRate = rateOf(input, (...path) => inTier(i, ...path), problems);
    if (tierRate === null) return { method, tiers };
    const last = tiers.at(-1);
    if (last !== undefined && compare(tierRate, last.rate) < 0) {
      const key = input.rate === undefined ? 'maxLeverage' : 'rate';
      const what = input.rate === undefined ? 'a leverage whose rate, one over it, is' : 'a rate';
      problems.add(inTier(i, key), `${what} not below the last tier's ${rateText(last.rate)}`, show(input[key]));
    }
    const deduction = last === undefined || method === 'step' ? ZERO : nextDeduction(last, floor, tierRate);
    if (input.deduction !== undefined) {
      addDeductionProblem(input.deduction, deduction, method, inTier(i, 'deduction'), problems);
    }
    tiers.push({ floor, rate: tierRate, deduction });
  }
  return { method, tiers };
}

/** The rate of a tier; null, and a problem, when it has none. */
type RateOf = (input: TableInput['tiers'][number], at: At, problems: ProblemList) => Fraction | null;

const plainRate: RateOf = ({ rate }) => readRate(rate as string);

const rateOrLeverage: RateOf = ({ rate, maxLeverage }, at, problems) => {
  if (rate !== undefined && maxLeverage === undefined) return readRate(rate);
  if (rate === undefined && maxLeverage !== undefined) return tryParseLeverage(maxLeverage) as Fraction;
  problems.add(at(), 'a rate or a maxLeverage, and not both', rate === undefined ? 'neither' : 'both');
  return null;
};

/** A given deduction must be the derived one rounded to the decimals that it is written with. */
function addDeductionProblem(
  text: string,
  derived: Fraction,
  method: RequirementTable['method'],
  where: string,
  problems: ProblemList,
): void {
  if (method === 'step') {
    problems.add(where, 'no deduction in a stepped table', show(text));
    return;
  }
  const decimals = text.includes('.') ? text.length - text.indexOf('.') - 1 : 0;
  const difference = absolute(subtract(fromDecimal(readDecimal(text)), derived));
  const halfUnit = fraction(1n, 2n * pow10(decimals));
  if (compare(difference, halfUnit) <= 0 && (sign(difference) === 0 || !terminatesWithin(derived, decimals))) return;
  problems.add(where, `${rateText(derived)}, which the floors and rates give`, show(text));
}

// Both of texts that the schema has let through.
function readDecimal(text: string): Decimal {
  return boundedDecimal(text) as Decimal;
}

function readRate(text: string): Fraction {
  return tryParseRate(text) as Fraction;
}

/** The shortest exact text: a decimal when it ends within 18 decimals, else a fraction in lowest terms. */
export function rateText(value: Fraction): string {
  const { n, d } = reduce(value);
  if (!terminatesWithin({ n, d }, DECIMALS_MAX)) return `${n}/${d}`;
  return formatDecimal({ units: (n * pow10(DECIMALS_MAX)) / d, decimals: DECIMALS_MAX });
}

/**
 * The canonical header: `instrumentsFromInput` gives the same instruments back. What is derived or a default is left out, but for the
 * trigger; a greatest leverage is written as its rate.
 */
export function instrumentsToInput(instruments: Instruments): HeaderInput {
  const { valuation, liquidateWhen, hedgeMargin, orderMargin, assets, markets } = instruments;
  return {
    version: 1,
    valuation: valuation.id,
    rules: {
      liquidateWhen,
      ...(hedgeMargin === DEFAULT_RULES.hedgeMargin ? {} : { hedgeMargin }),
      ...(orderMargin === DEFAULT_RULES.orderMargin ? {} : { orderMargin }),
    },
    assets: Object.fromEntries(assets.map((asset) => [asset.id, assetToInput(asset)])),
    markets: Object.fromEntries(markets.map((market) => [market.id, marketToInput(market)])),
  };
}

function assetToInput({ decimals, haircuts, borrow }: Asset): AssetInput {
  const bands = haircuts.map(({ floor, haircut }) => ({ floor: formatDecimal(floor), haircut: rateText(haircut) }));
  const haircut = bands.length === 1 ? bands[0].haircut : bands;
  return borrow === null ? { decimals, haircut } : { decimals, haircut, borrow: tableToInput(borrow) };
}

function marketToInput(market: Market): MarketInput {
  const { kind, base, settle, contractSize, lot, tick, allowNonPositive, maintenance, initial, takerFee } = market;
  const { method, tiers } = tableToInput(maintenance);
  return {
    kind,
    base,
    settle,
    contractSize: formatDecimal(contractSize),
    lot: formatDecimal(lot),
    tick: formatDecimal(tick),
    ...(allowNonPositive ? { allowNonPositive } : {}),
    maintenance: { method, basis: maintenance.basis, closeFee: rateText(maintenance.closeFee), tiers },
    ...(initial === null ? {} : { initial: tableToInput(initial) }),
    ...(takerFee.n === 0n ? {} : { takerFee: rateText(takerFee) }),
  };
}

function tableToInput({ method, tiers }: RequirementTable): { method: RequirementTable['method']; tiers: PlainTierInput[] } {
  return { method, tiers: tiers.map(({ floor, rate }) => ({ floor: formatDecimal(floor), rate: rateText(rate) })) };
}

interface PlainTierInput {
  readonly floor: string;
  readonly rate: string;
}
