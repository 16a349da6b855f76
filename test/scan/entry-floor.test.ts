/** Stepped tables on entry notionals that meet their tier's floor exactly: where a float64 that is a hair low would miss a breach. */
import { expect, it } from 'vitest';
import { multiplyDecimals, toUnits } from '../../src/model/decimal.js';
import { cash, cost, lots } from '../../src/model/portfolio.js';
import { JsBackend } from '../../src/scan/js-backend.js';
import { LiveBook } from '../../src/scan/live-book.js';
import { Scanner } from '../../src/scan/scanner.js';
import { dec, instrumentsOf, marketOf, rate } from '../support/books.js';

it('finds every one of them', () => {
  // Units of many sizes, as the float64 of a unit's worth may be too low or too high.
  const floors = Array.from({ length: 600 }, (_, i) => ({
    lot: dec(1, i % 9),
    contractSize: dec(1 + (i % 7)),
    price: 7 * i + 3,
  }));
  const markets = floors.map(({ lot, contractSize, price }, i) => {
    const tiers = [
      { floor: dec(0), rate: rate('0.01'), deduction: rate('0') },
      { floor: multiplyDecimals(multiplyDecimals(lot, contractSize), dec(price)), rate: rate('0.5'), deduction: rate('0') },
    ];
    return marketOf(i, { lot, contractSize, maintenance: { method: 'step', basis: 'entry', closeFee: rate('0'), tiers } });
  });
  const scanner = new Scanner(new LiveBook(instrumentsOf(markets)), new JsBackend());
  scanner.setPrices({ marks: floors.map(({ price }, market) => ({ market, price: dec(price) })) });
  for (const [market, { price }] of floors.entries()) {
    // One lot bought at the floor: 0.3 of its worth in cash is enough for the first tier and not for the second.
    const position = { market, lots: lots(1), cost: cost(BigInt(price) * 10n ** 18n) };
    const worth = toUnits(markets[market].maintenance.tiers[1].floor, 18, 'down');
    const balance = cash((worth * 3n) / 10n);
    scanner.book.setAccount({ id: `a${market}`, positionMode: 'net', balance, cross: [position], isolated: [] }, 1);
  }
  expect(scanner.scan().liquidatable).toHaveLength(floors.length);
});
