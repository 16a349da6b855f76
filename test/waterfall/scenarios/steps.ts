/** What scenarios are written in: accounts and steps as text, to the model's records. A step that cannot be read is an error of the test. */
import { exactUnits, parseDecimal } from '../../../src/model/decimal.js';
import type { OrderEvent } from '../../../src/model/effects.js';
import type { Instruments, Market } from '../../../src/model/instruments.js';
import { DEFAULT_RULES, plainAsset } from '../../../src/model/instruments.js';
import { type Account, accountOf, cash, cost, type Lots, lots } from '../../../src/model/portfolio.js';
import type { AdminCommand, Fill, InputRecord, OrderAck } from '../../../src/model/records.js';
import { dec, marketOf, rate, tiersOf } from '../../support/books.js';
import type { Run } from './table.js';

const SECOND_US = 1_000_000;

/** Markets of the scenarios: lots of 0.001, ticks of 0.01, a flat 1 %; `T` has tiers, `E` settles in ETH. */
export function venue(over: Partial<Market> = {}): Instruments {
  const table = (pairs: readonly (readonly [number, string])[]) =>
    ({ method: 'bracket', basis: 'mark', closeFee: rate('0'), tiers: tiersOf(pairs) }) as const;
  const flat = table([[0, '0.01']]);
  const tiers = table([
    [0, '0.01'],
    [1_000, '0.02'],
    [2_000, '0.05'],
    [4_000, '0.1'],
  ]);
  const markets = [
    marketOf(0, { id: 'A', maintenance: flat, ...over }),
    marketOf(1, { id: 'B', maintenance: flat, ...over }),
    marketOf(2, { id: 'T', maintenance: tiers, ...over }),
    marketOf(3, { id: 'E', maintenance: flat, settle: 'ETH', settleAsset: 1, ...over }),
  ];
  const usdt = plainAsset(0, 'USDT', 6);
  const eth = { ...plainAsset(1, 'ETH', 8), haircuts: [{ floor: dec(0), haircut: rate('0.1') }] };
  const marketIndex = new Map(markets.map(({ id, index }) => [id, index]));
  return { ...DEFAULT_RULES, valuation: usdt, assets: [usdt, eth], markets, marketIndex };
}

export interface ScriptStep {
  readonly step: string;
  readonly told: readonly string[];
}

/** Lines of the least indentation are steps; those below them what each told. */
export function splitScript(script: string): ScriptStep[] {
  const lines = script.split('\n').filter((line) => line.trim() !== '');
  const indents = lines.map((line) => line.length - line.trimStart().length);
  const least = Math.min(...indents);
  const steps: { step: string; told: string[] }[] = [];
  for (const [i, line] of lines.entries()) {
    if (indents[i] === least) steps.push({ step: line.trim(), told: [] });
    else steps.at(-1)?.told.push(line.trim());
  }
  return steps;
}

const units = (text: string): bigint => exactUnits(parseDecimal(text, `amount ${text}`), 18);
const amount = (text: string) => cash(units(text));
const atPrice = (text: string) => parseDecimal(text.replace('@', ''), `price ${text}`);

function marketIn({ marketIndex }: Instruments, id: string): number {
  const index = marketIndex.get(id);
  if (index === undefined) throw new Error(`expected a market, was ${id}`);
  return index;
}

/** 0.001 is one lot. */
const count = (text: string): Lots => lots(Number(exactUnits(parseDecimal(text, `size ${text}`), 3)));

/** `10 @100` */
function holding(instruments: Instruments, [market, size, price]: readonly string[]) {
  const held = count(size);
  return { market: marketIn(instruments, market), lots: held, cost: cost(BigInt(held) * units(price.replace('@', ''))) };
}

