/** Random headers and accounts with every field that a book may have, for the round trips. */
import fc from 'fast-check';
import { pow10 } from '../../src/model/decimal.js';
import { instrumentsFromInput } from '../../src/model/instrument-input.js';
import type { Instruments, Market } from '../../src/model/instruments.js';
import { AMOUNT_MAX, isAmount, LOTS_MAX } from '../../src/model/limits.js';
import {
  type Account,
  type Balance,
  cash,
  cost,
  type IsolatedPosition,
  lots,
  type OpenOrder,
  type Position,
} from '../../src/model/portfolio.js';
import { ProblemList } from '../../src/model/problems.js';
import { fundingUnits } from '../../src/model/quantities.js';

const decimalText = (max: number) =>
  fc.tuple(fc.bigInt({ min: 1n, max: 10n ** BigInt(max) }), fc.nat(12)).map(([units, decimals]) => {
    const digits = units.toString().padStart(decimals + 1, '0');
    return decimals === 0 ? digits : `${digits.slice(0, -decimals)}.${digits.slice(-decimals)}`;
  });
const rateText = fc.oneof(
  fc.nat(1000).map((n) => (n === 1000 ? '1' : `0.${String(n).padStart(3, '0')}`)),
  fc.integer({ min: 1, max: 10 ** 9 }).chain((d) => fc.nat(d).map((n) => `${n}/${d}`)),
);
const shareOf = (text: string) => (text.includes('/') ? Number(text.split('/')[0]) / Number(text.split('/')[1]) : Number(text));

/** Floors that rise from 0, and rates that do not fall. */
const risingRows = fc.uniqueArray(fc.nat(10 ** 9), { minLength: 1, maxLength: 6 }).chain((floors) =>
  fc.array(rateText, { minLength: floors.length, maxLength: floors.length }).map((rates) => {
    const sorted = floors.toSorted((a, b) => a - b);
    const rising = rates.toSorted((a, b) => shareOf(a) - shareOf(b));
    return sorted.map((floor, i) => ({ floor: i === 0 ? '0' : String(floor + 1), rate: rising[i] }));
  }),
);
const method = fc.constantFrom('bracket', 'step');
const table = fc.record({ method, tiers: risingRows });
const leverageTable = fc.record({
  method,
  tiers: fc
    .uniqueArray(fc.integer({ min: 1, max: 200 }), { minLength: 1, maxLength: 4 })
    .map((leverages) => leverages.toSorted((a, b) => b - a).map((x, i) => ({ floor: String(i * 1000), maxLeverage: `${x}.5` }))),
});
const idText = fc.string({ unit: fc.constantFrom('A', 'b', '9', '/', ':', '-', '"', '\\', '~'), minLength: 1, maxLength: 8 });
const optional = <Value>(value: fc.Arbitrary<Value>) => fc.option(value, { nil: undefined });

const market = fc
  .record(
    {
      kind: fc.constantFrom('linear', 'inverse', 'quanto'),
      base: idText,
      settle: fc.constantFrom('USD', 'X', 'Y'),
      contractSize: decimalText(6),
      lot: decimalText(6),
      tick: decimalText(6),
      allowNonPositive: fc.boolean(),
      maintenance: fc
        .tuple(table, fc.constantFrom('mark', 'entry'), rateText)
        .map(([rule, basis, closeFee]) => ({ ...rule, basis, closeFee })),
      initial: fc.oneof(table, leverageTable),
      takerFee: rateText.filter((text) => shareOf(text) < 1),
    },
    { requiredKeys: ['kind', 'base', 'settle', 'contractSize', 'lot', 'tick', 'maintenance'] },
  )
  .map((one) => (one.kind === 'inverse' ? { ...one, allowNonPositive: false } : one));
const haircut = fc.oneof(
  rateText,
  risingRows.map((rows) => rows.map(({ floor, rate }) => ({ floor, haircut: rate }))),
);
const asset = (decimals: number) =>
  fc.record({ decimals: fc.constant(decimals), haircut, borrow: table }, { requiredKeys: ['decimals', 'haircut'] });

/** Assets of 18, 3 and 0 decimals, the last in the middle: the valuation asset. */
export const header = fc.record({
  version: fc.constant(1),
  valuation: fc.constant('USD'),
  rules: fc.record(
    {
      liquidateWhen: fc.constantFrom('equity<maintenance', 'equity<=maintenance'),
      hedgeMargin: fc.constantFrom('both', 'larger'),
      orderMargin: fc.constantFrom('initial', 'maintenance'),
    },
    { requiredKeys: [] },
  ),
  assets: fc.record({ X: asset(3), USD: asset(18), Y: asset(0) }),
  markets: fc.dictionary(idText, market, { minKeys: 1, maxKeys: 5 }),
});

export function instrumentsOf(input: unknown): Instruments {
  const problems = new ProblemList();
  const instruments = instrumentsFromInput(input, '', problems);
  problems.throwIfAny();
  if (instruments === null) throw new Error('expected instruments');
  return instruments;
}

