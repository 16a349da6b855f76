/** The shape of a book's header: one zod schema whose errors say what is expected. Knows no relation between two fields. */
import { compareDecimals, type Decimal, pow10, tryParseDecimal } from './decimal.js';
import { type Fraction, reduce, terminatesWithin, tryParseFraction } from './fraction.js';
import { DECIMALS_MAX, ID_LENGTH_MAX, PRICE_MAX, RATE_DENOMINATOR_MAX, TIERS_MAX } from './limits.js';
import { leaf, object, z } from './shape.js';

const DECIMAL_TEXT = `a decimal string of at most ${DECIMALS_MAX} decimals, at most 10^30`;
const RATE_TEXT = `a rate from 0 to 1: a decimal string or a fraction such as "1/6" (denominator at most ${RATE_DENOMINATOR_MAX})`;
const LEVERAGE_TEXT = `a decimal string of 1 or more such as "125", one over which is a rate (denominator at most ${RATE_DENOMINATOR_MAX})`;
/** What is expected of a market's or an asset's id. */
export const ID_TEXT = `an id of 1 to ${ID_LENGTH_MAX} printable ASCII characters without spaces, not ending in :long or :short`;

/** A decimal as a text. */
export const decimal = (least: 'any' | 'zero' | 'above zero') => {
  const expected = least === 'any' ? DECIMAL_TEXT : `${DECIMAL_TEXT}, ${least === 'zero' ? 'zero or more' : 'above zero'}`;
  return leaf<string>((text) => {
    const value = typeof text === 'string' ? boundedDecimal(text) : null;
    return value !== null && (least === 'any' || value.units > 0n || (least === 'zero' && value.units === 0n));
  }, expected);
};
/** A rate as a text. */
export const rate = leaf<string>((text) => typeof text === 'string' && tryParseRate(text) !== null, RATE_TEXT);
export const rateBelowOne = leaf<string>((text) => {
  const value = typeof text === 'string' ? tryParseRate(text) : null;
  return value !== null && value.n < value.d;
}, `${RATE_TEXT}, below 1`);
const maxLeverage = leaf<string>((text) => typeof text === 'string' && tryParseLeverage(text) !== null, LEVERAGE_TEXT);
const id = leaf<string>((text) => typeof text === 'string' && isId(text), ID_TEXT);
const wholeDecimals = leaf<number>(
  (value) => Number.isInteger(value) && (value as number) >= 0 && (value as number) <= DECIMALS_MAX,
  `a whole number from 0 to ${DECIMALS_MAX}`,
);
/** One of these words. */
export const choice = <Choice extends string>(...choices: [Choice, Choice, ...Choice[]]) =>
  z.enum(choices, { error: choices.map((each) => `"${each}"`).join(' or ') });
const rows = <Row extends z.ZodType>(row: Row, one: string) =>
  z
    .array(row, { error: `an array of ${one}s` })
    .min(1, { error: `at least one ${one}` })
    .max(TIERS_MAX, { error: `at most ${TIERS_MAX} ${one}s` });

const METHOD = choice('bracket', 'step');
const TIER = object({ floor: decimal('zero'), rate, deduction: decimal('any').optional() }, 'a tier');
const INITIAL_TIER = object({ ...TIER.shape, rate: rate.optional(), maxLeverage: maxLeverage.optional() }, 'a tier');
/** Maintenance of a market. */
export const RULE = object(
  { method: METHOD, basis: choice('mark', 'entry'), closeFee: rate, tiers: rows(TIER, 'tier') },
  'a margin rule',
);
/** Initial margin of a market: each tier has a rate or a greatest leverage. */
export const INITIAL = object({ method: METHOD, tiers: rows(INITIAL_TIER, 'tier') }, 'an initial margin table');
/** Maintenance of what is owed of an asset. */
export const BORROW = object({ method: METHOD, tiers: rows(TIER, 'tier') }, 'a borrow table');

const BANDS = rows(object({ floor: decimal('zero'), haircut: rate }, 'a haircut band'), 'haircut band');
type BandsInput = z.infer<typeof BANDS>;
/** A rate of the whole, or an array of bands: each is told its own problems. */
export const HAIRCUT = z.custom<string | BandsInput>().superRefine((value, { issues }) => {
  const schema: z.ZodType = Array.isArray(value) ? BANDS : rate;
  issues.push(...((schema.safeParse(value).error?.issues ?? []) as z.core.$ZodRawIssue[]));
});

export const RULES = object(
  {
    liquidateWhen: choice('equity<maintenance', 'equity<=maintenance').optional(),
    hedgeMargin: choice('both', 'larger').optional(),
    orderMargin: choice('initial', 'maintenance').optional(),
  },
  'rules',
);
const MARKET = object(
  {
    kind: choice('linear', 'inverse', 'quanto'),
    base: id,
    settle: id,
    contractSize: decimal('above zero'),
    lot: decimal('above zero'),
    tick: decimal('above zero'),
    allowNonPositive: z.boolean({ error: 'true or false' }).optional(),
    maintenance: RULE,
    initial: INITIAL.optional(),
    takerFee: rateBelowOne.optional(),
  },
  'a market',
);
const ASSET = object({ decimals: wholeDecimals, haircut: HAIRCUT, borrow: BORROW.optional() }, 'an asset');
/** The shape of a book's header; what holds between its parts is checked by `instrumentsFromInput`. */
export const HEADER = object(
  {
    version: z.literal(1, { error: 'the number 1' }),
    valuation: id.optional(),
    rules: RULES.optional(),
    assets: z.record(z.string(), ASSET, { error: 'an object of assets by id' }),
    markets: z.record(z.string(), MARKET, { error: 'an object of markets by id' }),
  },
  'a book without its accounts',
);

/** Everything of a book but its accounts. */
export type HeaderInput = z.infer<typeof HEADER>;
export type MarketInput = HeaderInput['markets'][string];
export type AssetInput = HeaderInput['assets'][string];
export type TableInput = z.infer<typeof INITIAL>;

/** Whether a text is a market's or an asset's id. */
export function isId(text: string): boolean {
  return /^[!-~]+$/.test(text) && text.length <= ID_LENGTH_MAX && !/:(long|short)$/.test(text);
}

/** A decimal of at most 18 decimals and at most 10^30, else null. */
export function boundedDecimal(text: string): Decimal | null {
  const value = tryParseDecimal(text);
  if (value === null || value.decimals > DECIMALS_MAX) return null;
  const magnitude = value.units < 0n ? -value.units : value.units;
  return magnitude <= PRICE_MAX * pow10(value.decimals) ? value : null;
}

/** A rate from 0 to 1, else null. */
export function tryParseRate(text: string): Fraction | null {
  const value = tryParseFraction(text);
  if (value === null || value.n < 0n || value.n > value.d) return null;
  if (text.includes('/')) return value.d <= RATE_DENOMINATOR_MAX ? value : null;
  return value.d <= pow10(DECIMALS_MAX) ? value : null;
}

/** The rate of a greatest leverage: one over it; null when it is below 1 or that is no rate that could be written. */
export function tryParseLeverage(text: string): Fraction | null {
  const value = boundedDecimal(text);
  if (value === null || compareDecimals(value, { units: 1n, decimals: 0 }) < 0) return null;
  const inverse = reduce({ n: pow10(value.decimals), d: value.units });
  return inverse.d <= RATE_DENOMINATOR_MAX || terminatesWithin(inverse, DECIMALS_MAX) ? inverse : null;
}
