/** A portfolio without positions whose debt needs margin: breached by an index price, with nothing to close; its collateral is sold. */

import { expect, it } from 'vitest';
import { Engine } from '../../src/engine/engine.js';
import type { CaseEvent, Effect, Signal } from '../../src/model/effects.js';
import { compare, fraction, ZERO } from '../../src/model/fraction.js';
import { type Asset, DEFAULT_RULES, type Instruments, plainAsset } from '../../src/model/instruments.js';
import { cash } from '../../src/model/portfolio.js';
import { JsBackend } from '../../src/scan/js-backend.js';
import { dec, marketOf, rate, tiersOf } from '../support/books.js';
import { fullClose } from '../support/policies.js';
import { account, caseEffects, E18, effectsOf, portfolios, TTL_US } from './support.js';

const usdt: Asset = { ...plainAsset(0, 'USDT', 6), borrow: { method: 'bracket', tiers: tiersOf([[0, '0.1']]) } };
const eth: Asset = { ...plainAsset(1, 'ETH', 8), haircuts: [{ floor: dec(0), haircut: rate('0.05') }] };
const market = marketOf(0);
const instruments: Instruments = {
  ...DEFAULT_RULES,
  ...{ valuation: usdt, assets: [usdt, eth], markets: [market], marketIndex: new Map([[market.id, 0]]) },
};

const index = (timeUs: number, price: number) => ({
  ...{ type: 'tick' as const, timeUs, marks: [], indexes: [{ asset: 1, price: dec(price) }] },
});
const casesOf = (effects: readonly Effect[]): CaseEvent[] => effects.flatMap((e) => (e.type === 'cases' ? e.rows : []));
const signalsOf = (effects: readonly Effect[]): Signal[] => effects.flatMap((e) => (e.type === 'signals' ? e.rows : []));

const money = (engine: Engine) => {
  const { cash: usd, others = [] } = portfolios(engine).debtor ?? { cash: 0n };
  return { usd, eth: others[0]?.amount ?? 0n };
};

it('is paid from its collateral, sold to the venue at index price less haircut, at the end of the waterfall', () => {
  const engine = new Engine({ instruments, backend: new JsBackend(), policy: fullClose(TTL_US) });
  // 1,000 owed need 100; 1 ETH counts 0.95 of its price: breached below 1,100/0.95.
  engine.load(account('debtor', -1_000, { others: [{ asset: 1, amount: cash(E18) }] }));
  expect(casesOf(effectsOf(engine, index(1, 1_200)))).toEqual([]);
  const breached = effectsOf(engine, index(2, 1_100));
  const [opened, ended, ...rest] = casesOf(breached);
  expect(opened).toMatchObject({ portfolio: 'debtor', event: 'opened', outcome: null });
  expect(compare(opened.deficit, fraction(55n))).toBe(0);
  expect(ended).toMatchObject({ event: 'ended', outcome: 'recovered', badDebt: ZERO });
  expect(rest).toEqual([]);
  // 1,000 / (1,100 · 0.95) ETH, rounded up; what it brings pays the debt to the last unit.
  const sold = (1_000n * E18 * 100n + 104_499n) / 104_500n;
  expect(breached.find(({ type }) => type === 'transfers')).toMatchObject({
    rows: [
      { debit: { portfolio: 'debtor' }, credit: { kind: 'conversion' }, asset: 1, amount: sold, reason: 'conversion' },
      { debit: { kind: 'conversion' }, credit: { portfolio: 'debtor' }, asset: 0, amount: 1_000n * E18, reason: 'conversion' },
    ],
  });
  expect(money(engine)).toEqual({ usd: 0n, eth: E18 - sold });
  expect(engine.counters()).toMatchObject({ openCases: 0, liveOrders: 0, liquidatable: 0, liquidations: 0 });
  engine.checkConservation();
});

it('is not sold in shadow mode: its case waits, and ends when it recovers', () => {
  const engine = new Engine({ instruments, backend: new JsBackend(), policy: fullClose(TTL_US), mode: 'shadow' });
  engine.load(account('debtor', -1_000, { others: [{ asset: 1, amount: cash(E18) }] }));
  const breached = effectsOf(engine, index(1, 1_100));
  expect(caseEffects(breached).map(({ type }) => type)).toEqual(['signals', 'cases']);
  expect(signalsOf(breached)).toMatchObject([
    { portfolio: 'debtor', state: 'breached', markets: [], equity: 45, maintenance: 100 },
  ]);
  expect(engine.counters()).toMatchObject({ openCases: 1, liveOrders: 0, liquidatable: 1 });
  expect(effectsOf(engine, index(3, 1_100))).toEqual([]);
  const after = effectsOf(engine, index(4, 1_200));
  expect(casesOf(after)).toMatchObject([{ event: 'ended', outcome: 'recovered', badDebt: ZERO }]);
  expect(signalsOf(after)).toMatchObject([{ portfolio: 'debtor', state: 'recovered' }]);
  expect(engine.counters()).toMatchObject({ openCases: 0, liveOrders: 0, liquidatable: 0, liquidations: 0 });
});
