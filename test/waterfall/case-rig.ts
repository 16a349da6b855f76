/** The case book with its desk, money and gates, and a book that answers as a test says: cases against reports made by hand. */
import { Gates } from '../../src/dispatch/gates.js';
import { Limits } from '../../src/dispatch/limits.js';
import { OrderDesk } from '../../src/dispatch/order-desk.js';
import { Outbox } from '../../src/dispatch/outbox.js';
import type { BookPort } from '../../src/model/book-port.js';
import type { OrderEvent } from '../../src/model/effects.js';
import { ZERO } from '../../src/model/fraction.js';
import type { OrderAck, PortfolioReport } from '../../src/model/records.js';
import { CaseBook } from '../../src/waterfall/case-book.js';
import type { Context } from '../../src/waterfall/context.js';
import { Fund } from '../../src/waterfall/fund.js';
import { Ledger } from '../../src/waterfall/ledger.js';
import { type Policy, STAGE_NAMES } from '../../src/waterfall/policy.js';
import { Standby } from '../../src/waterfall/standby.js';
import { Treasury } from '../../src/waterfall/treasury.js';
import { TTL_US } from '../dispatch/support.js';
import { instrumentsOf, marketOf } from '../support/books.js';
import { fullClose } from '../support/policies.js';

export class CaseRig {
  readonly instruments = instrumentsOf([marketOf(0), marketOf(1)]);
  readonly cases = new CaseBook();
  readonly policy: Policy;
  readonly desk: OrderDesk;
  readonly gates = new Gates(this.instruments, { staleUs: null, warmupTicks: 0 }, STAGE_NAMES);
  readonly ledger = new Ledger(this.instruments);
  readonly standby = new Standby();
  readonly followed = new Set<string>();
  readonly latest = new Map<string, PortfolioReport>();
  timeUs = 1_000;
  private readonly fund: Fund;
  private readonly treasury: Treasury;
  private readonly port: BookPort;

  constructor(policy: Policy = fullClose(TTL_US), mode: 'shadow' | 'live' = 'live') {
    this.policy = policy;
    this.desk = new OrderDesk(new Limits(this.instruments, policy.limits), mode);
    this.fund = new Fund(this.instruments, policy, this.ledger);
    const none = (): never => {
      throw new Error('expected no question to the book');
    };
    this.port = {
      report: (portfolio) => this.latest.get(portfolio) ?? none(),
      follow: (portfolio, isFollowed) => {
        if (isFollowed) this.followed.add(portfolio);
        else this.followed.delete(portfolio);
        return [];
      },
      adlQueue: none,
      winners: none,
      after: none,
      trade: none,
      // Whoever is paid has nothing and owes nothing.
      move: (moves) => moves.map(({ portfolio }) => ({ ...this.reportOf(portfolio), standing: 'healthy', equity: ZERO })),
    };
    this.treasury = new Treasury(this.instruments, this.ledger, this.port, (report) => this.cases.learn(report));
  }

  /** A moment later. */
  context(out: Outbox): Context {
    this.timeUs += 1;
    const { timeUs, instruments, policy, port, treasury, fund, desk, gates, standby, cases } = this;
    const now = { timeUs, tickTimeUs: timeUs, priceEpoch: timeUs };
    const isInCase = (portfolio: string): boolean => cases.has(portfolio);
    return { now, out, instruments, policy, port, treasury, fund, desk, gates, standby, isInCase };
  }

  onReport(next: PortfolioReport): { out: Outbox; changed: boolean } {
    const out = new Outbox();
    this.latest.set(next.portfolio, next);
    const changed = this.cases.onReport(next, this.context(out));
    return { out, changed };
  }

  onAck(orderId: string, state: OrderAck['state'], ...more: OrderAck[]): Outbox {
    const out = new Outbox();
    this.cases.onAcks([{ orderId, state }, ...more], this.context(out));
    return out;
  }

  execute(orderId: string, lots: number): Outbox {
    const out = new Outbox();
    const order = this.desk.table.recall(orderId);
    if (order === undefined) throw new Error(`expected an order ${orderId}`);
    this.cases.onExecution(order, lots as never, this.context(out));
    return out;
  }

  private reportOf(portfolio: string): PortfolioReport {
    const found = this.latest.get(portfolio);
    if (found === undefined) throw new Error(`expected a report of ${portfolio}`);
    return found;
  }
}

/** `new M0 sell 1000 at any price` */
export function told(orders: readonly OrderEvent[]): string[] {
  return orders.map(
    ({ event, market, side, lots, limitPrice }) =>
      `${event} M${market} ${side} ${lots}${limitPrice === null ? ' at any price' : ''}`,
  );
}

/** Whether a step told of nothing at all. */
export function isSilent(out: Outbox): boolean {
  return out.effects({ timeUs: 0, tickTimeUs: 0, priceEpoch: 0 }).length === 0;
}
