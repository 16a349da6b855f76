/** The shape of a policy file: one zod schema whose errors say what is expected. Knows no relation between two fields and no book. */
import { isAccountId } from '../model/account-input.js';
import { pow10 } from '../model/decimal.js';
import { compare, type Fraction, fraction, tryParseFraction } from '../model/fraction.js';
import { choice, decimal, rate, rateBelowOne } from '../model/instrument-schema.js';
import { DECIMALS_MAX, LOTS_MAX, RATE_DENOMINATOR_MAX, TIERS_MAX } from '../model/limits.js';
import { leaf, object, z } from '../model/shape.js';
import { anyText, line, name, source } from '../model/texts.js';
import { ENTRY_NAMES } from './policy.js';

/** A year. */
const DURATION_MS_MAX = 366 * 24 * 3_600_000;
const COUNT_MAX = 1_000_000_000;
const STAGES_MAX = 64;
/** The largest ratio that a policy may name: of margin ratios, of adjustments, of a depth. */
const RATIO_MAX = 10_000n;

const whole = (least: number, most: number) =>
  leaf<number>(
    (value) => Number.isSafeInteger(value) && (value as number) >= least && (value as number) <= most,
    `a whole number from ${least} to ${most}`,
  );
const milliseconds = (least: 0 | 1) =>
  leaf<number>(
    (value) => Number.isSafeInteger(value) && (value as number) >= least && (value as number) <= DURATION_MS_MAX,
    `a whole number of milliseconds from ${least} to ${DURATION_MS_MAX}`,
  );

/** A decimal or a fraction from 0 on, not a rate: null when the text is none, or has more digits than may be. */
export function tryParseRatio(text: string): Fraction | null {
  const value = tryParseFraction(text);
  if (value === null || value.n < 0n || compare(value, fraction(RATIO_MAX)) > 0) return null;
  return value.d <= (text.includes('/') ? RATE_DENOMINATOR_MAX : pow10(DECIMALS_MAX)) ? value : null;
}

const ratio = (accepts: (value: Fraction) => boolean, range: string) =>
  leaf<string>((text) => {
    const value = typeof text === 'string' ? tryParseRatio(text) : null;
    return value !== null && accepts(value);
  }, `a decimal string or a fraction such as "7/6", ${range}`);
const anyRatio = ratio(() => true, `from 0 to ${RATIO_MAX}`);
const positiveRatio = ratio(({ n }) => n > 0n, `above 0, at most ${RATIO_MAX}`);
const ratioAboveOne = ratio(({ n, d }) => n > d, `above 1, at most ${RATIO_MAX}`);
/** At twice the mark a short's auction would begin at a price of 0. */
const startShare = ratio(({ n, d }) => n > 0n && n < 2n * d, 'above 0 and below 2');
const positiveRate = ratio(({ n, d }) => n > 0n && n <= d, 'above 0, at most 1');
const cut = leaf<string>((text) => {
  const value = typeof text === 'string' && !text.includes('/') ? tryParseRatio(text) : null;
  return value !== null && value.n > 0n && value.n < value.d;
}, `a decimal string above 0 and below 1, of at most ${DECIMALS_MAX} decimals`);

const ids = (one: string) =>
  z
    .array(
      leaf<string>((value) => typeof value === 'string', `the id of ${one}`),
      { error: 'an array of ids' },
    )
    .min(1, { error: `at least one id (left out: every one)` });
const MARKETS = { markets: ids('a market').optional() };
const ASSETS = { assets: ids('an asset').optional() };

/** How a problem tells of several shapes that a word tells apart. */
const told = (what: string, ...words: readonly string[]) => ({
  error: (issue: { readonly code?: string }) =>
    issue.code === 'invalid_union' ? `one of ${words.join(', ')}` : `an object: ${what}`,
});

const PRICE = z.discriminatedUnion(
  'kind',
  [
    object({ kind: z.literal('bankruptcy') }, 'a price at bankruptcy'),
    object({ kind: z.literal('fillable'), adjustment: anyRatio, spread: rate }, 'a fillable price'),
    object({ kind: z.literal('slippage'), rate: rateBelowOne }, 'a price by slippage'),
    object({ kind: z.literal('market') }, 'any price'),
  ],
  told('a price', 'bankruptcy', 'fillable', 'slippage', 'market'),
);
const ORDERS = { price: PRICE, ttlMs: milliseconds(1), retries: whole(0, COUNT_MAX).optional() };

const METHOD = z.discriminatedUnion(
  'kind',
  [
    object({ kind: z.literal('restore') }, 'the least that restores'),
    object(
      { kind: z.literal('fraction'), share: positiveRate, above: decimal('zero'), cooldownMs: milliseconds(0) },
      'a share of a position',
    ),
    object({ kind: z.literal('tier'), tiers: whole(1, TIERS_MAX) }, 'tiers down'),
    object({ kind: z.literal('increment'), lots: whole(1, LOTS_MAX) }, 'lots a round'),
  ],
  told('a method', 'restore', 'fraction', 'tier', 'increment'),
);

