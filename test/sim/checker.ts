/** What always holds (waterfall.md, 1 to 8), looked at after every record from the outside: effects, and the book by the oracle. */
import type { Engine, EngineOptions } from '../../src/engine/engine.js';
import type { Effect } from '../../src/model/effects.js';
import type { Transfer } from '../../src/model/money.js';
import { accountOf } from '../../src/model/portfolio.js';
import type { Fill, InputRecord } from '../../src/model/records.js';
import type { Policy } from '../../src/waterfall/policy.js';
import type { BookView, Told } from './book-view.js';
import { CasesCheck } from './check-cases.js';
import { ClosingsCheck, type During } from './check-closings.js';
import { MoneyCheck, type Said } from './check-money.js';
import { OrdersCheck } from './check-orders.js';
import { SizesCheck } from './check-sizes.js';
import { ToldGates } from './told-gates.js';

/** Ticks after which every portfolio is asked of the oracle: what was missed once is still there then. */
const FULL_EVERY_TICKS = 4;
/** Records after which the book is counted anew. */
const RECOUNT_EVERY = 64;

export interface CheckerParts {
  readonly setup: Omit<EngineOptions, 'backend'>;
  readonly view: BookView;
  readonly told: Told;
  readonly fail: (what: string) => never;
}

export class Checker {
  readonly gates: ToldGates;
  readonly orders: OrdersCheck;
  readonly cases: CasesCheck;
  readonly money: MoneyCheck;
  private readonly closings: ClosingsCheck;
  private readonly sizes: SizesCheck;
  private readonly policy: Policy;
  private readonly view: BookView;
  private readonly trades = new Set<string>();
  private ticks = 0;
  private records = 0;

  constructor({ setup, view, told, fail }: CheckerParts) {
    const { instruments, policy, freshness = { staleUs: null, warmupTicks: 0 }, mode = 'live' } = setup;
    this.view = view;
    this.policy = policy;
    this.gates = new ToldGates(instruments, freshness, mode);
    this.orders = new OrdersCheck({ view, gates: this.gates, policy, fail });
    this.cases = new CasesCheck({ view, policy, rule: instruments.liquidateWhen, fail });
    this.money = new MoneyCheck({ view, instruments, funding: told.funding, fail });
    this.sizes = new SizesCheck({ view, instruments, policy, fail });
    this.closings = new ClosingsCheck({
      view,
      instruments,
      policy,
      gates: this.gates,
      cases: this.cases,
      money: this.money,
      fail,
    });
  }

  /** A record that was taken, and what it led to. */
  onRecord(record: InputRecord, effects: readonly Effect[], engine: Engine): void {
    this.records += 1;
    if (this.gates.onRecord(record)) this.cases.onLive();
    const isTick = record.type === 'tick';
    if (isTick) {
      this.view.onPrices();
      this.ticks += 1;
    }
    const said = this.saidBy(record);
    this.view.read(said.replaced);
    const transfers = effects.flatMap((effect) => (effect.type === 'transfers' ? effect.rows : []));
    const moved = this.movedIn(transfers, effects);
    const wasIn = new Set(this.cases.open.keys());
    this.cases.onOpened(effects, moved);
    const ended = new Set(
      effects
        .flatMap((effect) => (effect.type === 'cases' ? effect.rows.filter(({ event }) => event === 'ended') : []))
        .map(({ portfolio }) => portfolio),
    );
    const during: During = {
      isIn: (portfolio) => wasIn.has(portfolio) || this.cases.isIn(portfolio),
      isInAllTheTime: (portfolio) => wasIn.has(portfolio) && !ended.has(portfolio),
    };
    this.closings.before();
    this.cases.onStages(effects);
    const alerts = effects.flatMap((effect) => (effect.type === 'alerts' ? effect.rows : []));
    this.orders.onFills(
      said.fills,
      alerts.some(({ code }) => code === 'reconciliation'),
    );
    for (const effect of effects) {
      if (effect.type === 'orders')
        this.orders.onOrders(effect.rows, engine.ticks, (caseId, portfolio) => this.cases.open.get(portfolio)?.caseId === caseId);
    }
    for (const effect of effects) {
      if (effect.type === 'orders')
        for (const [portfolio, orders] of this.orders.fresh(effect.rows))
          this.sizes.onOrders(portfolio, orders, this.policy.stages[this.cases.open.get(portfolio)?.entry ?? -1]);
    }
    this.closings.onRecord(effects, transfers, said, during);
    this.cases.onTransfers(transfers);
    this.money.onTransfers(transfers);
    this.money.portfolios(transfers, said);
    if (said.fills.length > 0) this.money.trades(transfers, said);
    this.cases.onEnded(effects);
    this.orders.atRest();
    this.cases.atRest(engine, this.orders);
    if (isTick) this.cases.nothingDone(moved);
    if (isTick && this.ticks % FULL_EVERY_TICKS === 0) this.cases.complete(moved);
    if (this.records % RECOUNT_EVERY === 0) this.atEnd(engine);
  }

  atEnd(engine: Engine): void {
    engine.checkConservation();
    this.money.ledger(engine);
  }

  private saidBy(record: InputRecord): Said {
    const replaced = new Set(record.type === 'book' ? record.rows.map(({ account }) => account.id) : []);
    const fills: Fill[] = [];
    if (record.type === 'fills') {
      for (const fill of record.fills) {
        const key = `${fill.tradeId} ${fill.account} ${fill.market} ${fill.margin} ${fill.side}`;
        if (this.trades.has(key)) continue;
        this.trades.add(key);
        fills.push(fill);
      }
    }
    const traders = new Set(fills.filter(({ orderId }) => orderId === null).map(({ account }) => account));
    return { replaced, fills, traders };
  }

  /** Portfolios that what others led to has changed in this record: what was found of them before that may be no longer so. */
  private movedIn(transfers: readonly Transfer[], effects: readonly Effect[]): Set<string> {
    const moved = new Set<string>();
    for (const { debit, credit } of transfers) {
      if (debit.kind === 'portfolio') moved.add(debit.portfolio);
      if (credit.kind === 'portfolio') moved.add(credit.portfolio);
    }
    for (const effect of effects) {
      if (effect.type === 'adl') for (const { counterparty } of effect.rows) moved.add(counterparty);
      if (effect.type === 'auctions') for (const { bidder } of effect.rows) if (bidder !== null) moved.add(bidder);
    }
    for (const portfolio of [...moved]) moved.add(accountOf(portfolio));
    for (const portfolio of this.view.changed.keys()) moved.add(portfolio);
    return moved;
  }
}
