/** Assets, markets, tiers and rules as a book's header writes them, to and from the model. No I/O. */
import { compareDecimals, type Decimal, formatDecimal, pow10 } from './decimal.js';
import { absolute, compare, type Fraction, fraction, fromDecimal, reduce, sign, subtract, ZERO } from './fraction.js';
import {
  boundedDecimal,
  HEADER,
  type HeaderInput,
  ID_TEXT,
  isId,
  type MarketInput,
  type TierInput,
  tryParseRate,
} from './instrument-schema.js';
import {
  type Asset,
  DEFAULT_RULES,
  type Instruments,
  type MarginRule,
  type Market,
  plainAsset,
  type Tier,
} from './instruments.js';
import { member } from './json-path.js';
import { DECIMALS_MAX, MARKETS_MAX } from './limits.js';
import { type ProblemList, show } from './problems.js';
import { nextDeduction } from './requirement.js';
import { addShapeProblems } from './shape.js';

const NOTHING: Decimal = { units: 0n, decimals: 0 };

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
  const at = (...path: (string | number)[]) => path.reduce(member, where) as string;
  const assets = new Map<string, Asset>();
  for (const [assetId, asset] of Object.entries(broken.has('assets') ? {} : header.assets)) {
    if (!isId(assetId)) problems.add(at('assets', assetId), ID_TEXT, show(assetId));
    if (broken.has(`assets ${assetId}`)) assets.set(assetId, plainAsset(assets.size, assetId, 0));
    else {
      const haircuts = [{ floor: NOTHING, haircut: readRate(asset.haircut) }];
      assets.set(assetId, { index: assets.size, id: assetId, decimals: asset.decimals, haircuts, borrow: null });
    }
  }
  const valuation = broken.has('assets') || broken.has('valuation') ? undefined : valuationOf(header, assets, at, problems);
  const markets: Market[] = [];
  const entries = Object.entries(broken.has('markets') ? {} : header.markets);
  if (entries.length > MARKETS_MAX) problems.add(at('markets'), `at most ${MARKETS_MAX} markets`, String(entries.length));
  for (const [marketId, market] of entries) {
    if (!isId(marketId)) problems.add(at('markets', marketId), ID_TEXT, show(marketId));
    if (broken.has(`markets ${marketId}`)) continue;
    if (!broken.has('assets')) addSettleProblems(market.settle, assets, valuation, at('markets', marketId, 'settle'), problems);
    const settleAsset = assets.get(market.settle)?.index ?? 0;
    markets.push(readMarket(market, marketId, markets.length, settleAsset, at('markets', marketId), problems));
  }
  if (problems.count > before || valuation === undefined) return null;
  return {
    ...DEFAULT_RULES,
    ...(header.rules?.liquidateWhen === undefined ? {} : { liquidateWhen: header.rules.liquidateWhen }),
    valuation,
    assets: [...assets.values()],
    markets,
    marketIndex: new Map(markets.map((market) => [market.id, market.index])),
  };
}

type At = (...path: (string | number)[]) => string;

function valuationOf(header: HeaderInput, assets: ReadonlyMap<string, Asset>, at: At, problems: ProblemList): Asset | undefined {
  if (header.valuation === undefined && assets.size !== 1) {
    problems.add(at('valuation'), 'the id of an asset, as the book does not have exactly one', 'nothing');
    return undefined;
  }
  const valuationId = header.valuation ?? [...assets.keys()][0];
  const valuation = assets.get(valuationId);
  if (valuation === undefined) problems.add(at('valuation'), 'a declared asset', show(valuationId));
  else if (sign(valuation.haircuts[0].haircut) !== 0) {
    const expected = '"0", as this is the valuation asset (settle assets with a haircut come with a later release)';
    problems.add(at('assets', valuationId, 'haircut'), expected, show(header.assets[valuationId].haircut));
  }
  return valuation;
}

function addSettleProblems(
  settle: string,
  assets: ReadonlyMap<string, Asset>,
  valuation: Asset | undefined,
  where: string,
  problems: ProblemList,
): void {
  if (!assets.has(settle)) problems.add(where, 'a declared asset', show(settle));
  else if (valuation !== undefined && settle !== valuation.id) {
    const expected = `the valuation asset ${show(valuation.id)} (other settle assets come with a later release)`;
    problems.add(where, expected, show(settle));
  }
}

