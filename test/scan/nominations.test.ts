/** The price of never missing one: how many portfolios the filter nominates in vain on a book like a venue's. */
import { expect, it } from 'vitest';
import { JsBackend } from '../../src/scan/js-backend.js';
import { LiveBook } from '../../src/scan/live-book.js';
import { Scanner } from '../../src/scan/scanner.js';
import { syntheticAccounts } from '../../src/synthetic/book.js';
import { defaultMarkets, syntheticInstruments } from '../../src/synthetic/instruments.js';

it('are at most 2 % above the true ones, through a fall that leaves every window', () => {
  const seeds = defaultMarkets(50);
  const instruments = syntheticInstruments(seeds, 'USDT');
  const prices = seeds.map(({ price }) => price);
  const scanner = new Scanner(new LiveBook(instruments), new JsBackend());
  scanner.setPrices({ marks: prices.map((price, market) => ({ market, price })) });
  for (const account of syntheticAccounts({ instruments, prices, positions: 100_000, seed: 11 })) {
    scanner.book.setAccount(account, 0);
  }
  let nominees = 0;
  let breached = 0;
  for (const promille of [999n, 996n, 990n, 975n, 960n, 945n, 930n, 900n]) {
    scanner.setPrices({
      marks: prices.map(({ units, decimals }, market) => ({
        market,
        price: { units: units * promille, decimals: decimals + 3 },
      })),
    });
    const found = scanner.scan();
    nominees += found.nominees;
    breached += found.liquidatable.length + found.insolvent.length;
  }
  expect(breached).toBeGreaterThan(1_000);
  expect(nominees).toBeGreaterThanOrEqual(breached);
  expect((nominees - breached) / breached).toBeLessThan(0.02);
});
