/** The oracle: the worked example of the contract by hand, every term by hand, and the trigger. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatDecimal } from '../../src/model/decimal.js';
import { add, compare, type Fraction, fraction, fractionToUnits, ZERO } from '../../src/model/fraction.js';
import type { Instruments } from '../../src/model/instruments.js';
import { isInsolvent, isLiquidatable, pricesOf, valuePortfolio } from '../../src/model/margin.js';
import { type Account, cash, cost, lots, type Portfolio, portfoliosOf } from '../../src/model/portfolio.js';
import { printValuation } from '../../src/model/print.js';
import { entryDecimal } from '../../src/model/quantities.js';
import { dec, instrumentsOf, marketOf, rate, tiersOf } from '../support/books.js';

const E18 = 10n ** 18n;

/** The book of contracts.md. */
const contractBook = (): { instruments: Instruments; alice: Account } => {
  const maintenance = {
    method: 'bracket' as const,
    basis: 'mark' as const,
    closeFee: rate('0'),
    tiers: tiersOf([
      [0, '0.004'],
      [50_000, '0.005'],
    ]),
  };
  const instruments = instrumentsOf([marketOf(0, { id: 'BTCUSDT', base: 'BTC', maintenance })]);
  const alice: Account = {
    id: 'alice',
    positionMode: 'net',
    balance: cash(1_000n * E18),
    cross: [{ market: 0, lots: lots(500), cost: cost(500n * 30_000n * E18) }],
    isolated: [{ market: 0, lots: lots(-100), cost: cost(-100n * 31_000n * E18), collateral: cash(350n * E18) }],
  };
  return { instruments, alice };
};

describe('the worked example of the contract', () => {
  const { instruments, alice } = contractBook();
  const [cross, isolated] = portfoliosOf(alice, instruments);

  it('prints the isolated short at 35,000 as contracts.md does', () => {
    const value = valuePortfolio(
      isolated,
      instruments,
      pricesOf(() => dec(35_000)),
    );
    if (!value.priced) throw new Error('expected a priced portfolio');
    expect(isolated.id).toBe('alice/BTCUSDT');
    expect(isLiquidatable(value, instruments.liquidateWhen)).toBe(true);
    expect(printValuation(value, true, 6)).toEqual({
      equity: '-50.000000',
      maintenance: '14.000000',
      deficit: '64.000000',
      badDebt: '50.000000',
      marginRatio: '-3.571429',
    });
  });

  it('finds the cross long healthy: 1,000 + 0.5·5,000 against 0.5·35,000·0.004', () => {
    const value = valuePortfolio(
      cross,
      instruments,
      pricesOf(() => dec(35_000)),
    );
    if (!value.priced) throw new Error('expected a priced portfolio');
    expect(isLiquidatable(value, instruments.liquidateWhen)).toBe(false);
    expect(printValuation(value, false, 6)).toEqual({
      equity: '3500.000000',
      maintenance: '70.000000',
      deficit: '0.000000',
      badDebt: '0.000000',
      marginRatio: '50.000000',
    });
    expect(compare(value.positions[0].unrealizedPnl, fraction(2_500n))).toBe(0);
    expect(compare(value.positions[0].notional, fraction(17_500n))).toBe(0);
    expect(formatDecimal(entryDecimal(cross.positions[0]))).toBe('30000');
    expect(formatDecimal(entryDecimal(isolated.positions[0]))).toBe('31000');
  });
});

describe('a portfolio', () => {
  const markets = [0, 1, 2].map((index) => marketOf(index));
  const instruments = instrumentsOf(markets);
  const portfolio: Portfolio = {
    id: 'p',
    mode: 'cross',
    cash: cash(5n * E18),
    positions: [2, 0, 2].map((market, i) => ({ market, lots: lots(i + 1), cost: cost(0n) })),
  };

  it('that lacks marks has no equity, and names each missing market once', () => {
    const lacking = (marked: number) =>
      valuePortfolio(
        portfolio,
        instruments,
        pricesOf((m) => (m === marked ? dec(1) : null)),
      );
    expect(lacking(1)).toEqual({ priced: false, missing: ['M0', 'M2'] });
    expect(lacking(0)).toEqual({ priced: false, missing: ['M2'] });
  });

  it('of cash alone is insolvent below zero and nothing otherwise', () => {
    for (const [units, insolvent] of [
      [-1n, true],
      [0n, false],
      [1n, false],
    ] as const) {
      const value = valuePortfolio(
        { ...portfolio, cash: cash(units), positions: [] },
        instruments,
        pricesOf(() => null),
      );
      if (!value.priced) throw new Error('expected a priced portfolio');
      expect(isInsolvent(value)).toBe(insolvent);
      expect(isLiquidatable(value, 'equity<=maintenance')).toBe(false);
    }
  });

  it('is liquidatable below its maintenance, and at it only where the rule says so', () => {
    const maintenance = fraction(14n);
    for (const [equity, below, atOrBelow] of [
      [13n, true, true],
      [14n, false, true],
      [15n, false, false],
    ] as const) {
      const value = { equity: fraction(equity * 7n, 7n), maintenance };
      expect(isLiquidatable(value, 'equity<maintenance')).toBe(below);
      expect(isLiquidatable(value, 'equity<=maintenance')).toBe(atOrBelow);
    }
  });
});

