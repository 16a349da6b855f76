/**
 * Tier floors all about the window of a market, marks at its edges, slack within 10^-18 of 0: no breach is missed. `SCENES=100000` asks for
 * more; `SEED` for others.
 */
import { expect, it } from 'vitest';
import { type Decimal, divideRounded, pow10 } from '../../src/model/decimal.js';
import { subtract, ZERO } from '../../src/model/fraction.js';
import { type Asset, type Instruments, type MarginRule, type Market, plainAsset } from '../../src/model/instruments.js';
import { AMOUNT_MAX, isAmount } from '../../src/model/limits.js';
import { isLiquidatable, notionalAt, type Prices, pricesOf, valuePortfolio } from '../../src/model/margin.js';
import { cash, cost, EXACT_DECIMALS, lots } from '../../src/model/portfolio.js';
import { JsBackend } from '../../src/scan/js-backend.js';
import { LiveBook } from '../../src/scan/live-book.js';
import { Scanner } from '../../src/scan/scanner.js';
import { Random } from '../../src/synthetic/random.js';
import { dec, instrumentsOf, marketOf, rate } from '../support/books.js';
import { pick } from './mixed.js';
import { tableWith } from './wild.js';

const SCENES = Number(process.env.SCENES ?? 5_000);
const SEED = Number(process.env.SEED ?? 1);
const TICKS = 4;
/** A window reaches from the mark / 1.05 to the mark · 1.05: its edges, a hair within and beyond them, in billionths of the mark. */
const EDGES = [1_000_000_000n, 1_050_000_000n, 1_049_999_999n, 1_050_000_001n, 952_380_953n, 952_380_952n];
const BILLION = 1_000_000_000n;

const usd = plainAsset(0, 'USD', 6);
const owing: Asset = {
  ...plainAsset(1, 'OWED', 8),
  haircuts: [
    { floor: dec(0), haircut: rate('0.1') },
    { floor: dec(1_000), haircut: rate('1/3') },
  ],
  borrow: { method: 'step', tiers: [{ floor: dec(0), rate: rate('0.01'), deduction: ZERO }] },
};
const ASSETS = [usd, owing, plainAsset(2, 'PLAIN', 8)];

/** An edge, or anything about the window. */
const factor = (random: Random, low: number, high: number): bigint =>
  random.chance(0.8) ? pick(random, EDGES) : BigInt(Math.floor((low + random.uniform() * (high - low)) * 1e9));

/** Floors at what a position of the market is worth at its mark, times factors, to 18 decimals. */
function ruleAbout(random: Random, market: Market, size: number, mark: Decimal): MarginRule {
  const { n, d } = notionalAt(market, size, mark);
  const floors = new Set([0n]);
  for (let i = 1 + random.integer(6); i > 0; i--) {
    const exact = n * factor(random, 0.9, 3.1) * pow10(EXACT_DECIMALS);
    const units = divideRounded(exact, d * BILLION, pick(random, ['down', 'up'] as const));
    if (units < 10n ** 48n) floors.add(units);
  }
  const ascending = [...floors].sort((a, b) => (a < b ? -1 : 1)).map((units) => ({ units, decimals: EXACT_DECIMALS }));
  return {
    ...tableWith(random, ascending, random.chance(0.4) ? 'step' : 'bracket'),
    basis: random.chance(0.8) ? 'mark' : 'entry',
    closeFee: rate(pick(random, ['0', '0.0005'])),
  };
}

interface Drawn {
  readonly instruments: Instruments;
  readonly size: number;
  readonly mark: Decimal;
  readonly cost: bigint;
}

