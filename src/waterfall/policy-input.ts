/** Policies as their files write them, to the model: shape, ids of the book, and what must hold between stages, every problem at once. No I/O. */
import type { DispatchLimits, Rate } from '../dispatch/limits.js';
import type { Decimal } from '../model/decimal.js';
import type { Fraction } from '../model/fraction.js';
import { ZERO } from '../model/fraction.js';
import { boundedDecimal } from '../model/instrument-schema.js';
import type { Instruments } from '../model/instruments.js';
import { member } from '../model/json-path.js';
import { lots } from '../model/portfolio.js';
import { type ProblemList, show } from '../model/problems.js';
import { addShapeProblems } from '../model/shape.js';
import type { AuctionCurve, OrderTerms, PartialMethod, Policy, PricePolicy, Scope, StageEntry } from './policy.js';
import { addOrderProblems, addSlippageProblem, addStageProblems } from './policy-checks.js';
import { type LimitsInput, POLICY, type PolicyInput, type StageInput, tryParseRatio } from './policy-schema.js';

const US_PER_MS = 1_000;
const NO_LIMITS: LimitsInput = {};

/**
 * The policy that an input describes for a book, or null when something is wrong with it; then every problem has been added under `where`,
 * such as `policy.json: `. What is left out has its default: see docs/waterfall.md.
 */
export function policyFromInput(input: unknown, where: string, instruments: Instruments, problems: ProblemList): Policy | null {
  const before = problems.count;
  const paths = addShapeProblems(POLICY, input, where, problems);
  if (paths.some((path) => path.length === 0)) return null;
  // Parts that have their shape are checked further, whatever is wrong elsewhere.
  const broken = new Set(paths.map((path) => path.slice(0, 2).join(' ')));
  const policy = input as PolicyInput;
  const isWhole = (part: string): boolean => [...broken].every((path) => !path.startsWith(part));
  const inStages = member(where, 'stages');
  const stages = broken.has('stages')
    ? []
    : policy.stages.map((stage, i) => {
        if (broken.has(`stages ${i}`)) return null;
        const inStage = member(inStages, i);
        addStageProblems(stage, inStage, problems);
        if (policy.fees !== undefined && isWhole('fees')) addSlippageProblem(stage, policy.fees.liquidation, inStage, problems);
        return readStage(stage, inStage, instruments, problems);
      });
  if (!broken.has('stages')) addOrderProblems(stages, inStages, instruments, problems);
  const limits = isWhole('limits')
    ? readLimits(policy.limits ?? NO_LIMITS, member(where, 'limits'), instruments, problems)
    : null;
  if (problems.count > before || limits === null) return null;
  const { name, sources, liquidationTarget, rank = 'deficit', fees, dust, watch } = policy;
  return {
    id: name,
    sources,
    liquidationTarget: liquidationTarget === undefined ? ZERO : readRatio(liquidationTarget),
    rank,
    fees: { liquidation: fees === undefined ? ZERO : readRatio(fees.liquidation), surplus: fees?.surplus ?? 'account' },
    dust: { orderMin: readDecimal(dust?.orderMin ?? '0') },
    watch: watch === undefined ? null : { below: readRatio(watch.below), everyUs: watch.everyMs * US_PER_MS },
    limits,
    stages: stages as StageEntry[],
  };
}

// Both of texts that the schema has let through.
function readDecimal(text: string): Decimal {
  return boundedDecimal(text) as Decimal;
}

function readRatio(text: string): Fraction {
  return tryParseRatio(text) as Fraction;
}

/** Indexes of ids of the book, each named once. */
function readIds(
  ids: readonly string[] | undefined,
  indexOf: (id: string) => number | undefined,
  one: string,
  where: string,
  problems: ProblemList,
): ReadonlySet<number> | null {
  if (ids === undefined) return null;
  const found = new Set<number>();
  for (const [i, id] of ids.entries()) {
    const index = indexOf(id);
    if (index === undefined) problems.add(member(where, i), `${one} of the book`, show(id));
    else if (found.has(index)) problems.add(member(where, i), 'each id once', `${show(id)} again`);
    else found.add(index);
  }
  return found;
}

function readScope(stage: StageInput, where: string, instruments: Instruments, problems: ProblemList): Scope {
  const { assets, marketIndex } = instruments;
  const assetOf = (id: string): number | undefined => assets.find((asset) => asset.id === id)?.index;
  return {
    markets: readIds(
      'markets' in stage ? stage.markets : undefined,
      (id) => marketIndex.get(id),
      'a market',
      member(where, 'markets'),
      problems,
    ),
    assets: readIds('assets' in stage ? stage.assets : undefined, assetOf, 'an asset', member(where, 'assets'), problems),
  };
}

type OrdersInput = Extract<StageInput, { readonly stage: 'full' }>;

function readOrders({ price, ttlMs, retries = 0 }: Pick<OrdersInput, 'price' | 'ttlMs' | 'retries'>): OrderTerms {
  return { price: readPrice(price), ttlUs: ttlMs * US_PER_MS, retries };
}

