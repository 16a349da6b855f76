import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatDecimal, tryParseDecimal } from '../../src/model/decimal.js';

const GRAMMAR = /^(-?)(0|[1-9][0-9]*)(?:\.([0-9]+))?$/;

/** The definition, by regular expression. */
function expected(text: string): { units: bigint; decimals: number } | null {
  const match = GRAMMAR.exec(text);
  if (match === null) return null;
  const fraction = (match[3] ?? '').replace(/0+$/, '');
  const units = BigInt(match[2] + fraction);
  if (match[1] === '') return { units, decimals: fraction.length };
  return units === 0n ? null : { units: -units, decimals: fraction.length };
}

test.each([
  '',
  '-',
  '.',
  '.5',
  '5.',
  '-.5',
  '00',
  '-0',
  '-0.00',
  '0.0',
  '1e3',
  '+1',
  ' 1',
  '1 ',
  '1.2.3',
  '--1',
  '100',
  '1.050',
  '٣',
])('parses %j as the grammar says', (text) => expect(tryParseDecimal(text)).toEqual(expected(text)));

test('parses any text as the grammar says', () => {
  const unit = fc.constantFrom('0', '1', '9', '5', '0', '.', '-', 'e', ' ');
  fc.assert(
    fc.property(fc.string({ unit, maxLength: 40 }), (text) => {
      expect(tryParseDecimal(text)).toEqual(expected(text));
    }),
    { numRuns: 3000 },
  );
});

test('prints what it parses, without trailing zeros', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: -(10n ** 40n), max: 10n ** 40n }), fc.nat(30), (units, decimals) => {
      const text = formatDecimal({ units, decimals });
      expect(text).not.toMatch(/\.[0-9]*0$|\.$/);
      const parsed = tryParseDecimal(text);
      expect(parsed !== null && parsed.units * 10n ** BigInt(decimals - parsed.decimals)).toBe(units);
    }),
  );
});

test('a million zeros cost no more than a million steps', () => {
  expect(tryParseDecimal(`0.${'0'.repeat(1_000_000)}1`)?.decimals).toBe(1_000_001);
  expect(tryParseDecimal(`1.${'0'.repeat(1_000_000)}x`)).toBeNull();
});