function readMarket(
  input: MarketInput,
  marketId: string,
  index: number,
  settleAsset: number,
  where: string,
  problems: ProblemList,
): Market {
  const { method, basis, closeFee, tiers } = input.maintenance;
  return {
    index,
    id: marketId,
    kind: input.kind,
    base: input.base,
    settle: input.settle,
    settleAsset,
    contractSize: readDecimal(input.contractSize),
    lot: readDecimal(input.lot),
    tick: readDecimal(input.tick),
    allowNonPositive: input.allowNonPositive ?? false,
    maintenance: {
      method,
      basis,
      closeFee: readRate(closeFee),
      tiers: readTiers(tiers, method, member(member(where, 'maintenance'), 'tiers'), problems),
    },
    initial: null,
    takerFee: ZERO,
  };
}

/** Derives the deductions: `d_0 = 0, d_n = d_{n−1} + floor_n·(rate_n − rate_{n−1})` of a bracket table, 0 of a stepped one. */
function readTiers(inputs: readonly TierInput[], method: MarginRule['method'], where: string, problems: ProblemList): Tier[] {
  const tiers: Tier[] = [];
  inputs.forEach((input, i) => {
    const floor = readDecimal(input.floor);
    const tierRate = readRate(input.rate);
    const last = tiers.at(-1);
    let deduction = ZERO;
    if (last === undefined) {
      if (floor.units !== 0n) problems.add(member(member(where, i), 'floor'), '"0" in the first tier', show(input.floor));
    } else {
      if (compareDecimals(floor, last.floor) <= 0) {
        const expected = `a floor above the last tier's ${formatDecimal(last.floor)}`;
        problems.add(member(member(where, i), 'floor'), expected, show(input.floor));
      }
      if (compare(tierRate, last.rate) < 0) {
        problems.add(
          member(member(where, i), 'rate'),
          `a rate not below the last tier's ${rateText(last.rate)}`,
          show(input.rate),
        );
      }
      if (method === 'bracket') deduction = nextDeduction(last, floor, tierRate);
    }
    if (input.deduction !== undefined) {
      addDeductionProblem(input.deduction, deduction, method, member(member(where, i), 'deduction'), problems);
    }
    tiers.push({ floor, rate: tierRate, deduction });
  });
  return tiers;
}

/** A given deduction must be the derived one rounded to the decimals that it is written with. */
function addDeductionProblem(
  text: string,
  derived: Fraction,
  method: MarginRule['method'],
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

function terminatesWithin(value: Fraction, decimals: number): boolean {
  return (value.n * pow10(decimals)) % value.d === 0n;
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

/** The canonical header: `instrumentsFromInput` gives the same instruments back. Deductions are left out: they are derived. */
export function instrumentsToInput(instruments: Instruments): HeaderInput {
  const { valuation, liquidateWhen, assets, markets } = instruments;
  return {
    version: 1,
    valuation: valuation.id,
    rules: { liquidateWhen },
    assets: Object.fromEntries(
      assets.map(({ id: assetId, decimals, haircuts }) => [assetId, { decimals, haircut: rateText(haircuts[0].haircut) }]),
    ),
    markets: Object.fromEntries(markets.map((market) => [market.id, marketToInput(market)])),
  };
}

function marketToInput(market: Market): MarketInput {
  const { kind, base, settle, contractSize, lot, tick, allowNonPositive, maintenance } = market;
  const { method, basis, closeFee, tiers } = maintenance;
  return {
    kind: kind as 'linear',
    base,
    settle,
    contractSize: formatDecimal(contractSize),
    lot: formatDecimal(lot),
    tick: formatDecimal(tick),
    ...(allowNonPositive ? { allowNonPositive } : {}),
    maintenance: {
      method,
      basis,
      closeFee: rateText(closeFee),
      tiers: tiers.map((tier) => ({ floor: formatDecimal(tier.floor), rate: rateText(tier.rate) })),
    },
  };
}
