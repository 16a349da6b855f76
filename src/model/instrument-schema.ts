/** The shape of a book's header: one zod schema whose errors say what is expected. Knows no relation between two fields. */
import { type Decimal, pow10, tryParseDecimal } from './decimal.js';
import { type Fraction, tryParseFraction } from './fraction.js';
import { DECIMALS_MAX, ID_LENGTH_MAX, PRICE_MAX, RATE_DENOMINATOR_MAX, TIERS_MAX } from './limits.js';
import { leaf, object, z } from './shape.js';

const DECIMAL_TEXT = `a decimal string of at most ${DECIMALS_MAX} decimals, at most 10^30`;
const RATE_TEXT = `a rate from 0 to 1: a decimal string or a fraction such as "1/6" (denominator at most ${RATE_DENOMINATOR_MAX})`;
const LINEAR_TEXT = '"linear" (inverse and quanto contracts come with the margin rules of a later release)';
/** What is expected of a market's or an asset's id. */
export const ID_TEXT = `an id of 1 to ${ID_LENGTH_MAX} printable ASCII characters without spaces, not ending in :long or :short`;

const decimal = (least: 'any' | 'zero' | 'above zero') => {
  const expected = least === 'any' ? DECIMAL_TEXT : `${DECIMAL_TEXT}, ${least === 'zero' ? 'zero or more' : 'above zero'}`;
  return leaf<string>((text) => {
    const value = typeof text === 'string' ? boundedDecimal(text) : null;
    return value !== null && (least === 'any' || value.units > 0n || (least === 'zero' && value.units === 0n));
  }, expected);
};
const rate = leaf<string>((text) => typeof text === 'string' && tryParseRate(text) !== null, RATE_TEXT);
const id = leaf<string>((text) => typeof text === 'string' && isId(text), ID_TEXT);
const wholeDecimals = leaf<number>(
  (value) => Number.isInteger(value) && (value as number) >= 0 && (value as number) <= DECIMALS_MAX,
  `a whole number from 0 to ${DECIMALS_MAX}`,
);

const TIER = object({ floor: decimal('zero'), rate, deduction: decimal('any').optional() }, 'a tier');
const RULE = object(
  {
    method: z.enum(['bracket', 'step'], { error: '"bracket" or "step"' }),
    basis: z.enum(['mark', 'entry'], { error: '"mark" or "entry"' }),
    closeFee: rate,
    tiers: z
      .array(TIER, { error: 'an array of tiers' })
      .min(1, { error: 'at least one tier' })
      .max(TIERS_MAX, { error: `at most ${TIERS_MAX} tiers` }),
  },
  'a margin rule',
);
const MARKET = object(
  {
    kind: z.literal('linear', { error: LINEAR_TEXT }),
    base: id,
    settle: id,
    contractSize: decimal('above zero'),
    lot: decimal('above zero'),
    tick: decimal('above zero'),
    allowNonPositive: z.boolean({ error: 'true or false' }).optional(),
    maintenance: RULE,
  },
  'a market',
);
const ASSET = object({ decimals: wholeDecimals, haircut: rate }, 'an asset');
const TRIGGER = z.enum(['equity<maintenance', 'equity<=maintenance'], {
  error: '"equity<maintenance" or "equity<=maintenance"',
});
/** The shape of a book's header; what holds between its parts is checked by `instrumentsFromInput`. */
export const HEADER = object(
  {
    version: z.literal(1, { error: 'the number 1' }),
    valuation: id.optional(),
    rules: object({ liquidateWhen: TRIGGER.optional() }, 'rules').optional(),
    assets: z.record(z.string(), ASSET, { error: 'an object of assets by id' }),
    markets: z.record(z.string(), MARKET, { error: 'an object of markets by id' }),
  },
  'a book without its accounts',
);

/** Everything of a book but its accounts. */
export type HeaderInput = z.infer<typeof HEADER>;
export type MarketInput = HeaderInput['markets'][string];
export type TierInput = MarketInput['maintenance']['tiers'][number];

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