export function accountFrom(id: string, text: string, instruments: Instruments): Account {
  const account = { id, positionMode: 'net' as Account['positionMode'], balance: cash(0n) };
  const cross: Account['cross'][number][] = [];
  const isolated: Account['isolated'][number][] = [];
  const others: { asset: number; amount: ReturnType<typeof cash> }[] = [];
  const orders: NonNullable<Account['orders']>[number][] = [];
  for (const words of text.split(';').map((part) => part.trim().split(/\s+/))) {
    const asset = instruments.assets.find((each) => each.id === words[0]);
    if (words.length === 1 && words[0] === 'hedge') account.positionMode = 'hedge';
    else if (words.length === 1) account.balance = amount(words[0]);
    else if (asset !== undefined) others.push({ asset: asset.index, amount: amount(words[1]) });
    else if (words[0] === 'order') orders.push({ ...holding(instruments, words.slice(1)), reduceOnly: false });
    else if (words[3] === 'isolated') isolated.push({ ...holding(instruments, words), collateral: amount(words[4]) });
    else cross.push(holding(instruments, words));
  }
  return { ...account, cross, isolated, ...(others.length > 0 ? { others } : {}), ...(orders.length > 0 ? { orders } : {}) };
}

/** The order of a portfolio in a market that is out, of a side where both are. */
function orderOf({ live, instruments }: Run, portfolio: string, market: string, side?: string): OrderEvent {
  const found = [...live.values()].find(
    (order) =>
      order.portfolio === portfolio &&
      instruments.markets[order.market].id === market &&
      (side === undefined || order.side === side),
  );
  if (found === undefined) throw new Error(`expected an order of ${portfolio} in ${market}`);
  return found;
}

/** `alice A [sell] [3] @99 [fee 0.1]`: an execution of the order that is out; all of it unless told. */
function execution(words: readonly string[], run: Run): Fill {
  const [portfolio, market, ...rest] = words;
  const side = rest[0] === 'buy' || rest[0] === 'sell' ? rest.shift() : undefined;
  const order = orderOf(run, portfolio, market, side);
  const size = rest[0].startsWith('@') ? order.lots : count(rest.shift() as string);
  const fee = rest[1] === 'fee' ? amount(rest[2]) : cash(0n);
  return {
    ...{ tradeId: `t${run.records.length}`, orderId: order.orderId, account: accountOf(portfolio), market: order.market },
    ...{ margin: portfolio.includes('/') ? 'isolated' : 'cross', side: order.side, lots: size, price: atPrice(rest[0]), fee },
    timeUs: run.timeUs,
  };
}

/** `alice A @99`: an execution of all of the first order of the portfolio in the market that has ended. */
function lateExecution([portfolio, market, price]: readonly string[], { ended, instruments, records, timeUs }: Run): Fill {
  const order = ended.find((each) => each.portfolio === portfolio && instruments.markets[each.market].id === market);
  if (order === undefined) throw new Error(`expected an order of ${portfolio} in ${market} that has ended`);
  return {
    ...{ tradeId: `t${records.length}`, orderId: order.orderId, account: accountOf(portfolio), market: order.market },
    ...{ margin: portfolio.includes('/') ? 'isolated' : 'cross', side: order.side, lots: order.lots, price: atPrice(price) },
    ...{ fee: cash(0n), timeUs },
  };
}

/** `bob buy A 3 @99`: a trade of an account's own. */
function trade([account, side, market, size, price]: readonly string[], run: Run): Fill {
  return {
    ...{ tradeId: `t${run.records.length}`, orderId: null, account, market: marketIn(run.instruments, market), margin: 'cross' },
    ...{ side: side as Fill['side'], lots: count(size), price: atPrice(price), fee: cash(0n), timeUs: run.timeUs },
  };
}

