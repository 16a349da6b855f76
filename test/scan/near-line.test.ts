/** The watch list against the oracle: nobody is missed and nobody is too many, on random books and at edges. `BOOKS=2000` asks for more. */
import { expect, it } from 'vitest';
import { compare, divide, type Fraction, multiply } from '../../src/model/fraction.js';
import { plainAsset } from '../../src/model/instruments.js';
import { valuePortfolio } from '../../src/model/margin.js';
import { compareIds } from '../../src/model/portfolio.js';
import { JsBackend } from '../../src/scan/js-backend.js';
import { LiveBook } from '../../src/scan/live-book.js';
import { nearLine } from '../../src/scan/near-line.js';
import { Scanner } from '../../src/scan/scanner.js';
import { Random } from '../../src/synthetic/random.js';
import { rate } from '../support/books.js';
import { atTheEdge, type MixedPrices, mixedAccount, mixedPrices, mixedVenue, pick, STEPS } from './mixed.js';

const BOOKS = Number(process.env.BOOKS ?? 300);
const SEED = Number(process.env.SEED ?? 1);
const BELOWS = ['1/2', '1', '1.0001', '1.25', '3', '100'];

const seen = { near: 0, far: 0, edge: 0, groups: 0 };

function expectList(scanner: Scanner, prices: MixedPrices, below: Fraction): void {
  const { book } = scanner;
  const expected: { portfolio: string; ratio: Fraction }[] = [];
  for (let handle = 0; handle < book.store.handleEnd; handle++) {
    if (!book.store.isLive(handle)) continue;
    const value = valuePortfolio(book.portfolio(handle), book.instruments, prices);
    if (!value.priced || value.maintenance.n <= 0n) continue;
    const side = compare(value.equity, multiply(below, value.maintenance));
    if (side < 0) expected.push({ portfolio: book.store.idOf(handle), ratio: divide(value.equity, value.maintenance) });
    else seen.far += 1;
    if (side < 0 && book.store.rowsOf(handle) > 0 && book.store.methodOf(handle) === 'groups') seen.groups += 1;
  }
  expected.sort((a, b) => compare(a.ratio, b.ratio) || compareIds(a.portfolio, b.portfolio));
  const found = nearLine(scanner, below);
  expect(found.map(({ portfolio }) => portfolio)).toEqual(expected.map(({ portfolio }) => portfolio));
  for (const [i, { equity, maintenance }] of found.entries())
    expect(compare(divide(equity, maintenance), expected[i].ratio)).toBe(0);
  seen.near += found.length;
}

for (const kind of ['plain', 'mixed'] as const) {
  it(`${BOOKS} ${kind} books`, () => {
    const random = new Random(SEED, `near ${kind}`);
    for (let i = 0; i < BOOKS; i++) {
      const venue = mixedVenue(random);
      const assets = venue.assets.map((asset) => (kind === 'plain' ? plainAsset(asset.index, asset.id, asset.decimals) : asset));
      const instruments = { ...venue, assets, valuation: assets[venue.valuation.index] };
      const prices = mixedPrices(random, instruments);
      const scanner = new Scanner(new LiveBook(instruments), new JsBackend());
      const setPrices = (): void =>
        scanner.setPrices({
          marks: prices.marks.flatMap((price, market) => (price === null ? [] : [{ market, price }])),
          indexes: prices.indexes.flatMap((price, asset) =>
            price === null || asset === instruments.valuation.index ? [] : [{ asset, price }],
          ),
          funding: prices.fundings.map((index, market) => ({ market, index })),
        });
      setPrices();
      // At the edge of some multiple of the maintenance: its rates are that of a venue that asks for so much more.
      const below = rate(pick(random, BELOWS));
      const dearer = {
        ...instruments,
        markets: instruments.markets.map((market) => ({ ...market, maintenance: times(market.maintenance, below) })),
      };
      for (let account = 0; account < 25; account++) {
        const drawn = mixedAccount(random, instruments, `a${account}`);
        const isAtEdge = random.chance(0.6);
        if (isAtEdge) seen.edge += 1;
        scanner.book.setAccount(isAtEdge ? atTheEdge(random, drawn, dearer, prices, BigInt(random.integer(3) - 1)) : drawn, 1);
      }
      expectList(scanner, prices, below);
      for (const [market, price] of prices.marks.entries()) {
        const [up, down] = pick(random, STEPS);
        if (price !== null) prices.marks[market] = { units: (price.units * 1_000n * up) / down, decimals: price.decimals + 3 };
      }
      setPrices();
      expectList(scanner, prices, rate(pick(random, BELOWS)));
    }
  });
}

it('was worth the name', () => {
  for (const [what, count] of Object.entries(seen)) expect(count, what).toBeGreaterThan(BOOKS / 2);
});

type Rule = ReturnType<typeof mixedVenue>['markets'][number]['maintenance'];

function times(rule: Rule, factor: Fraction): Rule {
  const tiers = rule.tiers.map((tier) => ({
    ...tier,
    rate: multiply(tier.rate, factor),
    deduction: multiply(tier.deduction, factor),
  }));
  return { ...rule, tiers, closeFee: multiply(rule.closeFee, factor) };
}
