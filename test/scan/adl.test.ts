/**
 * Queues of deleveraging, ranks, lights and winners against plain exact versions that sort everybody, on random books that mix everything.
 * `BOOKS=2000` asks for more; `SEED` for others.
 */
import { describe, expect, it } from 'vitest';
import type { AdlMethod, AdlRequest } from '../../src/model/book-port.js';
import { countedOf } from '../../src/model/collateral.js';
import { type Decimal, pow10 } from '../../src/model/decimal.js';
import {
  absolute,
  add,
  compare,
  divide,
  type Fraction,
  fraction,
  fractionToUnits,
  fromDecimal,
  multiply,
  ONE,
  subtract,
  ZERO,
} from '../../src/model/fraction.js';
import { type Instruments, plainAsset } from '../../src/model/instruments.js';
import { entryValue, lotValue, type PricedPortfolio, unitValue, valuePortfolio } from '../../src/model/margin.js';
import {
  type Account,
  accountOf,
  cash,
  compareIds,
  cost,
  lots,
  type OpenOrder,
  type Position,
} from '../../src/model/portfolio.js';
import { AdlSide, adlQueue } from '../../src/scan/adl.js';
import { JsBackend } from '../../src/scan/js-backend.js';
import { LiveBook } from '../../src/scan/live-book.js';
import { Scanner } from '../../src/scan/scanner.js';
import { winners } from '../../src/scan/winners.js';
import { Random } from '../../src/synthetic/random.js';
import { type MixedPrices, mixedAccount, mixedPrices, mixedVenue, pick } from './mixed.js';
import { noPrices, wildAccount, wildMark, wildPrice, wildVenue } from './wild.js';

const BOOKS = Number(process.env.BOOKS ?? 60);
const SEED = Number(process.env.SEED ?? 1);
const ACCOUNTS = 30;
const METHODS: readonly AdlMethod[] = ['queue', 'hyperliquid', 'pro-rata'];
const UNIT = fraction(1n, pow10(18));

interface Book {
  readonly scanner: Scanner;
  readonly instruments: Instruments;
  readonly prices: MixedPrices;
}

/** All assets as they stand, so that nearly all is bounded by floats and little is judged one by one. */
function plainVenue(random: Random): Instruments {
  const venue = mixedVenue(random);
  const assets = venue.assets.map(({ index, id, decimals }) => plainAsset(index, id, decimals));
  return { ...venue, assets, valuation: assets[venue.valuation.index] };
}

function bookOf(random: Random, kind: 'plain' | 'mixed' | 'wild'): Book {
  const big = pick(random, [3, 9]);
  const wild = (): Instruments => wildVenue(random, { big, assets: 1 + random.integer(3), markets: 1 + random.integer(3) });
  const instruments = kind === 'wild' ? wild() : kind === 'plain' ? plainVenue(random) : mixedVenue(random);
  const prices = kind === 'wild' ? noPrices(instruments) : mixedPrices(random, instruments);
  if (kind === 'wild') {
    for (const market of instruments.markets) prices.marks[market.index] = wildMark(random, market, null, big);
    for (const { index } of instruments.assets)
      if (prices.indexes[index] === null) prices.indexes[index] = wildPrice(random, big);
  }
  const scanner = new Scanner(new LiveBook(instruments), new JsBackend());
  scanner.setPrices({
    marks: prices.marks.flatMap((price, market) => (price === null ? [] : [{ market, price }])),
    indexes: prices.indexes.flatMap((price, asset) =>
      price === null || asset === instruments.valuation.index ? [] : [{ asset, price }],
    ),
    funding: prices.fundings.map((index, market) => ({ market, index })),
  });
  const drawn: Account[] = [];
  for (let i = 0; i < ACCOUNTS; i++) {
    const id = `a${random.integer(1_000)}`;
    const before = drawn.at(-1);
    const account =
      before !== undefined && random.chance(0.3)
        ? twin(before, id, pick(random, [1n, 3n, 7n]))
        : kind === 'wild'
          ? wildAccount(random, instruments, prices, { id, big, rows: 4 })
          : rich(random, mixedAccount(random, instruments, id));
    drawn.push(account);
    if (account.cross.some(({ lots: size }) => !Number.isSafeInteger(size))) continue;
    try {
      scanner.book.setAccount(account, 1);
    } catch {
      // Beyond what can be held.
    }
  }
  return { scanner, instruments, prices };
}

