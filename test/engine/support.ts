/** A small book and short ways to write records for it. */
import { expect } from 'vitest';
import { Engine } from '../../src/engine/engine.js';
import type { Effect } from '../../src/model/effects.js';
import { type Account, cash, cost, lots, type Portfolio } from '../../src/model/portfolio.js';
import type { Fill, InputRecord } from '../../src/model/records.js';
import { JsBackend } from '../../src/scan/js-backend.js';
import { dec, instrumentsOf, marketOf } from '../support/books.js';
import { fullClose } from '../support/policies.js';

export const E18 = 10n ** 18n;
export const TTL_US = 5_000_000;

/** One unit is 1,000 lots; the first tier asks for 0.4 %. */
export const instruments = instrumentsOf([marketOf(0), marketOf(1)]);

export const position = (size: number, entry: number, market = 0) => ({
  market,
  lots: lots(size),
  cost: cost(BigInt(size) * BigInt(entry) * E18),
});

export const account = (id: string, money: number, over: Partial<Account> = {}): Account => ({
  id,
  positionMode: 'net',
  balance: cash(BigInt(money) * E18),
  cross: [],
  isolated: [],
  ...over,
});

/** Alice is long 0.5 at 30,000 with 1,000: she breaches below 28,112. */
export const alice = account('alice', 1_000, { cross: [position(500, 30_000)] });

export function engineWith(...accounts: Account[]): Engine {
  const engine = new Engine({ instruments, backend: new JsBackend(), policy: fullClose(TTL_US) });
  for (const each of accounts) engine.load(each);
  return engine;
}

export const tick = (timeUs: number, ...prices: (number | null)[]): InputRecord => ({
  type: 'tick',
  timeUs,
  marks: prices.flatMap((price, market) => (price === null ? [] : [{ market, price: dec(price) }])),
});

export const fill = (tradeId: string, over: Partial<Fill> = {}): Fill => ({
  tradeId,
  orderId: null,
  account: 'alice',
  market: 0,
  margin: 'cross',
  side: 'sell',
  lots: lots(100),
  price: dec(29_000),
  fee: cash(0n),
  timeUs: 0,
  ...over,
});

export const fills = (timeUs: number, ...rows: Fill[]): InputRecord => ({ type: 'fills', timeUs, fills: rows });

/** Every portfolio as the model has it, by id. */
export function portfolios(engine: Engine): Record<string, Portfolio> {
  const { book } = engine.scanHalf;
  const all: [string, Portfolio][] = [];
  for (let handle = 0; handle < book.store.handleEnd; handle++) {
    if (book.exists(handle)) all.push([book.store.idOf(handle), book.portfolio(handle)]);
  }
  return Object.fromEntries(all);
}

/** Effects of kinds that tell of signals, orders and cases; stages, freezes and transfers have tests of their own. */
export function caseEffects(effects: readonly Effect[]): readonly Effect[] {
  return effects.filter(({ type }) => ['execution', 'signals', 'orders', 'cases'].includes(type));
}

export function effectsOf(engine: Engine, record: InputRecord): readonly Effect[] {
  const { effects, problems } = engine.apply(record);
  expect(problems).toEqual([]);
  return effects;
}