function readPrice(price: OrdersInput['price']): PricePolicy {
  switch (price.kind) {
    case 'bankruptcy':
    case 'market':
      return { kind: price.kind };
    case 'fillable':
      return { kind: 'fillable', adjustment: readRatio(price.adjustment), spread: readRatio(price.spread) };
    case 'slippage':
      return { kind: 'slippage', rate: readRatio(price.rate) };
  }
}

function readMethod(method: Extract<StageInput, { readonly stage: 'partial' }>['method']): PartialMethod {
  switch (method.kind) {
    case 'restore':
      return { kind: 'restore' };
    case 'fraction': {
      const { share, above, cooldownMs } = method;
      return { kind: 'fraction', share: readRatio(share), above: readDecimal(above), cooldownUs: cooldownMs * US_PER_MS };
    }
    case 'tier':
      return { kind: 'tier', tiers: method.tiers };
    case 'increment':
      return { kind: 'increment', lots: lots(method.lots) };
  }
}

type AuctionInput = Extract<StageInput, { readonly stage: 'auction' }>;

function readCurve(curve: AuctionInput['curve']): AuctionCurve {
  const durationUs = curve.durationMs * US_PER_MS;
  if (curve.kind === 'linear') return { kind: 'linear', durationUs };
  return { kind: 'stair', cut: readDecimal(curve.cut), stepUs: curve.stepMs * US_PER_MS, durationUs };
}

function readAuction(input: AuctionInput, scope: Scope): StageEntry {
  const { stage, of, curve, start, reserve, biddersMin = 0, resetAgeMs, resetDrop, resetsMax = 0 } = input;
  return {
    ...{ stage, ...scope, of, biddersMin, resetsMax },
    curve: readCurve(curve),
    start: readRatio(start),
    reserve: readRatio(reserve),
    resetAgeUs: resetAgeMs * US_PER_MS,
    resetDrop: readRatio(resetDrop),
  };
}

function readFund(input: Extract<StageInput, { readonly stage: 'fund' }>, scope: Scope): StageEntry {
  const { stage, perMarket = false, reserve, caseMax, window, drawdown } = input;
  return {
    ...{ stage, ...scope, ...readOrders(input), perMarket },
    reserve: readRatio(reserve),
    caseMax: optionalDecimal(caseMax),
    window: window === undefined ? null : { amount: readDecimal(window.amount), durationUs: window.durationMs * US_PER_MS },
    drawdown:
      drawdown === undefined
        ? null
        : { trigger: readRatio(drawdown.trigger), stop: readRatio(drawdown.stop), peakUs: drawdown.peakMs * US_PER_MS },
  };
}

function optionalDecimal(text: string | undefined): Decimal | null {
  return text === undefined ? null : readDecimal(text);
}

function readStage(input: StageInput, where: string, instruments: Instruments, problems: ProblemList): StageEntry {
  const scope = readScope(input, where, instruments, problems);
  switch (input.stage) {
    case 'margin-call': {
      const { stage, thresholds, graceMs = 0 } = input;
      return { stage, ...scope, thresholds: thresholds.map(readRatio), graceUs: graceMs * US_PER_MS };
    }
    case 'cancel':
      return { stage: input.stage, ...scope, waitUs: input.waitMs * US_PER_MS };
    case 'partial': {
      const { stage, method, slippage = '0' } = input;
      return { stage, ...scope, ...readOrders(input), method: readMethod(method), slippage: readRatio(slippage) };
    }
    case 'full':
      return { stage: input.stage, ...scope, ...readOrders(input) };
    case 'auction':
      return readAuction(input, scope);
    case 'backstop': {
      const { stage, account, below, lossLimit } = input;
      return { stage, ...scope, account, below: readRatio(below), lossLimit: optionalDecimal(lossLimit) };
    }
    case 'convert':
      return { stage: input.stage, ...scope };
    case 'fund':
      return readFund(input, scope);
    case 'adl': {
      const { stage, method, price, hedgeAware = false } = input;
      return { stage, ...scope, method, price, hedgeAware };
    }
    case 'socialise': {
      const { stage, method, from, remainder } = input;
      return { stage, ...scope, method, from, remainder };
    }
    case 'issuance':
      return { stage: input.stage, ...scope, cap: optionalDecimal(input.cap) };
  }
}

function readLimits(input: LimitsInput, where: string, { marketIndex }: Instruments, problems: ProblemList): DispatchLimits {
  const rateOf = (given: LimitsInput['global']): Rate | null =>
    given === undefined ? null : { count: given.count, perUs: given.perMs * US_PER_MS };
  const depth = new Map<number, Decimal>();
  for (const [id, amount] of Object.entries(input.depth ?? {})) {
    const market = marketIndex.get(id);
    if (market === undefined) problems.add(member(member(where, 'depth'), id), 'a market of the book', show(id));
    else depth.set(market, readDecimal(amount));
  }
  const { notional } = input;
  return {
    perAccount: rateOf(input.perAccount),
    perMarket: rateOf(input.perMarket),
    global: rateOf(input.global),
    notional: notional === undefined ? null : { share: readRatio(notional.share), perUs: notional.perMs * US_PER_MS },
    depth,
  };
}