/** So many times the account: without haircuts it has the same scores, by other floats, and only ids say who is first. */
function twin(account: Account, id: string, times: bigint): Account {
  const scaled = <T extends Position | OpenOrder>(row: T): T => ({
    ...row,
    lots: lots(row.lots * Number(times)),
    cost: cost(row.cost * times),
  });
  const position = <T extends Position>(row: T): T =>
    row.funding === undefined ? scaled(row) : { ...scaled(row), funding: cash(row.funding * times) };
  return {
    ...account,
    id,
    balance: cash(account.balance * times),
    ...(account.others === undefined
      ? {}
      : { others: account.others.map((each) => ({ ...each, amount: cash(each.amount * times) })) }),
    cross: account.cross.map(position),
    isolated: account.isolated.map((row) => ({ ...position(row), collateral: cash(row.collateral * times) })),
    ...(account.orders === undefined ? {} : { orders: account.orders.map(scaled) }),
  };
}

/** Most of them have some equity. */
function rich(random: Random, account: Account): Account {
  return random.chance(0.7)
    ? { ...account, balance: (account.balance + 10n ** BigInt(22 + random.integer(8))) as Account['balance'] }
    : account;
}

/** Priced portfolios with equity, by the oracle. */
function* oracle({ scanner: { book }, instruments, prices }: Book): Generator<{ id: string; value: PricedPortfolio }> {
  for (let handle = 0; handle < book.store.handleEnd; handle++) {
    if (!book.store.isLive(handle)) continue;
    const value = valuePortfolio(book.portfolio(handle), instruments, prices);
    if (value.priced && value.equity.n > 0n) yield { id: book.store.idOf(handle), value };
  }
}

/** Equity in the valuation asset when one asset's equity has changed by so much. */
function equityWith({ assets }: PricedPortfolio, index: number, change: Fraction): Fraction {
  return assets.reduce((sum, { asset, index: price, equity }) => {
    const after = asset.index === index ? add(equity, change) : equity;
    return add(sum, multiply(price, countedOf(asset, after)));
  }, ZERO);
}

/** The greatest whole number up to `most` for which it holds; it holds for none beyond one for which it does not. */
function greatest(most: bigint, holds: (x: bigint) => boolean): bigint {
  let [low, high] = [0n, most];
  while (low < high) {
    const middle = (low + high + 1n) / 2n;
    if (holds(middle)) low = middle;
    else high = middle - 1n;
  }
  return low;
}

interface Plain {
  readonly id: string;
  readonly score: Fraction;
  readonly pnl: Fraction;
  readonly lots: number;
  readonly most: number;
  readonly opposite: number;
}

function scoreOf(method: AdlMethod, value: PricedPortfolio, row: PricedPortfolio['positions'][number], instruments: Instruments) {
  const market = instruments.markets[row.position.market];
  const index = value.assets.find(({ asset }) => asset.index === market.settleAsset)!.index;
  const pnl = row.unrealizedPnl;
  if (method === 'pro-rata') return pnl.n > 0n ? multiply(pnl, index) : null;
  const entry = absolute(entryValue(market, row.position));
  const base = entry.n === 0n ? row.notional : entry;
  const share = base.n === 0n ? ZERO : divide(pnl, base);
  const leverage = divide(multiply(row.notional, index), value.equity);
  if (method === 'queue') {
    if (share.n >= 0n) return multiply(share, leverage);
    return leverage.n === 0n ? null : divide(share, leverage);
  }
  const [mark, bought] = [fromDecimal(row.mark), divide(fraction(row.position.cost), fraction(BigInt(row.position.lots)))];
  const price = multiply(bought, UNIT);
  if (mark.n * price.n <= 0n) return multiply(add(ONE, share), leverage);
  // Below zero a long loses as the number grows: the formulas are of what a position is worth.
  const isLong = row.position.lots > 0 === price.n > 0n;
  return multiply(isLong ? divide(mark, price) : divide(price, mark), leverage);
}

