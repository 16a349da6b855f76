/** Collateral sold to the venue for what is owed: through the engine, over several assets, haircut bands and debts. */
import { describe, expect, it } from 'vitest';
import { Engine } from '../../src/engine/engine.js';
import { type Asset, DEFAULT_RULES, type Instruments, plainAsset } from '../../src/model/instruments.js';
import { cash } from '../../src/model/portfolio.js';
import type { TickRecord } from '../../src/model/records.js';
import { JsBackend } from '../../src/scan/js-backend.js';
import { account, E18, effectsOf, portfolios } from '../engine/support.js';
import { dec, marketOf, rate, tiersOf } from '../support/books.js';
import { policyOf } from '../support/policies.js';

const owed = { method: 'bracket' as const, tiers: tiersOf([[0, '0.1']]) };
const band = (floor: number, haircut: string) => ({ floor: dec(floor), haircut: rate(haircut) });
const usdt: Asset = { ...plainAsset(0, 'USDT', 6), borrow: owed };
const eth: Asset = { ...plainAsset(1, 'ETH', 8), haircuts: [band(0, '0'), band(10, '0.5')], borrow: owed };
const sol: Asset = { ...plainAsset(2, 'SOL', 8), haircuts: [band(0, '0.2')] };
const market = marketOf(0);
const instruments: Instruments = {
  ...DEFAULT_RULES,
  ...{ valuation: usdt, assets: [usdt, eth, sol], markets: [market], marketIndex: new Map([[market.id, 0]]) },
};
const index = (timeUs: number, ethPrice: number, solPrice: number): TickRecord => ({
  ...{ type: 'tick', timeUs, marks: [] },
  indexes: [
    { asset: 1, price: dec(ethPrice) },
    { asset: 2, price: dec(solPrice) },
  ],
});

/** What is told of money, and what is left, in whole units. */
function converted(usd: number, ethHeld: number, solHeld: number, ethPrice: number, solPrice: number) {
  const engine = new Engine({ instruments, backend: new JsBackend(), policy: policyOf([]) });
  const others = [ethHeld, solHeld].flatMap((held, i) =>
    held === 0 ? [] : [{ asset: i + 1, amount: cash(BigInt(held) * E18) }],
  );
  engine.load(account('debtor', usd, { others }));
  const effects = effectsOf(engine, index(1, ethPrice, solPrice));
  engine.checkConservation();
  const moved = effects.flatMap((effect) => (effect.type === 'transfers' ? effect.rows : []));
  const left = portfolios(engine).debtor ?? { cash: 0n, others: [] };
  const amounts = [left.cash, ...[1, 2].map((asset) => left.others?.find((each) => each.asset === asset)?.amount ?? 0n)];
  return {
    moved: moved.map(({ reason, asset, amount }) => `${reason} ${Number(amount) / 1e18} of ${asset}`),
    left: amounts.map((amount) => Number(amount) / 1e18),
  };
}

describe('what is owed', () => {
  it('is paid from one asset after the other, each at its price less haircut, and no more than is owed', () => {
    // 1,000 owed need 1,100; 2 ETH at 200 and 10 SOL at 80 less a fifth are 1,040.
    const { moved, left } = converted(-1_000, 2, 10, 200, 80);
    expect(moved).toEqual(['conversion 2 of 1', 'conversion 400 of 0', 'conversion 9.375 of 2', 'conversion 600 of 0']);
    expect(left).toEqual([0, 0, 0.625]);
  });

  it('is paid what it counted: of the dearest band first', () => {
    // 10 of 20 ETH are in the band of one half and bring 50 each; of the others 9 bring 100 each.
    const { moved, left } = converted(-1_400, 20, 0, 100, 1);
    expect(moved).toEqual(['conversion 19 of 1', 'conversion 1400 of 0']);
    expect(left).toEqual([0, 1, 0]);
  });

  it('in another asset is paid in it, at its index', () => {
    // 5 ETH at 100 are owed and need 50 more; 520 are there.
    const { moved, left } = converted(520, -5, 0, 100, 1);
    expect(moved).toEqual(['conversion 500 of 0', 'conversion 5 of 1']);
    expect(left).toEqual([20, 0, 0]);
  });

  it('and cannot be paid is paid as far as it goes; the venue pays the rest', () => {
    const { moved, left } = converted(-1_000, 2, 0, 200, 1);
    expect(moved).toEqual(['conversion 2 of 1', 'conversion 400 of 0', 'venue-loss 600 of 0']);
    expect(left).toEqual([0, 0, 0]);
  });
});
