/** The sums of a book stay exact however much is added to them. Random records: test/engine/scan-half.test.ts. */
import { expect, it } from 'vitest';
import { cash, cost, lots } from '../../src/model/portfolio.js';
import { LiveBook } from '../../src/scan/live-book.js';
import { instrumentsOf, marketOf } from '../support/books.js';

const COST = (1n << 126n) - 1n;
const SIZE = Number.MAX_SAFE_INTEGER;

it('more rows than floats can add up without carrying', () => {
  const book = new LiveBook(instrumentsOf([marketOf(0), marketOf(1)]));
  const position = { market: 1, lots: lots(-SIZE), cost: cost(-COST) };
  const [handle] = book.setAccount({ id: 'a', positionMode: 'net', balance: cash(7n), cross: [position], isolated: [] }, 1);
  const rows = 2 ** 21 + 5;
  for (let i = 1; i < rows; i++) book.totals.addPortfolio(handle, 1);
  const count = BigInt(rows);
  expect(book.totals.copy()).toEqual({
    balances: [7n * count],
    lots: [0n, -BigInt(SIZE) * count],
    costs: [0n, -COST * count],
  });
  for (let i = 1; i < rows; i++) book.totals.addPortfolio(handle, -1);
  expect(book.totals.copy()).toEqual(book.totals.recount());
});
