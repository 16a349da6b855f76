/** Debts that stand exactly on a step of a borrow table, where a rounding would take the cheaper side: none is missed. */
import { expect, it } from 'vitest';
import { pow10 } from '../../src/model/decimal.js';
import { type Instruments, plainAsset } from '../../src/model/instruments.js';
import { type Account, cash, cost, EXACT_DECIMALS, lots } from '../../src/model/portfolio.js';
import { JsBackend } from '../../src/scan/js-backend.js';
import { LiveBook } from '../../src/scan/live-book.js';
import { Scanner } from '../../src/scan/scanner.js';
import { Random } from '../../src/synthetic/random.js';
import { dec, instrumentsOf, marketOf, tiersOf } from '../support/books.js';

const RUNS = 500;
const E18 = pow10(EXACT_DECIMALS);

/** A coin of which a debt from the floor on needs half of it, one below a hundredth; a market settles in it and asks for nothing. */
function venue(floor: number): Instruments {
  const usd = plainAsset(0, 'USD', 6);
  const steps = [
    [0, '0.01'],
    [floor, '0.5'],
  ] as const;
  const coin = { ...plainAsset(1, 'COIN', 18), borrow: { method: 'step' as const, tiers: tiersOf(steps, 'step') } };
  const market = marketOf(0, {
    settle: 'COIN',
    settleAsset: 1,
    lot: dec(1, 8),
    maintenance: { ...marketOf(0).maintenance, tiers: tiersOf([[0, '0']]) },
  });
  return { ...instrumentsOf([market]), valuation: usd, assets: [usd, coin] };
}

it('a portfolio that owes exactly a floor, a hair short of the dearer requirement, is liquidatable', () => {
  const random = new Random(5, 'jumps');
  for (let run = 0; run < RUNS; run++) {
    const floor = 1 + random.integer(1e6);
    const instruments = venue(floor);
    const scanner = new Scanner(new LiveBook(instruments), new JsBackend());
    const [mark, entry, index] = [
      dec(1 + random.integer(1e9), 7),
      dec(1 + random.integer(1e9), 7),
      dec(1 + random.integer(1e9), 6),
    ];
    scanner.setPrices({ marks: [{ market: 0, price: mark }], indexes: [{ asset: 1, price: index }] });
    const size = 1 + random.integer(1e15);
    // Its PnL in 10^-18 of the coin: lots · 10^-8 · (mark − entry) · 10^-7.
    const profit = BigInt(size) * (mark.units - entry.units) * 10n ** 3n;
    const owed = BigInt(floor) * E18;
    const isAt = random.chance(0.5);
    const account: Account = {
      id: 'a',
      positionMode: 'net',
      // 1.5 of what is owed, at the index, less 10^-18.
      balance: cash((owed * 3n * index.units) / 2n / 10n ** 6n - 1n),
      others: [{ asset: 1, amount: cash(-owed - profit + (isAt ? 0n : 1n)) }],
      cross: [{ market: 0, lots: lots(size), cost: cost(BigInt(size) * entry.units * 10n ** 11n) }],
      isolated: [],
    };
    scanner.book.setAccount(account, 1);
    // A hair less owed, and a hundredth is enough.
    expect(scanner.scan().liquidatable.length).toBe(isAt ? 1 : 0);
  }
});
