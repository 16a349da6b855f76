/** The radius of the hot set comes back: lanes that are near at any radius must not make it useless for as long as they lasted, nor a small book infinite. */
import { expect, it } from 'vitest';
import { JsBackend } from '../../src/scan/js-backend.js';
import { LiveBook } from '../../src/scan/live-book.js';
import { Scanner } from '../../src/scan/scanner.js';
import { syntheticAccounts } from '../../src/synthetic/book.js';
import { defaultMarkets, syntheticInstruments } from '../../src/synthetic/instruments.js';

const seeds = defaultMarkets(2);
const instruments = syntheticInstruments(seeds, 'USDT');
const prices = seeds.map(({ price }) => price);

function walk(scanner: Scanner, ticks: number, markets: number, statisticsEvery: number | null): void {
  for (let t = 0; t < ticks; t++) {
    if (statisticsEvery !== null && t % statisticsEvery === 0) scanner.wantStatistics(true);
    const factor = BigInt(1_000_000 + ((t * 7919) % 41));
    const marks = prices
      .slice(0, markets)
      .map(({ units, decimals }, market) => ({ market, price: { units: units * factor, decimals: decimals + 6 } }));
    scanner.setPrices({ marks });
    scanner.scan();
  }
}

/** Scans that were not of everything. */
function spared({ hot }: Scanner): number {
  return (hot?.counts.hot ?? 0) + (hot?.counts.warm ?? 0);
}

it('a market without a price for half an hour does not disable the hot set for the next', () => {
  const scanner = new Scanner(new LiveBook(instruments), new JsBackend());
  for (const account of syntheticAccounts({ instruments, prices, positions: 3_000, seed: 1 }))
    scanner.book.setAccount(account, 0);
  walk(scanner, 18_000, 1, null);
  const before = spared(scanner);
  walk(scanner, 4_000, 2, null);
  expect(spared(scanner) - before).toBeGreaterThan(1_000);
});

it('a small book keeps its hot set', () => {
  const scanner = new Scanner(new LiveBook(instruments), new JsBackend());
  const [account] = [...syntheticAccounts({ instruments, prices, positions: 100, seed: 1 })].filter(
    ({ isolated }) => isolated.length === 0,
  );
  scanner.book.setAccount(account, 0);
  walk(scanner, 20_000, 2, 6);
  const before = spared(scanner);
  walk(scanner, 1_000, 2, null);
  expect(spared(scanner) - before).toBeGreaterThan(500);
});