/** Everybody on one side, sorted exactly. */
function plainly(book: Book, request: AdlRequest): Plain[] {
  const { instruments } = book;
  const market = instruments.markets[request.market];
  const isSide = (size: number): boolean => size > 0 === (request.side === 'long');
  const found: Plain[] = [];
  for (const { id, value } of oracle(book)) {
    const rows = value.positions.filter(({ position }) => position.market === request.market);
    const row = rows.find(({ position }) => isSide(position.lots));
    if (row === undefined || request.isExcluded(id)) continue;
    const score = scoreOf(request.method, value, row, instruments);
    if (score === null) continue;
    const each = multiply(
      lotValue(market),
      subtract(unitValue(market, fromDecimal(request.price)), unitValue(market, fromDecimal(row.mark))),
    );
    const change = request.side === 'long' ? each : { n: -each.n, d: each.d };
    const holds = (x: bigint): boolean =>
      equityWith(value, market.settleAsset, subtract(multiply(fraction(x), change), multiply(fraction(2n), UNIT))).n >= 0n;
    const size = Math.abs(row.position.lots);
    const most = change.n >= 0n ? (holds(1n) ? size : 0) : Number(greatest(BigInt(size), holds));
    const opposite = Math.abs(rows.find(({ position }) => !isSide(position.lots))?.position.lots ?? 0);
    found.push({ id, score, pnl: row.unrealizedPnl, lots: size, most, opposite });
  }
  return found.sort((a, b) => compare(b.score, a.score) || compareIds(a.id, b.id));
}

type Taken = readonly [id: string, lots: number, pnl: bigint, score: Fraction];

function plainQueue(book: Book, request: AdlRequest): Taken[] {
  const first: Taken[] = [];
  const later: Taken[] = [];
  for (const { id, score, pnl, lots: size, most, opposite } of plainly(book, request)) {
    const alone = request.hedgeAware ? Math.max(0, size - opposite) : size;
    const part = (count: number): bigint => fractionToUnits(multiply(pnl, fraction(BigInt(count), BigInt(size))), 18, 'down');
    if (Math.min(most, alone) > 0) first.push([id, Math.min(most, alone), part(alone), score]);
    if (most > alone) later.push([id, most - alone, part(size - alone), score]);
  }
  const wanted: Taken[] = [];
  let found = 0;
  for (const taken of [...first, ...later]) {
    if (request.method !== 'pro-rata' && found >= request.lots) break;
    found += taken[1];
    wanted.push(taken);
  }
  return wanted;
}

const seen = { targets: 0, capped: 0, hedged: 0, tied: 0, prefix: 0, ranks: 0, winners: 0 };

function requestOf(random: Random, { instruments, prices }: Book, market: number): AdlRequest {
  const mark = prices.marks[market] ?? { units: 1n, decimals: 0 };
  const [up, down] = pick(random, [
    [1n, 1n],
    [11n, 10n],
    [10n, 11n],
    [3n, 1n],
    [1n, 3n],
  ] as const);
  const price: Decimal = { units: (mark.units * 1_000n * up) / down, decimals: mark.decimals + 3 };
  const isOne = instruments.markets[market].kind === 'inverse' && price.units <= 0n;
  const excluded = random.integer(4) === 0 ? random.integer(10) : -1;
  return {
    market,
    side: pick(random, ['long', 'short'] as const),
    method: pick(random, METHODS),
    lots: lots(random.chance(0.2) ? Number.MAX_SAFE_INTEGER : Math.floor(10 ** (random.uniform() * 8)) + 1),
    price: isOne ? { units: 1n, decimals: 0 } : price,
    hedgeAware: random.chance(0.5),
    isExcluded: (portfolio) => excluded >= 0 && Number(accountOf(portfolio).slice(1)) % 10 === excluded,
  };
}