describe("an open order's leverage", () => {
  const base = instrumentsOf([marketOf(0), marketOf(1)]);
  const leg = (market: number, size: number, leverage?: number) => ({
    ...{ market, lots: lots(size), cost: cost(BigInt(size) * 100n * E18) },
    ...(leverage === undefined ? {} : { leverage: dec(leverage) }),
  });
  /** What one order of 1,000 lots of 0.001 at 100 holds: 100 / its leverage. */
  const held = (side: 1 | -1, positions: Portfolio['positions']) => {
    const order = { market: 0, lots: lots(side * 1000), cost: cost(BigInt(side) * 100_000n * E18), reduceOnly: false };
    const portfolio: Portfolio = { id: 'p', mode: 'cross', cash: cash(0n), positions, orders: [order] };
    const value = valuePortfolio(
      portfolio,
      base,
      pricesOf(() => dec(100)),
    );
    if (!value.priced) throw new Error('expected a priced portfolio');
    return value.orders[0].initialMargin;
  };
  const [long, short, bare, elsewhere] = [leg(0, 1000, 5), leg(0, -1000, 2), leg(0, 1000), leg(1, 1000, 1)];

  it.each([
    ['a buy’s is the long’s', 1, [long, short], 20n],
    ['whatever comes first', 1, [short, long], 20n],
    ['a sell’s is the short’s', -1, [long, short], 50n],
    ['whatever comes first', -1, [short, long], 50n],
    ['that of the other side where its own has none', 1, [bare, short], 50n],
    ['that of the other side where its own is not there', -1, [elsewhere, long], 20n],
  ] as const)('%s', (_, side, positions, expected) => {
    expect(held(side, positions)).toEqual(fraction(expected));
  });

  it('is none without a position in its market', () => {
    expect(held(1, [elsewhere])).toEqual(held(1, []));
    expect(compare(held(1, []), fraction(20n))).toBe(-1);
  });
});

describe('printing', () => {
  it('rounds equity down and maintenance up, and derives the rest from what is printed', () => {
    const value = { equity: fraction(-1n, 3n), maintenance: fraction(1n, 3n) };
    expect(printValuation(value, true, 2)).toEqual({
      equity: '-0.34',
      maintenance: '0.34',
      deficit: '0.68',
      badDebt: '0.34',
      marginRatio: '-1.000000',
    });
    expect(printValuation({ equity: fraction(2n, 3n), maintenance: ZERO }, false, 0)).toEqual({
      equity: '0',
      maintenance: '0',
      deficit: '0',
      badDebt: '0',
      marginRatio: null,
    });
    expect(printValuation({ equity: fraction(2n, 3n), maintenance: fraction(1n) }, true, 2).marginRatio).toBe('0.666666');
  });

  it('never makes anything look safer than it is', () => {
    const amount = fc.tuple(fc.bigInt({ min: -(10n ** 12n), max: 10n ** 12n }), fc.bigInt({ min: 1n, max: 999n }));
    fc.assert(
      fc.property(amount, amount, fc.nat(8), ([en, ed], [mn, md], decimals) => {
        const value = { equity: fraction(en, ed), maintenance: fraction(mn < 0n ? -mn : mn, md) };
        const printed = printValuation(value, true, decimals);
        const unit = 10n ** BigInt(decimals);
        const exactly = (text: string): Fraction => fraction(BigInt(text.replace('.', '')), unit);
        expect(compare(exactly(printed.equity), value.equity)).toBeLessThanOrEqual(0);
        expect(compare(exactly(printed.maintenance), value.maintenance)).toBeGreaterThanOrEqual(0);
        expect(compare(add(exactly(printed.equity), exactly(printed.deficit)), exactly(printed.maintenance))).toBe(0);
        const debt = fractionToUnits(value.equity, decimals, 'down');
        expect(exactly(printed.badDebt).n).toBe(debt < 0n ? -debt : 0n);
      }),
    );
  });
});
