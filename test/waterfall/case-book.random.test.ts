/** The case book and its desk against any sequence of reports, words of the executor and executions: what must hold, holds after each. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Outbox } from '../../src/dispatch/outbox.js';
import type { OrderEvent } from '../../src/model/effects.js';
import { fraction } from '../../src/model/fraction.js';
import type { OrderAck, PortfolioReport, Standing } from '../../src/model/records.js';
import { positionKey, report } from '../dispatch/support.js';
import { CaseRig } from './case-rig.js';

/** Portfolios of `h` have both legs of a market; those of `n` have one position a market, which may turn over. */
const PORTFOLIOS = ['h1', 'n1', 'n2'];

type Step =
  | { readonly do: 'report'; readonly portfolio: number; readonly standing: Standing; readonly sizes: readonly number[] }
  | { readonly do: 'ack'; readonly acks: readonly { readonly pick: number; readonly state: OrderAck['state'] }[] }
  | { readonly do: 'execute'; readonly pick: number; readonly share: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    do: fc.constant('report' as const),
    portfolio: fc.nat(PORTFOLIOS.length - 1),
    standing: fc.constantFrom<Standing>('liquidatable', 'liquidatable', 'liquidatable', 'healthy', 'insolvent', 'unpriced'),
    // Thousands of lots are whole units, so that every bankruptcy price is above zero.
    sizes: fc.array(
      fc.integer({ min: -3, max: 3 }).map((n) => n * 1_000),
      { minLength: 4, maxLength: 4 },
    ),
  }),
  fc.record({
    do: fc.constant('ack' as const),
    acks: fc.array(
      fc.record({
        pick: fc.nat(200),
        state: fc.constantFrom<OrderAck['state']>('working', 'cancelled', 'unfilled', 'rejected', 'absent', 'unknown'),
      }),
      { minLength: 1, maxLength: 4 },
    ),
  }),
  fc.record({ do: fc.constant('execute' as const), pick: fc.nat(200), share: fc.constantFrom(0.5, 1) }),
);

/** The outside: what the effects told of orders and cases, and nothing else. */
class World {
  readonly rig = new CaseRig();
  readonly ever: string[] = [];
  readonly live = new Map<string, OrderEvent>();
  readonly cancelled = new Set<string>();
  readonly open = new Map<string, string>();
  readonly caseIds = new Set<string>();
  readonly reports = new Map<string, PortfolioReport>();
  /** Positions whose order was rejected since the last report of their portfolio. */
  readonly rejected = new Set<string>();
  /** Positions, by case, that had an order unfilled. */
  readonly unfilled = new Set<string>();
  /** Portfolios of which an order executed since their last report: the report of that execution is on its way. */
  readonly executed = new Set<string>();

  take(action: Step): void {
    if (action.do === 'report') this.hearAll(this.rig.onReport(this.reportOf(action)).out);
    else if (action.do === 'ack') {
      const [first, ...more] = this.acksOf(action);
      this.hearAll(this.rig.onAck(first.orderId, first.state, ...more));
    } else this.execute(action);
    this.check();
  }

  private hearAll(out: Outbox): void {
    for (const row of out.cases) {
      if (row.event === 'opened') {
        expect(this.caseIds.has(row.caseId), 'a new case id').toBe(false);
        expect(this.open.has(row.portfolio), 'one case a portfolio').toBe(false);
        this.caseIds.add(row.caseId);
        this.open.set(row.portfolio, row.caseId);
      } else {
        expect(this.open.get(row.portfolio)).toBe(row.caseId);
        this.open.delete(row.portfolio);
      }
    }
    for (const row of out.orders) this.hear(row);
  }

  private reportOf({ portfolio, standing, sizes }: Step & { do: 'report' }): PortfolioReport {
    const id = PORTFOLIOS[portfolio];
    const positions: [number, number][] = [];
    if (id.startsWith('h')) {
      if (sizes[0] > 0) positions.push([0, sizes[0]]);
      if (sizes[1] < 0) positions.push([0, sizes[1]]);
      if (sizes[2] !== 0) positions.push([1, sizes[2]]);
    } else {
      if (sizes[0] !== 0) positions.push([0, sizes[0]]);
      if (sizes[1] !== 0) positions.push([1, sizes[1]]);
    }
    // Without positions nothing is liquidatable.
    const standingNow = standing === 'liquidatable' && positions.length === 0 ? 'insolvent' : standing;
    const equity = BigInt(standingNow === 'insolvent' ? -7 : sizes[3]);
    const left = standingNow === 'insolvent' ? [] : positions;
    const next = report(id, standingNow, left, standingNow === 'healthy' ? undefined : fraction(equity, 1_000n));
    this.reports.set(id, next);
    this.executed.delete(id);
    for (const key of this.rejected) if (key.startsWith(`${id}|`) && standingNow !== 'unpriced') this.rejected.delete(key);
    return next;
  }