function expectQueue(book: Book, request: AdlRequest): void {
  const found = adlQueue(book.scanner, request);
  const expected = plainQueue(book, request);
  expect(found.map(({ portfolio, lots: size, unrealisedPnl }) => [portfolio, size, unrealisedPnl])).toEqual(
    expected.map(([id, size, pnl]) => [id, size, pnl]),
  );
  for (const [i, { score }] of found.entries()) expect(compare(score, expected[i][3])).toBe(0);
  const everybody = plainly(book, request);
  seen.targets += found.length;
  seen.capped += everybody.filter(({ lots: size, most }) => most < size).length;
  seen.hedged += request.hedgeAware ? found.length - new Set(found.map(({ portfolio }) => portfolio)).size : 0;
  seen.tied += everybody.filter(({ score }, i) => i > 0 && compare(score, everybody[i - 1].score) === 0).length;
  seen.prefix += Number(found.length > 0 && found.length < everybody.filter(({ most }) => most > 0).length);
}

function expectRanks(book: Book, { market, side, method }: AdlRequest): void {
  const price = { units: 1n, decimals: 0 };
  const all = plainly(book, { market, side, method, lots: lots(1), price, hedgeAware: false, isExcluded: () => false });
  const ranking = new AdlSide(book.scanner, { market, side, method });
  const total = all.reduce((sum, { lots: size }) => sum + BigInt(size), 0n);
  let cumulative = 0n;
  for (const [i, { id, lots: size }] of all.entries()) {
    cumulative += BigInt(size);
    const fifths = [1n, 2n, 3n, 4n, 5n].filter((fifth) => cumulative * 5n <= total * fifth);
    expect(ranking.rankOf(id)).toEqual({ rank: i + 1, count: all.length, lights: fifths.length });
    seen.ranks += 1;
  }
  const places = [...ranking.places()];
  expect(places.map(({ portfolio }) => portfolio)).toEqual(all.map(({ id }) => id));
  for (const { portfolio, place } of places) expect(place).toEqual(ranking.rankOf(portfolio));
  expect(ranking.rankOf('nobody')).toBeNull();
}

function expectWinners(random: Random, book: Book): void {
  const { instruments, scanner } = book;
  const asset = random.integer(instruments.assets.length);
  const markets = instruments.markets
    .filter(({ settleAsset }) => settleAsset === asset && random.chance(0.7))
    .map(({ index }) => index);
  if (markets.length === 0) return;
  const expected: [string, bigint, number, bigint][] = [];
  for (const { id, value } of oracle(book)) {
    const rows = value.positions.filter(({ position }) => markets.includes(position.market));
    if (rows.length === 0 || id.includes('7')) continue;
    const gain = rows.reduce((sum, { unrealizedPnl }) => (unrealizedPnl.n > 0n ? add(sum, unrealizedPnl) : sum), ZERO);
    const holds = (x: bigint): boolean => equityWith(value, asset, multiply(fraction(-x), UNIT)).n >= 0n;
    let most = 1n;
    while (holds(most)) most *= 2n;
    const takeMax = greatest(most, holds);
    const size = rows.reduce((sum, { position }) => sum + Math.abs(position.lots), 0);
    if (takeMax > 0n) expected.push([id, fractionToUnits(gain, 18, 'down'), Math.min(size, Number.MAX_SAFE_INTEGER), takeMax]);
  }
  expected.sort(([a], [b]) => compareIds(a, b));
  const found = winners(scanner, markets, (portfolio) => portfolio.includes('7'));
  expect(found.map(({ portfolio, gain, lots: size, takeMax }) => [portfolio, gain, size, takeMax])).toEqual(expected);
  seen.winners += expected.length;
}

describe('everybody sorted exactly', () => {
  for (const kind of ['plain', 'mixed', 'wild'] as const) {
    it(`${BOOKS} ${kind} books: queues, ranks and winners are the same`, () => {
      const random = new Random(SEED, `adl ${kind}`);
      for (let i = 0; i < BOOKS; i++) {
        const book = bookOf(random, kind);
        for (const { index } of book.instruments.markets) {
          const request = requestOf(random, book, index);
          if (book.prices.marks[index] === null) {
            expect(adlQueue(book.scanner, request)).toEqual([]);
            continue;
          }
          expectQueue(book, request);
          expectRanks(book, request);
        }
        expectWinners(random, book);
      }
    }, 120_000);
  }

  it('was worth the name', () => {
    for (const [what, count] of Object.entries(seen)) expect(count, what).toBeGreaterThan(20);
  });
});
