/** `explain` from outside: the strings of an independent calculation, and prices that venues publish. */
import { beforeAll, describe, expect, test } from 'vitest';
import { type Expected, workOut } from './exact.js';
import { EXAMPLE, HAND_BOOKS } from './hand-books.js';
import { inProcess, spawned } from './plimsoll.js';
import { randomBooks } from './random-books.js';
import { venueBooks } from './venue-books.js';

const explainArgs = ({ book, marks }: Pick<Expected, 'book' | 'marks'>, account: string) => [
  'explain',
  '--book',
  book,
  '--marks',
  marks,
  '--account',
  account,
];

describe('the exact strings', () => {
  const expected = new Map<string, Expected>();
  beforeAll(() => {
    for (const each of workOut(HAND_BOOKS)) expected.set(each.name, each);
  });

  test("of the contract's example", async () => {
    const { code, stdout, stderr } = await spawned(...explainArgs(expected.get('example')!, 'alice'), '--json');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    // 0.5·(p − 30000) + 1000 = 0.004·0.5·p and −0.1·(p − 31000) + 350 = 0.004·0.1·p.
    expect(stdout).toBe(
      '{"version":1,"account":"alice","valuation":"USDT","portfolios":[{"portfolio":"alice","mode":"cross","equity":"3500.000000",' +
        '"maintenance":"70.000000","deficit":"0.000000","badDebt":"0.000000","marginRatio":"50.000000","initialMargin":"70.000000",' +
        '"orderMargin":"0.000000","freeCollateral":"3430.000000","liquidatable":false,"unpriced":false,"missing":[],' +
        '"assets":[{"asset":"USDT","index":"1","balance":"1000.000000","unrealizedPnl":"2500.000000","funding":"0.000000",' +
        '"equity":"3500.000000","counted":"3500.000000","haircut":"0.000000","borrowed":"0.000000","borrowMaintenance":"0.000000"}],' +
        '"positions":[{"market":"BTCUSDT","side":"long","size":"0.5","entry":"30000","mark":"35000","kind":"linear","settle":"USDT",' +
        '"leverage":null,"notional":"17500.000000","unrealizedPnl":"2500.000000","maintenance":"70.000000",' +
        '"liquidationPrice":"28112.44979920","liquidationPriceOther":null,"bankruptcyPrice":"28000.00000000",' +
        '"bankruptcyPriceAfterFee":"28000.00000000","funding":"0.000000","initialMargin":"70.000000","marginWaived":false}],' +
        '"orders":[]},{"portfolio":"alice/BTCUSDT","mode":"isolated","equity":"-50.000000","maintenance":"14.000000",' +
        '"deficit":"64.000000","badDebt":"50.000000","marginRatio":"-3.571429","initialMargin":"14.000000","orderMargin":"0.000000",' +
        '"freeCollateral":"-64.000000","liquidatable":true,"unpriced":false,"missing":[],' +
        '"assets":[{"asset":"USDT","index":"1","balance":"350.000000","unrealizedPnl":"-400.000000","funding":"0.000000",' +
        '"equity":"-50.000000","counted":"-50.000000","haircut":"0.000000","borrowed":"50.000000","borrowMaintenance":"0.000000"}],' +
        '"positions":[{"market":"BTCUSDT","side":"short","size":"-0.1","entry":"31000","mark":"35000","kind":"linear","settle":"USDT",' +
        '"leverage":null,"notional":"3500.000000","unrealizedPnl":"-400.000000","maintenance":"14.000000",' +
        '"liquidationPrice":"34362.54980080","liquidationPriceOther":null,"bankruptcyPrice":"34500.00000000",' +
        '"bankruptcyPriceAfterFee":"34500.00000000","funding":"0.000000","initialMargin":"14.000000","marginWaived":false}],' +
        '"orders":[]}]}\n',
    );
  });

  test.each(HAND_BOOKS.map(({ name }) => name))('of every account of a book written by hand: %s', async (name) => {
    const each = expected.get(name)!;
    for (const [account, text] of each.explain) {
      const { code, stdout } = await inProcess(...explainArgs(each, account), '--json');
      expect({ account, code, stdout }).toEqual({ account, code: 0, stdout: `${text}\n` });
    }
  });

  test.each([
    ['of random books', randomBooks(12, 200)],
    ['of random venues: every contract kind, several assets, haircuts, debts, hedges, orders', venueBooks(13, 300)],
  ])('%s', async (_, random) => {
    const books = workOut(random);
    for (const each of books) {
      for (const [account, text] of each.explain) {
        const { stdout } = await inProcess(...explainArgs(each, account), '--json');
        expect({ name: each.name, account, stdout }).toEqual({ name: each.name, account, stdout: `${text}\n` });
      }
    }
    const all = books.flatMap(({ explain }) => [...explain.values()]).join();
    expect(all.split('"liquidationPriceOther":"').length).toBeGreaterThan(10);
  });
});

describe('for people', () => {
  test('every portfolio with its terms', async () => {
    const [example] = workOut([EXAMPLE]);
    const { code, stdout } = await spawned(...explainArgs(example, 'alice'));
    expect(code).toBe(0);
    expect(stdout).toContain('alice (cross): not liquidatable');
    expect(stdout).toContain('alice/BTCUSDT (isolated): liquidatable');
    expect(stdout).toMatch(/^3500\.000000 +70\.000000 +50\.000000 +0\.000000 +0\.000000 +70\.000000 +0\.000000 +3430\.000000$/m);
    expect(stdout).toMatch(/^BTCUSDT +long +28112\.44979920 +- +28000\.00000000 +28000\.00000000$/m);
  });

  test('what is unknown, insolvent or not there is said', async () => {
    const [unpriced, insolvent] = workOut(HAND_BOOKS.filter(({ name }) => name === 'unpriced' || name === 'insolvent'));
    expect((await inProcess(...explainArgs(unpriced, 'lost'))).stdout).toContain(
      'lost (cross): unpriced: no price of Alpha/1, zeta',
    );
    expect((await inProcess(...explainArgs(unpriced, 'nothing'))).stdout).toBe('nothing has no positions and no balance\n');
    expect((await inProcess(...explainArgs(insolvent, 'debtor'))).stdout).toContain('debtor (cross): insolvent');
  });
});
