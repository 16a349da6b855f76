/** Random and adversarial books for property tests, and the oracle's answer to what a scan should find in them. */
import fc from 'fast-check';
import { type Decimal, divideRounded, pow10 } from '../../src/model/decimal.js';
import { type Fraction, fraction, subtract, tryParseFraction } from '../../src/model/fraction.js';
import {
  DEFAULT_RULES,
  type Instruments,
  type MarginRule,
  type Market,
  plainAsset,
  type Tier,
} from '../../src/model/instruments.js';
import { AMOUNT_MAX } from '../../src/model/limits.js';
import { isInsolvent, isLiquidatable, pricesOf, valuePortfolio } from '../../src/model/margin.js';
import {
  type Account,
  cash,
  compareIds,
  cost,
  EXACT_DECIMALS,
  lots,
  type Portfolio,
  portfoliosOf,
} from '../../src/model/portfolio.js';

export const dec = (units: number | bigint, decimals = 0): Decimal => ({ units: BigInt(units), decimals });
export const rate = (text: string): Fraction => tryParseFraction(text) as Fraction;

/** Tiers with derived deductions, from [floor, rate] pairs. */
export function tiersOf(pairs: readonly (readonly [number, string])[], method: MarginRule['method'] = 'bracket'): Tier[] {
  const tiers: Tier[] = [];
  let deduction = fraction(0n);
  for (const [i, [floor, text]] of pairs.entries()) {
    const here = rate(text);
    if (i > 0 && method === 'bracket') {
      const step = subtract(here, tiers[i - 1].rate);
      const more = { n: step.n * BigInt(floor), d: step.d };
      deduction = { n: deduction.n * more.d + more.n * deduction.d, d: deduction.d * more.d };
    }
    tiers.push({ floor: dec(floor), rate: here, deduction });
  }
  return tiers;
}

export function marketOf(index: number, over: Partial<Market> = {}): Market {
  return {
    index,
    id: `M${index}`,
    kind: 'linear',
    base: `B${index}`,
    settle: 'USDT',
    settleAsset: 0,
    contractSize: dec(1),
    lot: dec(1, 3),
    tick: dec(1, 2),
    allowNonPositive: false,
    maintenance: {
      method: 'bracket',
      basis: 'mark',
      closeFee: rate('0'),
      tiers: tiersOf([
        [0, '0.004'],
        [50_000, '0.005'],
        [250_000, '0.01'],
        [1_000_000, '0.025'],
      ]),
    },
    initial: null,
    takerFee: rate('0'),
    ...over,
  };
}

export function instrumentsOf(
  markets: readonly Market[],
  liquidateWhen: Instruments['liquidateWhen'] = 'equity<maintenance',
): Instruments {
  const valuation = plainAsset(0, 'USDT', 6);
  return {
    ...DEFAULT_RULES,
    valuation,
    liquidateWhen,
    assets: [valuation],
    markets,
    marketIndex: new Map(markets.map((m) => [m.id, m.index])),
  };
}

const RATES = ['0', '0.004', '0.005', '0.01', '1/60', '0.025', '1/30', '0.05', '1/6', '0.25', '0.5', '1'];

export const ruleArbitrary: fc.Arbitrary<MarginRule> = fc
  .record({
    method: fc.constantFrom('bracket' as const, 'step' as const),
    basis: fc.constantFrom('mark' as const, 'mark' as const, 'mark' as const, 'entry' as const),
    closeFee: fc.constantFrom('0', '0.0005', '1/2000'),
    floors: fc.uniqueArray(fc.integer({ min: 1, max: 2_000_000 }), { maxLength: 6 }),
    rates: fc.uniqueArray(fc.integer({ min: 0, max: RATES.length - 1 }), { minLength: 7, maxLength: 7 }),
  })
  .map(({ method, basis, closeFee, floors, rates }) => {
    const sortedFloors = [0, ...floors.toSorted((a, b) => a - b)];
    const sortedRates = rates.toSorted((a, b) => a - b);
    const pairs = sortedFloors.map((floor, i) => [floor, RATES[sortedRates[i]]] as const);
    return { method, basis, closeFee: rate(closeFee), tiers: tiersOf(pairs, method) };
  });

