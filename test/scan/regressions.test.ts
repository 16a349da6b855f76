/** Books that a scan once got wrong, each as small as it could be made. */
import { expect, it } from 'vitest';
import { accountFromInput } from '../../src/model/account-input.js';
import type { Decimal } from '../../src/model/decimal.js';
import { pow10 } from '../../src/model/decimal.js';
import { instrumentsFromInput } from '../../src/model/instrument-input.js';
import { isLiquidatable, type Prices, pricesOf, valuePortfolio } from '../../src/model/margin.js';
import { cash, lots } from '../../src/model/portfolio.js';
import { ProblemList } from '../../src/model/problems.js';
import type { Fill } from '../../src/model/records.js';
import { bookFills } from '../../src/scan/booking.js';
import { JsBackend } from '../../src/scan/js-backend.js';
import { LiveBook } from '../../src/scan/live-book.js';
import { Scanner } from '../../src/scan/scanner.js';
import { dec } from '../support/books.js';

const USD = { decimals: 6, haircut: '0' };
const flatRate = (rate: string, basis = 'mark') => ({
  maintenance: { method: 'bracket', basis, closeFee: '0', tiers: [{ floor: '0', rate }] },
});
const unitMarket = (settle: string) => ({ kind: 'linear', base: 'B', settle, contractSize: '1', lot: '1', tick: '1' });

/** A scanner over one account, a, of a venue, with the prices that both it and the oracle read. */
class Case {
  readonly scanner: Scanner;
  readonly handle: number;
  private readonly marks: Decimal[];
  private readonly prices: Prices;

  constructor(venue: object, account: object, marks: readonly Decimal[], coin: Decimal = dec(1)) {
    const problems = new ProblemList();
    const instruments = instrumentsFromInput({ version: 1, valuation: 'USD', ...venue }, '', problems);
    const read = instruments && accountFromInput({ id: 'a', ...account }, instruments, '', problems);
    problems.throwIfAny();
    if (!instruments || !read) throw new Error('expected a venue and an account');
    this.marks = [...marks];
    this.prices = pricesOf(
      (market) => this.marks[market],
      (asset) => (asset === instruments.valuation.index ? dec(1) : coin),
    );
    this.scanner = new Scanner(new LiveBook(instruments), new JsBackend());
    const indexes = instruments.assets.filter((asset) => asset !== instruments.valuation);
    this.scanner.setPrices({
      marks: marks.map((price, market) => ({ market, price })),
      indexes: indexes.map(({ index }) => ({ asset: index, price: coin })),
    });
    [this.handle] = this.scanner.book.setAccount(read, 1);
  }

  move(market: number, price: Decimal): void {
    this.marks[market] = price;
    this.scanner.setPrices({ marks: [{ market, price }] });
  }

  expectLiquidatable(): void {
    const { book, verdict } = this.scanner;
    const value = valuePortfolio(book.portfolio(this.handle), book.instruments, this.prices);
    if (!value.priced) throw new Error('expected a priced portfolio');
    expect(isLiquidatable(value, book.instruments.liquidateWhen)).toBe(true);
    expect(verdict.judge(this.handle)).toBe('liquidatable');
    const { maintenance } = verdict.valuation();
    expect(maintenance.n * value.maintenance.d).toBe(value.maintenance.n * maintenance.d);
    const { liquidatable, unpriced } = this.scanner.scan();
    expect([liquidatable, [...unpriced]]).toEqual([[this.handle], []]);
  }
}

it('a portfolio whose worth at entry is beyond float32 is found, not taken for unpriced', () => {
  const venue = {
    assets: { USD, COIN: { decimals: 8, haircut: '0.1' } },
    markets: { M: { ...unitMarket('COIN'), kind: 'quanto', contractSize: '1000000000000000000000', ...flatRate('0.01') } },
  };
  // 10^15 lots at 100,000: 10^41 coins at entry. At the mark −10^38 of them: within the reach of both signs, summed up as a group.
  const account = { balances: { USD: '1' }, positions: [{ market: 'M', size: '1000000000000000', entry: '100000' }] };
  new Case(venue, account, [dec(99_900)]).expectLiquidatable();
});

it('the larger leg of a hedge at negative entry prices needs the margin', () => {
  const venue = {
    rules: { hedgeMargin: 'larger' },
    assets: { USD },
    markets: { OIL: { ...unitMarket('USD'), allowNonPositive: true, ...flatRate('0.1', 'entry') } },
  };
  const positions = [
    { market: 'OIL', size: '100', entry: '-10' },
    { market: 'OIL', size: '-100', entry: '-20' },
  ];
  const account = { positionMode: 'hedge', balances: { USD: '150' }, positions };
  new Case(venue, account, [dec(-20)]).expectLiquidatable();
});

it('marks near 10^-324 under an index price that lifts them into sight keep a portfolio from being missed', () => {
  const market = { ...unitMarket('COIN'), allowNonPositive: true, ...flatRate('0.000001') };
  const venue = { assets: { USD, COIN: { decimals: 8, haircut: '0' } }, markets: { A: market, B: market } };
  const positions = [
    { market: 'A', size: '4000000000000000', entry: '0' },
    { market: 'B', size: '-8000000000000000', entry: '0' },
  ];
  // 2^-1074 = 4.94·10^-324. A is 2.6 of it (3 as a float64), B 1.4 of it (1): 2.6 − 2·1.4 is below 0, 3 − 2·1 above.
  const marks = [dec(1284, 326), dec(692, 326)];
  new Case(venue, { balances: {}, positions }, marks, dec(pow10(30))).expectLiquidatable();
});

it('trades that close two positions of the valuation asset leave a group as it is', () => {
  const market = (settle: string) => ({ ...unitMarket(settle), ...flatRate('0.01') });
  const venue = {
    assets: { USD, COIN: { decimals: 8, haircut: '0.1' } },
    markets: { P: market('USD'), Q: market('USD'), G: market('COIN') },
  };
  // 100 coins, short 1,000 of G at 10 coins: near the edge between owing and having, so that it is summed up as a group.
  const positions = [
    { market: 'P', size: '1', entry: '10' },
    { market: 'Q', size: '1', entry: '10' },
    { market: 'G', size: '-1000', entry: '10' },
  ];
  const one = new Case(venue, { balances: { USD: '10', COIN: '100' }, positions }, [dec(10), dec(10), dec(10)]);
  const close = (market: number): Fill => ({
    tradeId: `t${market}`,
    orderId: null,
    account: 'a',
    market,
    margin: 'cross',
    side: 'sell',
    lots: lots(1),
    price: dec(10),
    fee: cash(0n),
    timeUs: 0,
  });
  bookFills(one.scanner.book, [close(0), close(1)], () => false);
  // G rises by 4 %: 400 coins are lost, 300 are owed.
  one.move(2, dec(104, 1));
  one.expectLiquidatable();
});