/** `bob for alice A|* [3] [@99]`: at most so much, at that price or better for the bidder. */
function bid([bidder, , portfolio, market, ...rest]: readonly string[], run: Run): InputRecord {
  const auctionId = run.auctions.get(`${portfolio} ${market}`) ?? 'none@0.0!0';
  const size = rest.find((word) => /^[\d.]+$/.test(word));
  const price = rest.find((word) => word.startsWith('@'));
  const again = rest.find((word) => word.startsWith('id='));
  return {
    type: 'bids',
    timeUs: run.timeUs,
    bids: [
      {
        ...{ bidId: again ?? `b${run.records.length}`, auctionId, bidder },
        lots: size === undefined ? null : count(size),
        limitPrice: price === undefined ? null : atPrice(price),
      },
    ],
  };
}

function command(words: readonly string[], { instruments }: Run): AdminCommand {
  const [name, ...rest] = words;
  switch (name) {
    case 'mode':
      return { command: 'mode', mode: rest[0] as 'shadow' | 'live' };
    case 'kill':
      return { command: 'kill', isOn: rest[0] === 'on' };
    case 'pause':
    case 'resume':
      return { command: name, scope: rest[0] as 'market', name: rest[1] };
    case 'exempt':
    case 'unexempt':
    case 'bidder':
    case 'no-bidder':
      return { command: name, account: rest[0] };
    case 'fund': {
      // `fund 50`, `fund -20 A`, `fund 2 ETH`.
      const asset = instruments.assets.findIndex(({ id }) => id === rest[1]);
      const market = rest[1] === undefined || asset >= 0 ? null : marketIn(instruments, rest[1]);
      return { command: 'fund', asset: Math.max(asset, 0), market, amount: amount(rest[0]) };
    }
  }
  throw new Error(`expected a command, was ${words.join(' ')}`);
}

function ticked(words: readonly string[], { instruments, timeUs }: Run): InputRecord {
  const pairs = words.flatMap((word, i) => (i % 2 === 0 ? [[word, parseDecimal(words[i + 1])] as const] : []));
  const assetOf = (id: string): number => instruments.assets.findIndex((asset) => asset.id === id);
  return {
    type: 'tick',
    timeUs,
    marks: pairs.flatMap(([id, price]) => (assetOf(id) < 0 ? [{ market: marketIn(instruments, id), price }] : [])),
    indexes: pairs.flatMap(([id, price]) => (assetOf(id) < 0 ? [] : [{ asset: assetOf(id), price }])),
  };
}

/** A second after the last step; `+30 clock`: so many seconds. */
export function recordFrom(text: string, run: Run): InputRecord {
  const words = text.split(/\s+/);
  const later = words[0].startsWith('+') ? Number(words.shift()) : 1;
  run.timeUs += later * SECOND_US;
  const { timeUs } = run;
  const [step, ...rest] = words;
  switch (step) {
    case 'tick':
      return ticked(rest, run);
    case 'clock':
    case 'restart':
      return { type: step, timeUs };
    case 'fill':
      return { type: 'fills', timeUs, fills: [execution(rest, run)] };
    case 'late':
      return { type: 'fills', timeUs, fills: [lateExecution(rest, run)] };
    case 'trade':
      return { type: 'fills', timeUs, fills: [trade(rest, run)] };
    case 'ack': {
      const { orderId } = orderOf(run, rest[0], rest[1], rest[3]);
      return { type: 'acks', timeUs, acks: [{ orderId, state: rest[2] as OrderAck['state'] }] };
    }
    case 'bid':
      return bid(rest, run);
    case 'gone':
      return { type: 'orders-gone', timeUs, accounts: rest };
    case 'admin':
      return { type: 'admin', timeUs, commands: [command(rest, run)] };
    case 'figures': {
      const [equity, maintenance] = [parseDecimal(rest[1]), parseDecimal(rest[2])];
      return { type: 'figures', timeUs, rows: [{ portfolio: rest[0], equity, maintenance }] };
    }
    case 'book': {
      const account = accountFrom(rest[0], rest.slice(1).join(' '), run.instruments);
      return { type: 'book', timeUs, rows: [{ version: run.records.length + 1, account }] };
    }
  }
  throw new Error(`expected a step, was ${text}`);
}