  private acksOf({ acks }: Step & { do: 'ack' }): OrderAck[] {
    if (this.ever.length === 0) return [{ orderId: 'nobody', state: 'cancelled' }];
    const said = acks.map(({ pick, state }) => ({ orderId: this.ever[pick % this.ever.length], state }));
    const heard = new Set<string>();
    for (const { orderId, state } of said) {
      const order = this.live.get(orderId);
      if (order === undefined || state === 'working' || state === 'unknown' || heard.has(orderId)) continue;
      heard.add(orderId);
      const key = positionKey(order.portfolio, order.market, order.side);
      if (state === 'rejected' && this.open.has(order.portfolio)) this.rejected.add(key);
      if (state === 'unfilled') this.unfilled.add(`${order.caseId}|${key}`);
    }
    return said;
  }

  private execute({ pick, share }: Step & { do: 'execute' }): void {
    const ids = [...this.live.keys()];
    if (ids.length === 0) return;
    const order = this.rig.desk.table.find(ids[pick % ids.length]);
    if (order === undefined) throw new Error('expected the desk to know every live order');
    this.executed.add(order.portfolio);
    this.hearAll(this.rig.execute(order.orderId, Math.ceil(order.remaining * share)));
  }

  private hear(row: OrderEvent): void {
    const { orderId, event } = row;
    if (event !== 'new') {
      expect(this.live.has(orderId), `${event} of a live order`).toBe(true);
      if (event === 'cancel') {
        expect(this.cancelled.has(orderId), 'one cancel an order').toBe(false);
        this.cancelled.add(orderId);
      } else this.live.delete(orderId);
      return;
    }
    expect(this.ever, 'a new order id').not.toContain(orderId);
    this.ever.push(orderId);
    const latest = this.reports.get(row.portfolio);
    expect(latest?.standing, 'orders on what is liquidatable only').toBe('liquidatable');
    const target = latest?.rows.find(({ market, lots }) => market === row.market && lots > 0 === (row.side === 'sell'));
    expect(row.lots, 'an order of the size of its position').toBe(Math.abs(target?.lots ?? 0));
    const key = positionKey(row.portfolio, row.market, row.side);
    expect(this.rejected.has(key), 'no order after a rejection before the next report').toBe(false);
    if (!this.unfilled.has(`${row.caseId}|${key}`) && row.limitPrice === null)
      expect(this.wasUnfilled(row.caseId), 'a limit until an order of the case went unfilled').toBe(true);
    for (const other of this.live.values()) {
      const same = other.portfolio === row.portfolio && other.market === row.market;
      const leg = row.portfolio.startsWith('h') && other.side !== row.side;
      expect(same && !leg, `one order a position: ${other.orderId} and ${orderId}`).toBe(false);
    }
    this.live.set(orderId, row);
  }

  private wasUnfilled(caseId: string): boolean {
    return [...this.unfilled].some((key) => key.startsWith(`${caseId}|`));
  }

  private check(): void {
    const { desk, cases } = this.rig;
    expect(desk.table.count).toBe(this.live.size);
    expect(cases.openCount).toBe(this.open.size);
    for (const orderId of this.live.keys()) {
      const order = desk.table.find(orderId);
      expect(order?.cancelling).toBe(this.cancelled.has(orderId));
      expect(order?.remaining).toBeGreaterThan(0);
    }
    for (const [id, latest] of this.reports) {
      if (latest.standing === 'liquidatable') expect(this.open.has(id), `a case of ${id}`).toBe(true);
      if (latest.standing === 'healthy') expect(this.open.has(id), `a case of ${id}`).toBe(false);
      // Nobody pays while an order may still execute.
      const isOut = [...this.live.values()].some(({ portfolio }) => portfolio === id);
      const isDue = this.executed.has(id);
      if (latest.standing === 'insolvent' && (isOut || !isDue)) expect(this.open.has(id), `a case of ${id}`).toBe(isOut);
      if (latest.standing === 'liquidatable') for (const { market, lots } of latest.rows) this.checkPosition(id, market, lots);
    }
  }

  /** Every breached position has an order, or waits for one of its portfolio's: that it ends, or may be sent again after a rejection. */
  private checkPosition(id: string, market: number, size: number): void {
    const isOut = [...this.live.values()].some((order) => order.portfolio === id);
    const isRejected = [...this.rejected].some((key) => key.startsWith(`${id}|`));
    const key = positionKey(id, market, size > 0 ? 'sell' : 'buy');
    expect(isOut || isRejected || this.executed.has(id), `an order for ${key}, or why there is none`).toBe(true);
  }
}

it('keeps every rule of orders and cases, whatever comes in', () => {
  let orders = 0;
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60, size: 'max' }), (steps) => {
      const world = new World();
      for (const action of steps) world.take(action);
      orders += world.ever.length;
    }),
    { numRuns: 400 },
  );
  expect(orders).toBeGreaterThan(1_000);
});
