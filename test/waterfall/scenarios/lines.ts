/** Effects, and what everybody has at the end, as the lines of a scenario. */
import type { Engine } from '../../../src/engine/engine.js';
import { type Decimal, formatDecimal } from '../../../src/model/decimal.js';
import type { Effect, OrderEvent } from '../../../src/model/effects.js';
import { type Fraction, fractionToUnits, reduce, terminatesWithin } from '../../../src/model/fraction.js';
import type { Instruments } from '../../../src/model/instruments.js';
import { moneyAccountName } from '../../../src/model/money.js';
import type { Portfolio } from '../../../src/model/portfolio.js';
import { portfolios } from '../../engine/support.js';

const money = (units: bigint): string => formatDecimal({ units, decimals: 18 });
/** 1,000 lots are one. */
const size = (count: number | bigint): string => formatDecimal({ units: BigInt(count), decimals: 3 });

/** A decimal where it is one, else n/d. */
export function exactly(value: Fraction): string {
  if (terminatesWithin(value, 18)) return money(fractionToUnits(value, 18, 'down'));
  const { n, d } = reduce(value);
  return `${n}/${d}`;
}

const USUAL: readonly Effect['type'][] = [
  'cases',
  'stages',
  'orders',
  'shadow-orders',
  'transfers',
  'auctions',
  'adl',
  'alerts',
  'cancel-orders',
];

export class Teller {
  private readonly instruments: Instruments;
  private readonly shown: ReadonlySet<Effect['type']>;

  constructor(instruments: Instruments, more: readonly Effect['type'][]) {
    this.instruments = instruments;
    this.shown = new Set([...USUAL, ...more]);
  }

  tell(effects: readonly Effect[]): string[] {
    return effects.filter(({ type }) => this.shown.has(type)).flatMap((effect) => this.linesOf(effect));
  }

  private linesOf(effect: Effect): readonly string[] {
    const at = (price: Decimal | null): string => (price === null ? '' : ` @${formatDecimal(price)}`);
    const market = (index: number | null): string => (index === null ? '*' : this.instruments.markets[index].id);
    switch (effect.type) {
      case 'cases':
        return effect.rows.map(({ portfolio, event, deficit, outcome, badDebt }) =>
          event === 'opened'
            ? `case ${portfolio} opened, deficit ${exactly(deficit)}`
            : `case ${portfolio} ${outcome}, bad debt ${exactly(badDebt as Fraction)}`,
        );
      case 'stages':
        return effect.rows.map(({ portfolio, stage, event, reason }) => `${portfolio} ${stage} ${event} ${reason}`.trimEnd());
      case 'orders':
        return effect.rows.map((order) => this.order(order, order.event));
      case 'shadow-orders':
        return effect.rows.map((order) => this.order(order, 'shadow'));
      case 'transfers':
        return effect.rows.map(({ debit, credit, asset, amount, reason }) => {
          const [from, to] = [debit, credit].map((account) => moneyAccountName(account, this.instruments.markets));
          const unit = asset === 0 ? '' : ` ${this.instruments.assets[asset].id}`;
          return `${reason} ${from} -> ${to} ${money(amount)}${unit}`;
        });
      case 'auctions':
        return effect.rows.map(({ portfolio, event, market: index, lots, price, bidder }) => {
          const by = bidder === null ? '' : ` by ${bidder}`;
          return `auction ${portfolio} ${market(index)} ${event}${by}${lots === null ? '' : ` ${size(lots)}`}${at(price)}`;
        });
      case 'adl':
        return effect.rows.map(
          ({ portfolio, counterparty, market: index, lots, needed, price, forgone }) =>
            `adl ${portfolio} against ${counterparty} ${market(index)} ${size(lots)} needed ${size(needed)}${at(price)} forgone ${money(forgone)}`,
        );
      case 'alerts':
        return effect.rows.map(({ code }) => `alert ${code}`);
      case 'cancel-orders':
        return [`cancel open orders of ${effect.accounts.join(' ')}`];
      case 'freezes':
        return effect.rows.map(({ account, event, freeCollateral }) => `${event} ${account}, free ${exactly(freeCollateral)}`);
      case 'margin-calls':
        return effect.rows.map(({ portfolio, event, threshold }) =>
          `margin call ${portfolio} ${event} ${threshold === null ? '' : exactly(threshold)}`.trimEnd(),
        );
      case 'reconciliation':
        return effect.rows.map(({ portfolio, isEqual }) => `figures of ${portfolio} ${isEqual ? 'equal' : 'differ'}`);
      case 'signals':
        return effect.rows.map(({ portfolio, state, deficit }) => `signal ${portfolio} ${state} ${deficit}`);
      case 'execution':
        return [`execution ${market(effect.market)} ${effect.side} ${size(effect.lots)}${at(effect.price)}`];
    }
  }

  private order({ portfolio, market, side, lots, limitPrice, stage }: OrderEvent, event: string): string {
    const limit = limitPrice === null ? '' : ` @${formatDecimal(limitPrice)}`;
    return `${event} ${portfolio} ${this.instruments.markets[market].id} ${side} ${size(lots)}${limit} (${stage})`;
  }
}

/** Σ over everybody by asset and by market, each with its parts, and what it was when they came from outside. */
export function conservationLines(engine: Engine): string[] {
  const { instruments } = engine;
  const { ledger } = engine.caseHalf;
  const own = Object.values(portfolios(engine)).sort((a, b) => (a.id < b.id ? -1 : 1));
  const lines: string[] = [];
  for (const { index, id } of instruments.assets) {
    const held = own.map((portfolio): [string, bigint] => [portfolio.id, balanceOf(portfolio, index)]);
    const others = ledger.entries().filter(({ account, asset }) => asset === index && account !== 'outside');
    const all = [...held, ...others.map(({ account, amount }): [string, bigint] => [account, amount])];
    const was = -ledger.balanceOf({ kind: 'outside' }, index);
    lines.push(...line(id, all, was, money));
  }
  for (const { index, id } of instruments.markets) {
    const held = own.map((portfolio): [string, bigint] => [portfolio.id, lotsOf(portfolio, index)]);
    for (const holder of ['clearing', 'venue'] as const) held.push([holder, ledger.holdingOf(holder, index).lots]);
    lines.push(...line(id, held, -ledger.holdingOf('outside', index).lots, size));
  }
  return lines;
}

function line(
  id: string,
  parts: readonly (readonly [string, bigint])[],
  was: bigint,
  print: (units: bigint) => string,
): string[] {
  const some = parts.filter(([, units]) => units !== 0n);
  if (some.length === 0 && was === 0n) return [];
  const sum = some.reduce((total, [, units]) => total + units, 0n);
  const text = some.map(([name, units]) => `${name} ${print(units)}`).join(' + ');
  return [`${id}: ${text} = ${print(sum)}, was ${print(was)}`];
}

function balanceOf(portfolio: Portfolio, asset: number): bigint {
  if (asset === 0) return portfolio.cash;
  return portfolio.others?.find((each) => each.asset === asset)?.amount ?? 0n;
}

function lotsOf({ positions }: Portfolio, market: number): bigint {
  return positions.reduce((sum, each) => (each.market === market ? sum + BigInt(each.lots) : sum), 0n);
}