function draw(random: Random): Drawn {
  const mark = { units: BigInt(1e6 + random.integer(9e6)), decimals: 2 + random.integer(10) };
  const count = random.chance(0.2) ? 1 : 1 + random.integer(random.chance(0.5) ? 1e6 : 9e15);
  const size = random.chance(0.5) ? count : -count;
  const plain = marketOf(0, {
    kind: pick(random, ['linear', 'inverse', 'quanto'] as const),
    settleAsset: random.integer(ASSETS.length),
    lot: dec(1, random.integer(9)),
    contractSize: pick(random, [dec(1), dec(100), dec(25, 1)]),
  });
  const market = { ...plain, maintenance: ruleAbout(random, plain, size, mark) };
  const rule = pick(random, ['equity<maintenance', 'equity<=maintenance'] as const);
  const entry = random.chance(0.5)
    ? mark.units * pow10(EXACT_DECIMALS - mark.decimals)
    : BigInt(1 + random.integer(1e9)) * pow10(12);
  return {
    instruments: { ...instrumentsOf([market], rule), valuation: usd, assets: ASSETS },
    size,
    mark,
    cost: BigInt(size) * entry,
  };
}

const counts = { below: 0, above: 0 };

/** Puts slack within 10^-18 of 0 by the balance of the valuation asset; false where it does not fit. */
function putAtTheEdge(random: Random, { book }: Scanner, handle: number, prices: Prices): boolean {
  const value = valuePortfolio(book.portfolio(handle), book.instruments, prices);
  if (!value.priced) throw new Error('expected a priced portfolio');
  const { n, d } = subtract(value.equity, value.maintenance);
  const more = BigInt(random.integer(3) - 1) - divideRounded(n * pow10(EXACT_DECIMALS), d, 'down');
  if (!isAmount(book.balanceOf(handle, usd.index) + more)) return false;
  book.addToBalance(handle, usd.index, more);
  return true;
}

function expectFound(scanner: Scanner, handle: number, prices: Prices): void {
  const { book } = scanner;
  const found = scanner.scan();
  const value = valuePortfolio(book.portfolio(handle), book.instruments, prices);
  if (!value.priced) throw new Error('expected a priced portfolio');
  const isBreached = isLiquidatable(value, book.instruments.liquidateWhen);
  expect(found.liquidatable).toEqual(isBreached ? [handle] : []);
  const slack = subtract(value.equity, value.maintenance);
  if (slack.n <= 0n) expect(found.nominees).toBe(1);
  counts[slack.n <= 0n ? 'below' : 'above'] += 1;
}

function play(random: Random): void {
  const { instruments, size, mark, cost: units } = draw(random);
  if (units > AMOUNT_MAX / 2n || units < -AMOUNT_MAX / 2n) return;
  const indexes = [dec(1), dec(1 + random.integer(1e9), 5), dec(1 + random.integer(1e9), 3)];
  const scanner = new Scanner(new LiveBook(instruments), new JsBackend());
  scanner.setPrices({ marks: [{ market: 0, price: mark }], indexes: [1, 2].map((asset) => ({ asset, price: indexes[asset] })) });
  const cross = [{ market: 0, lots: lots(size), cost: cost(units) }];
  const [handle] = scanner.book.setAccount({ id: 'a', positionMode: 'net', balance: cash(1n), cross, isolated: [] }, 1);
  for (let tick = 0; tick < TICKS; tick++) {
    const price = { units: mark.units * factor(random, 0.953, 1.049), decimals: mark.decimals + 9 };
    const prices = pricesOf(
      () => price,
      (asset) => indexes[asset],
    );
    scanner.setPrices({ marks: [{ market: 0, price }] });
    if (putAtTheEdge(random, scanner, handle, prices)) expectFound(scanner, handle, prices);
  }
}

it(
  `${SCENES} positions at the edges of their windows`,
  () => {
    for (let scene = 0; scene < SCENES; scene++) {
      try {
        play(new Random(scene + 1e6 * SEED, 'window'));
      } catch (error) {
        throw new Error(`scene ${scene} of seed ${SEED}: ${error}`, { cause: error });
      }
    }
    expect(counts.below).toBeGreaterThan(SCENES);
    expect(counts.above).toBeGreaterThan(SCENES);
  },
  60_000 + SCENES * 20,
);