const CURVE = z.discriminatedUnion(
  'kind',
  [
    object({ kind: z.literal('linear'), durationMs: milliseconds(1) }, 'a line'),
    object({ kind: z.literal('stair'), cut, stepMs: milliseconds(1), durationMs: milliseconds(1) }, 'a stair'),
  ],
  told('a curve', 'linear', 'stair'),
);

const MARGIN_CALL = object(
  {
    stage: z.literal('margin-call'),
    thresholds: z.array(ratioAboveOne, { error: 'an array of margin ratios' }).min(1, { error: 'at least one threshold' }),
    graceMs: milliseconds(0).optional(),
  },
  'a margin call',
);
const CANCEL = object({ stage: z.literal('cancel'), waitMs: milliseconds(0) }, 'a cancel stage');
const PARTIAL = object(
  { stage: z.literal('partial'), ...MARKETS, method: METHOD, slippage: rateBelowOne.optional(), ...ORDERS },
  'a partial liquidation',
);
const FULL = object({ stage: z.literal('full'), ...MARKETS, ...ORDERS }, 'a full liquidation');
const AUCTION = object(
  {
    stage: z.literal('auction'),
    ...MARKETS,
    of: choice('position', 'portfolio'),
    curve: CURVE,
    start: startShare,
    reserve: positiveRatio,
    biddersMin: whole(0, COUNT_MAX).optional(),
    resetAgeMs: milliseconds(1),
    resetDrop: rate,
    resetsMax: whole(0, COUNT_MAX).optional(),
  },
  'an auction',
);
const BACKSTOP = object(
  {
    stage: z.literal('backstop'),
    ...MARKETS,
    account: leaf<string>(
      (value) => typeof value === 'string' && isAccountId(value),
      'an account id of 1 to 64 of A-Z, a-z, 0-9, . _ -',
    ),
    below: positiveRate,
    lossLimit: decimal('above zero').optional(),
  },
  'a backstop',
);
const CONVERT = object({ stage: z.literal('convert'), ...ASSETS }, 'a conversion');
const FUND = object(
  {
    stage: z.literal('fund'),
    ...MARKETS,
    ...ASSETS,
    perMarket: z.boolean({ error: 'true or false' }).optional(),
    reserve: rate,
    caseMax: decimal('above zero').optional(),
    window: object({ amount: decimal('above zero'), durationMs: milliseconds(1) }, 'a limit in a window').optional(),
    drawdown: object({ trigger: positiveRate, stop: positiveRate, peakMs: milliseconds(1) }, 'a drawdown').optional(),
    ...ORDERS,
  },
  'an insurance fund',
);
const ADL = object(
  {
    stage: z.literal('adl'),
    ...MARKETS,
    method: choice('queue', 'hyperliquid', 'pro-rata'),
    price: choice('bankruptcy', 'mark'),
    hedgeAware: z.boolean({ error: 'true or false' }).optional(),
  },
  'auto-deleveraging',
);
const SOCIALISE = object(
  {
    stage: z.literal('socialise'),
    ...ASSETS,
    method: choice('gains', 'funding-index'),
    from: choice('market', 'asset'),
    remainder: choice('venue', 'last'),
  },
  'a shared loss',
);
const ISSUANCE = object({ stage: z.literal('issuance'), ...ASSETS, cap: decimal('above zero').optional() }, 'an issuance');

const STAGE = z.discriminatedUnion(
  'stage',
  [MARGIN_CALL, CANCEL, PARTIAL, FULL, AUCTION, BACKSTOP, CONVERT, FUND, ADL, SOCIALISE, ISSUANCE],
  told('a stage', ...ENTRY_NAMES),
);

const RATE = object({ count: whole(1, COUNT_MAX), perMs: milliseconds(1) }, 'orders by time');
const LIMITS = object(
  {
    perAccount: RATE.optional(),
    perMarket: RATE.optional(),
    global: RATE.optional(),
    notional: object({ share: positiveRatio, perMs: milliseconds(1) }, 'a share of the depth by time').optional(),
    depth: z.record(z.string(), decimal('above zero'), { error: 'an object of depths by market' }).optional(),
  },
  'dispatch limits',
);

/** The shape of a policy file; what holds between its parts, and against a book, is checked by `policyFromInput`. */
export const POLICY = object(
  {
    $schema: anyText.optional(),
    version: z.literal(1, { error: 'the number 1' }),
    name,
    title: line,
    sources: z.array(source, { error: 'an array of https addresses' }),
    liquidationTarget: rate.optional(),
    rank: choice('deficit', 'expected-bad-debt').optional(),
    fees: object({ liquidation: rate, surplus: choice('account', 'fund') }, 'fees').optional(),
    dust: object({ orderMin: decimal('zero') }, 'a dust rule').optional(),
    watch: object({ below: ratioAboveOne, everyMs: milliseconds(1) }, 'a watch list').optional(),
    limits: LIMITS.optional(),
    stages: z
      .array(STAGE, { error: 'an array of stages' })
      .min(1, { error: 'at least one stage' })
      .max(STAGES_MAX, { error: `at most ${STAGES_MAX} stages` }),
  },
  'a policy',
);

export type PolicyInput = z.infer<typeof POLICY>;
export type StageInput = PolicyInput['stages'][number];
export type LimitsInput = z.infer<typeof LIMITS>;