export const instrumentsArbitrary: fc.Arbitrary<Instruments> = fc
  .record({
    markets: fc.array(
      fc.record({
        maintenance: ruleArbitrary,
        lotDecimals: fc.integer({ min: 0, max: 8 }),
        contractSize: fc.constantFrom(dec(1), dec(10), dec(1, 2), dec(25, 1)),
        allowNonPositive: fc.boolean(),
      }),
      { minLength: 1, maxLength: 4 },
    ),
    liquidateWhen: fc.constantFrom('equity<maintenance' as const, 'equity<=maintenance' as const),
  })
  .map(({ markets, liquidateWhen }) =>
    instrumentsOf(
      markets.map(({ lotDecimals, ...market }, i) => marketOf(i, { ...market, lot: dec(1, lotDecimals) })),
      liquidateWhen,
    ),
  );

/** A size: ordinary, one lot, or as many lots as a notional that meets a tier floor exactly at a price of 1 to 1,000. */
const sizeArbitrary = fc
  .tuple(fc.oneof(fc.integer({ min: 1, max: 5_000_000 }), fc.constant(1), fc.integer({ min: 1, max: 2 ** 45 })), fc.boolean())
  .map(([size, short]) => (short ? -size : size));

const positionArbitrary = (markets: number) =>
  fc.record({
    market: fc.integer({ min: 0, max: markets - 1 }),
    lots: sizeArbitrary,
    entry: fc.oneof(fc.integer({ min: 1, max: 100_000_000 }), fc.bigInt({ min: 1n, max: 10n ** 10n })).map(BigInt),
  });

export const accountArbitrary = (instruments: Instruments, id: string): fc.Arbitrary<Account> =>
  fc
    .record({
      hedge: fc.boolean(),
      cross: fc.array(positionArbitrary(instruments.markets.length), { maxLength: 5 }),
      isolated: fc.array(positionArbitrary(instruments.markets.length), { maxLength: 2 }),
      balance: fc.bigInt({ min: -(10n ** 25n), max: 10n ** 27n }),
      collateral: fc.bigInt({ min: 0n, max: 10n ** 24n }),
    })
    .map(({ hedge, cross, isolated, balance, collateral }) => {
      const seen = new Set<string>();
      const unique = ({ market, lots: size }: { market: number; lots: number }, where: string): boolean => {
        const key = `${where}${market}${hedge ? size < 0 : ''}`;
        return !seen.has(key) && seen.add(key) !== undefined;
      };
      const position = ({ market, lots: size, entry }: { market: number; lots: number; entry: bigint }) => ({
        market,
        lots: lots(size),
        cost: cost(BigInt(size) * entry * 10n ** 14n),
      });
      return {
        id,
        positionMode: hedge ? ('hedge' as const) : ('net' as const),
        balance: cash(balance),
        cross: cross.filter((p) => unique(p, 'c')).map(position),
        isolated: isolated.filter((p) => unique(p, 'i')).map((p) => ({ ...position(p), collateral: cash(collateral) })),
      };
    });

export type MarkTable = (Decimal | null)[];

/** What the oracle finds: ids sorted by code units. */
export interface Found {
  liquidatable: string[];
  insolvent: string[];
  unpriced: string[];
}

export function portfoliosOfAll(accounts: Iterable<Account>, instruments: Instruments): Portfolio[] {
  return [...accounts].flatMap((account) => portfoliosOf(account, instruments));
}

export function oracleFinds(portfolios: readonly Portfolio[], instruments: Instruments, marks: MarkTable): Found {
  const found: Found = { liquidatable: [], insolvent: [], unpriced: [] };
  for (const portfolio of portfolios) {
    const value = valuePortfolio(
      portfolio,
      instruments,
      pricesOf((m) => marks[m]),
    );
    if (!value.priced) found.unpriced.push(portfolio.id);
    else if (isLiquidatable(value, instruments.liquidateWhen)) found.liquidatable.push(portfolio.id);
    else if (isInsolvent(value)) found.insolvent.push(portfolio.id);
  }
  for (const ids of [found.liquidatable, found.insolvent, found.unpriced]) ids.sort(compareIds);
  return found;
}

/** The account with its cross balance set so that slack at the marks is `off` units of 10^-18 away from 0 (floored). */
export function atTheEdge(account: Account, instruments: Instruments, marks: MarkTable, off: bigint): Account {
  const portfolio: Portfolio = { id: account.id, mode: 'cross', cash: cash(0n), positions: account.cross };
  const value = valuePortfolio(
    portfolio,
    instruments,
    pricesOf((m) => marks[m]),
  );
  if (!value.priced) return account;
  const slack = subtract(value.equity, value.maintenance);
  const balance = off - divideRounded(slack.n * pow10(EXACT_DECIMALS), slack.d, 'down');
  return balance > AMOUNT_MAX || balance < -AMOUNT_MAX ? account : { ...account, balance: cash(balance) };
}
