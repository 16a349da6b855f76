/** Random small books around their liquidation lines, the same for the same seed. */
import fc from 'fast-check';
import { account, book, type HandBook, market, type Tiers } from './hand-books.js';

const RATES = [
  '0',
  '0.002',
  '0.003333333333333333',
  '0.004',
  '0.005',
  '1/150',
  '0.01',
  '1/70',
  '0.02',
  '1/37',
  '0.1',
  '1/6',
  '1',
];

export function decimalText(units: bigint, decimals: number): string {
  const digits = (units < 0n ? -units : units).toString().padStart(decimals + 1, '0');
  const text = decimals === 0 ? digits : `${digits.slice(0, -decimals)}.${digits.slice(-decimals)}`;
  return units < 0n ? `-${text}` : text;
}

/** Mostly near 100, so that what a position has won or lost is of the size of its requirement. */
export const price = fc
  .oneof(
    { weight: 4, arbitrary: fc.tuple(fc.bigInt({ min: 8_000n, max: 12_500n }), fc.constant(2)) },
    { weight: 1, arbitrary: fc.tuple(fc.bigInt({ min: 1n, max: 99_999n }), fc.integer({ min: 0, max: 3 })) },
  )
  .map(([units, decimals]) => decimalText(units, decimals));

const tiers = fc
  .tuple(
    fc.uniqueArray(fc.integer({ min: 1, max: 5000 }), { maxLength: 4 }),
    fc.array(fc.nat({ max: RATES.length - 1 }), { minLength: 5, maxLength: 5 }),
  )
  .map(([floors, rates]): Tiers => {
    const rising = [0, ...floors.toSorted((a, b) => a - b)];
    const ranks = rates.toSorted((a, b) => a - b);
    return rising.map((floor, i) => [String(floor * 10), RATES[ranks[i]]]);
  });

export const aMarket = fc.record({
  tiers,
  method: fc.constantFrom('bracket' as const, 'bracket' as const, 'step' as const),
  basis: fc.constantFrom('mark' as const, 'mark' as const, 'entry' as const),
  closeFee: fc.constantFrom('0', '0', '0.0006', '1/700'),
  contractSize: fc.constantFrom('1', '1', '10', '0.25'),
  tick: fc.constantFrom('1', '0.5', '0.01', '0.000001'),
});

const leg = fc.record({
  market: fc.constantFrom('A', 'B', 'C'),
  size: fc.bigInt({ min: -3000n, max: 3000n }).filter((units) => units !== 0n),
  entry: price,
  collateral: fc.option(fc.bigInt({ min: 0n, max: 9_999_999n }), { nil: undefined, freq: 3 }),
});

const anAccount = fc.record({
  balance: fc.option(fc.oneof(fc.bigInt({ min: -999_999n, max: 9_999_999n }), fc.bigInt({ min: 0n, max: 999_999n })), {
    nil: null,
    freq: 6,
  }),
  hedge: fc.boolean(),
  legs: fc.array(leg, { maxLength: 5 }),
});

const aBook = fc.record({
  markets: fc.array(aMarket, { minLength: 3, maxLength: 3 }),
  accounts: fc.array(anAccount, { minLength: 1, maxLength: 4 }),
  marks: fc.array(fc.option(price, { freq: 12 }), { minLength: 3, maxLength: 3 }),
  orEqual: fc.boolean(),
});

type Shape = typeof aBook extends fc.Arbitrary<infer Value> ? Value : never;

type Legs = Shape['accounts'][number]['legs'];

/** The second leg against the first, about as large: such portfolios have a boundary on either side. */
function hedged([first, second, ...rest]: Legs): Legs {
  if (second === undefined) return [first].filter((each) => each !== undefined);
  const nudge = second.size / 100n;
  const size = first.size > 0n ? -first.size - 1n + nudge : -first.size + 1n + nudge;
  return [first, { ...second, market: first.market, collateral: first.collateral, size: size === 0n ? 1n : size }, ...rest];
}

function toBook({ markets, accounts, marks, orEqual }: Shape, name: string): HandBook {
  const ids = ['A', 'B', 'C'];
  const inputs = accounts.map(({ balance, hedge, legs }, i) => {
    const seen = new Set<string>();
    const kept = (hedge ? hedged(legs) : legs).filter(({ market: on, size, collateral }) => {
      const key = `${on} ${collateral === undefined} ${hedge && size < 0n}`;
      return !seen.has(key) && seen.add(key) !== undefined;
    });
    const rows = kept.map(({ market: on, size, entry, collateral }) => {
      const row = [on, decimalText(size, 2), entry] as const;
      return collateral === undefined ? row : ([...row, decimalText(collateral, 4)] as const);
    });
    return account(`u${i}`, balance === null ? null : decimalText(balance, 4), rows, hedge ? 'hedge' : undefined);
  });
  const rules = { rules: { liquidateWhen: orEqual ? 'equity<=maintenance' : 'equity<maintenance' } };
  const priced = ids.flatMap((id, i) => (marks[i] === null ? [] : [[id, marks[i]] as const]));
  return {
    name,
    book: book(Object.fromEntries(markets.map((each, i) => [ids[i], market({ ...each, lot: '0.01' })])), inputs, rules),
    marks: Object.fromEntries(priced),
  };
}

export function randomBooks(seed: number, count: number): HandBook[] {
  return fc.sample(aBook, { seed, numRuns: count }).map((shape, i) => toBook(shape, `random-${seed}-${i}`));
}