const amount = fc.oneof(fc.bigInt({ min: -(10n ** 24n), max: 10n ** 24n }), fc.constantFrom(0n, AMOUNT_MAX, -AMOUNT_MAX));
const size = fc.oneof(fc.integer({ min: -1000, max: 1000 }), fc.constantFrom(LOTS_MAX, -LOTS_MAX)).filter((n) => n !== 0);
const magnitude = (units: bigint): bigint => (units < 0n ? -units : units);

/** The amount without the digits that an asset does not have. */
function inDecimals(units: bigint, { decimals }: { readonly decimals: number }): bigint {
  return units - (units % pow10(18 - decimals));
}

/** A row whose price ends within 18 decimals: its cost is a whole multiple of its lots. */
function row({ markets }: Instruments): fc.Arbitrary<Position> {
  const price = fc.bigInt({ min: -(10n ** 21n), max: 10n ** 21n }).filter((units) => units !== 0n);
  return fc.tuple(fc.nat(markets.length - 1), size, price).map(([index, count, units]) => {
    const signed = markets[index].allowNonPositive ? units : magnitude(units);
    const largest = AMOUNT_MAX / BigInt(Math.abs(count));
    const bounded = signed > largest ? largest : signed < -largest ? -largest : signed;
    return { market: index, lots: lots(count), cost: cost(BigInt(count) * bounded) };
  });
}

/** An index whose funding has as few digits as there may be. */
function fundingOf({ lot, contractSize }: Market): fc.Arbitrary<{ readonly units: bigint; readonly decimals: number }> {
  const decimals = 18 - lot.decimals - contractSize.decimals;
  return fc
    .bigInt({ min: -(10n ** 6n), max: 10n ** 6n })
    .map((units) => (decimals >= 0 ? { units, decimals } : { units: units * pow10(-decimals), decimals: 0 }));
}

function position(instruments: Instruments): fc.Arbitrary<Position> {
  return row(instruments).chain((plain) => {
    const market = instruments.markets[plain.market];
    const leverage = fc.record({ units: fc.bigInt({ min: 1n, max: 999n }).filter((n) => n % 10n !== 0n), decimals: fc.nat(18) });
    return fc.tuple(optional(leverage), optional(fundingOf(market))).map(([own, index]) => {
      const funding = index === undefined ? 0n : (fundingUnits(market, plain.lots, index) ?? 0n);
      const kept = funding !== 0n && isAmount(funding);
      return { ...plain, ...(own === undefined ? {} : { leverage: own }), ...(kept ? { funding: cash(funding) } : {}) };
    });
  });
}

const unique = (positions: readonly Position[]) =>
  positions.filter((one, i) => positions.findIndex((other) => other.market === one.market) === i);

/** Without the funding where it and a balance do not fit together. */
function fitting<Row extends Position>(rows: readonly Row[], largest: bigint): Row[] {
  const total = rows.reduce((sum, { funding = 0n }) => sum + magnitude(funding), largest);
  return isAmount(total) ? [...rows] : rows.map(({ funding: _, ...rest }) => rest as Row);
}

function account(instruments: Instruments): fc.Arbitrary<Account> {
  const { assets, markets, valuation } = instruments;
  const order = fc.tuple(row(instruments), fc.boolean()).map(([plain, reduceOnly]): OpenOrder => ({ ...plain, reduceOnly }));
  return fc
    .record({
      id: fc.string({ unit: fc.constantFrom('a', 'Z', '0', '.', '_', '-'), minLength: 1, maxLength: 64 }),
      positionMode: fc.constantFrom('net' as const, 'hedge' as const),
      held: fc.array(amount, { minLength: assets.length, maxLength: assets.length }),
      cross: fc.array(position(instruments), { maxLength: 4 }).map(unique),
      alone: fc.array(position(instruments), { maxLength: 4 }).map(unique),
      collaterals: fc.array(amount, { minLength: 4, maxLength: 4 }),
      orders: fc.array(order, { maxLength: 3 }),
    })
    .map(({ id, positionMode, held, cross, alone, collaterals, orders }) => {
      const amounts = assets.map((one, i): Balance => ({ asset: i, amount: cash(inDecimals(held[i], one)) }));
      const largest = amounts.reduce((most, one) => (magnitude(one.amount) > most ? magnitude(one.amount) : most), 0n);
      const others = amounts.filter((one) => one.asset !== valuation.index && one.amount !== 0n);
      const isolated = alone.flatMap((one, i): IsolatedPosition[] => {
        const collateral = inDecimals(magnitude(collaterals[i]), assets[markets[one.market].settleAsset]);
        return fitting([{ ...one, collateral: cash(collateral) }], collateral);
      });
      return {
        ...{ id, positionMode, isolated },
        balance: amounts[valuation.index].amount,
        cross: fitting(cross, largest),
        ...(others.length === 0 ? {} : { others }),
        ...(orders.length === 0 ? {} : { orders }),
      };
    });
}

export const book: fc.Arbitrary<readonly [Instruments, Account[]]> = header
  .map(instrumentsOf)
  .chain((instruments) =>
    fc.tuple(
      fc.constant(instruments),
      fc.uniqueArray(account(instruments), { selector: ({ id }) => id, minLength: 1, maxLength: 6 }),
    ),
  );
