/** The paper venue: when it executes, at what price, how often, and what it says. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareDecimals, type Decimal, formatDecimal, parseDecimal } from '../../src/model/decimal.js';
import type { OrderEvent } from '../../src/model/effects.js';
import { absolute, add, compare, fraction, fromDecimal, multiply, subtract } from '../../src/model/fraction.js';
import { lots } from '../../src/model/portfolio.js';
import type { Fill, InputRecord, TickRecord } from '../../src/model/records.js';
import { syntheticInstruments } from '../../src/synthetic/instruments.js';
import { PaperVenue } from '../../src/venue/paper.js';

const seeds = [
  { id: 'BTCUSD', base: 'BTC', price: parseDecimal('10000') },
  { id: 'XRPUSD', base: 'XRP', price: parseDecimal('0.3') },
];
const instruments = syntheticInstruments(seeds, 'USD');
const [btc] = instruments.markets;

function venue(seed = 5): PaperVenue {
  return new PaperVenue({ instruments, seed });
}

function order(orderId: string, fields: Partial<OrderEvent> = {}): OrderEvent {
  return {
    orderId,
    caseId: 'case',
    event: 'new',
    portfolio: 'alice',
    market: 0,
    side: 'sell',
    lots: lots(100),
    limitPrice: null,
    stage: 'full',
    expiryUs: 1000,
    version: 1,
    priceEpoch: 1,
    tickTimeUs: 0,
    ...fields,
  };
}

function tick(timeUs: number, ...prices: (string | null)[]): TickRecord {
  const marks = prices.flatMap((price, market) => (price === null ? [] : [{ market, price: parseDecimal(price) }]));
  return { type: 'tick', timeUs, marks };
}

function fillsOf(records: readonly InputRecord[]): readonly Fill[] {
  return records.flatMap((record) => (record.type === 'fills' ? record.fills : []));
}

/** `fill ID`, or `STATE ID` of an ack, in order. */
function told(records: readonly InputRecord[]): string[] {
  return records.flatMap((record) => {
    if (record.type === 'fills') return record.fills.map(({ orderId }) => `fill ${orderId}`);
    return record.type === 'acks' ? record.acks.map(({ orderId, state }) => `${state} ${orderId}`) : [];
  });
}

/** The price at which an order without a limit executes at a mark. */
function executed(mark: Decimal, fields: Partial<OrderEvent> = {}, seed = 5, orderId = 'a'): Decimal {
  const paper = venue(seed);
  paper.onOrders([order(orderId, fields)], 0);
  const marks = [{ market: fields.market ?? 0, price: mark }];
  const [fill] = fillsOf(paper.onTick({ type: 'tick', timeUs: 1, marks }));
  return fill.price;
}

describe('the life of an order', () => {
  it('is working, executes whole on the next tick, and is over', () => {
    const paper = venue();
    paper.onTick(tick(10, '10000'));
    expect(paper.onOrders([order('a')], 10)).toEqual([{ type: 'acks', timeUs: 10, acks: [{ orderId: 'a', state: 'working' }] }]);
    expect(paper.onTick(tick(10, '10000'))).toEqual([]);
    const records = paper.onTick(tick(20, '10000'));
    expect(records).toEqual([
      {
        type: 'fills',
        timeUs: 20,
        fills: [
          {
            tradeId: 'a.1',
            orderId: 'a',
            account: 'alice',
            market: 0,
            margin: 'cross',
            side: 'sell',
            lots: 100,
            price: expect.anything(),
            fee: 0n,
            timeUs: 20,
          },
        ],
      },
    ]);
    expect(paper.onTick(tick(30, '10000'))).toEqual([]);
  });

  it('waits while the limit forbids it, and executes when the mark comes back', () => {
    const paper = venue();
    paper.onOrders(
      [order('sell', { limitPrice: parseDecimal('9990') }), order('buy', { side: 'buy', limitPrice: parseDecimal('9800') })],
      0,
    );
    expect(paper.onTick(tick(1, '9900'))).toEqual([]);
    expect(told(paper.onTick(tick(2, '10100')))).toEqual(['fill sell']);
    expect(told(paper.onTick(tick(3, '9700')))).toEqual(['fill buy']);
  });

  it('executes exactly at its limit, and not a tick beyond', () => {
    for (const side of ['sell', 'buy'] as const) {
      const price = executed(parseDecimal('10000'), { side });
      const better: Decimal = { ...price, units: price.units + (side === 'sell' ? btc.tick.units : -btc.tick.units) };
      for (const [limitPrice, count] of [
        [price, 1],
        [better, 0],
      ] as const) {
        const paper = venue();
        paper.onOrders([order('a', { side, limitPrice })], 0);
        expect(fillsOf(paper.onTick(tick(1, '10000'))).length).toBe(count);
      }
    }
  });

  it('has its last try on the first tick at or after its expiry, and then ends unfilled', () => {
    const limitPrice = parseDecimal('9999');
    const late = venue();
    late.onOrders(
      [
        order('filled', { expiryUs: 50 }),
        order('not', { expiryUs: 50, limitPrice }),
        order('later', { expiryUs: 51, limitPrice }),
      ],
      0,
    );
    expect(told(late.onTick(tick(50, '9000')))).toEqual(['fill filled', 'unfilled not']);
    expect(told(late.onTick(tick(60, '9000')))).toEqual(['unfilled later']);
    expect(late.onTick(tick(70, '20000'))).toEqual([]);
  });

  it('waits for a first mark, and uses the last one when its market does not tick', () => {
    const paper = venue();
    paper.onOrders([order('btc'), order('xrp', { market: 1 }), order('never', { market: 1, expiryUs: 2 })], 0);
    expect(told(paper.onTick(tick(1, '10000')))).toEqual(['fill btc']);
    expect(told(paper.onTick(tick(2, '10000')))).toEqual(['unfilled never']);
    paper.onOrders([order('btc2')], 2);
    const records = paper.onTick(tick(3, null, '0.3'));
    expect(told(records)).toEqual(['fill xrp', 'fill btc2']);
  });

  it('ends when it is cancelled; only live orders can be', () => {
    const paper = venue();
    paper.onOrders([order('a'), order('b')], 0);
    const cancels = ['a', 'none'].map((orderId) => order(orderId, { event: 'cancel' }));
    expect(told(paper.onOrders(cancels, 1))).toEqual(['cancelled a']);
    expect(paper.onOrders(cancels, 2)).toEqual([]);
    expect(told(paper.onTick(tick(3, '10000')))).toEqual(['fill b']);
    expect(paper.onOrders([order('b', { event: 'cancel' })], 3)).toEqual([]);
  });

  it('takes no notice of news that an order has ended', () => {
    const paper = venue();
    paper.onOrders([order('a')], 0);
    expect(paper.onOrders([order('a', { event: 'ended' })], 0)).toEqual([]);
    expect(told(paper.onTick(tick(1, '10000')))).toEqual(['fill a']);
  });
});

describe('an order id', () => {
  it('executes once, however often it comes', () => {
    const paper = venue();
    expect(told(paper.onOrders([order('a'), order('a')], 0))).toEqual(['working a', 'working a']);
    expect(told(paper.onTick(tick(1, '10000')))).toEqual(['fill a']);
    expect(paper.onOrders([order('a')], 1)).toEqual([]);
    expect(paper.onTick(tick(2, '10000'))).toEqual([]);
    paper.onTick(tick(1000, '10000'));
    expect(told(paper.onOrders([order('a')], 1000))).toEqual(['unfilled a']);
    expect(paper.onTick(tick(1001, '10000'))).toEqual([]);
  });

  it('does not come back to life after its cancel', () => {
    const paper = venue();
    paper.onOrders([order('a'), order('a', { event: 'cancel' }), order('a')], 0);
    expect(paper.onTick(tick(1, '10000'))).toEqual([]);
  });

  it('of any schedule has at most one fill, and one end', () => {
    const step = fc.oneof(
      fc.record({ id: fc.integer({ min: 0, max: 4 }), event: fc.constantFrom('new', 'cancel') }),
      fc.record({ price: fc.integer({ min: 9000, max: 11_000 }) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const paper = venue();
        const ends = new Map<string, number>();
        steps.forEach((one, timeUs) => {
          const records =
            'price' in one
              ? paper.onTick(tick(timeUs, String(one.price)))
              : paper.onOrders(
                  [
                    order(`o${one.id}`, {
                      event: one.event as 'new',
                      limitPrice: parseDecimal('10000'),
                      expiryUs: 20 + 5 * one.id,
                    }),
                  ],
                  timeUs,
                );
          for (const { orderId } of fillsOf(records)) ends.set(orderId ?? '', (ends.get(orderId ?? '') ?? 0) + 1);
          for (const line of told(records)) {
            const [state, id] = line.split(' ');
            if (state === 'cancelled') ends.set(id, (ends.get(id) ?? 0) + 1);
          }
        });
        for (const count of ends.values()) expect(count).toBe(1);
      }),
    );
  });
});

describe('records', () => {
  it('name account and margin of the portfolio', () => {
    const paper = venue();
    paper.onOrders(
      ['alice', 'bob/BTCUSD', 'carol/BTCUSD:long'].map((portfolio) => order(portfolio, { portfolio })),
      0,
    );
    const fills = fillsOf(paper.onTick(tick(1, '10000')));
    expect(fills.map(({ account, margin }) => [account, margin])).toEqual([
      ['alice', 'cross'],
      ['bob', 'isolated'],
      ['carol', 'isolated'],
    ]);
  });

  it('come in order of arrival, with prices that do not depend on it', () => {
    const rows = ['c', 'a', 'b'].map((orderId) => order(orderId));
    const run = (of: readonly OrderEvent[]) => {
      const paper = venue();
      paper.onOrders(of, 0);
      return fillsOf(paper.onTick(tick(1, '10000')));
    };
    const fills = run(rows);
    expect(fills.map(({ orderId }) => orderId)).toEqual(['c', 'a', 'b']);
    expect([...run([...rows].reverse())].reverse()).toEqual(fills);
    expect(run(rows.slice(1))).toEqual(fills.slice(1));
  });
});

describe('the execution price', () => {
  const mark = fc.record({ units: fc.bigInt({ min: 1n, max: 10n ** 12n }), decimals: fc.integer({ min: 0, max: 9 }) });
  const side = fc.constantFrom('buy', 'sell');
  const size = fc.integer({ min: 1, max: 10_000_000 });

  it('is a whole tick, above 0, against the order by at least a tick and at most 5 % and two ticks', () => {
    fc.assert(
      fc.property(mark, side, size, fc.string(), (price, way, count, orderId) => {
        const fill = executed(price, { side: way, lots: lots(count) }, 5, orderId);
        expect(fill.decimals).toBe(btc.tick.decimals);
        expect(fill.units > 0n && fill.units % btc.tick.units === 0n).toBe(true);
        const moved = compareDecimals(fill, price);
        const oneTick = fraction(btc.tick.units, 10n ** BigInt(btc.tick.decimals));
        const gap = absolute(subtract(fromDecimal(fill), fromDecimal(price)));
        // A sell of what is worth a tick or two cannot be moved below the least price.
        if (way === 'sell' && fill.units === btc.tick.units) return;
        expect(moved).toBe(way === 'buy' ? 1 : -1);
        expect(compare(gap, oneTick)).not.toBe(-1);
        const most = add(multiply(fromDecimal(price), fraction(5n, 100n)), multiply(oneTick, fraction(2n)));
        expect(compare(gap, most)).not.toBe(1);
      }),
    );
  });

  it('is worse for larger orders, up to the cap', () => {
    const at = (count: number) => executed(parseDecimal('10000'), { lots: lots(count) }).units;
    expect(at(10) > at(1000) && at(1000) > at(100_000)).toBe(true);
    expect(at(9_000_000_000)).toBe(95_000n);
  });

  it('follows the square root: four times the size, twice the slippage', () => {
    const slip = (count: number) => 1_000_000 - Number(executed(parseDecimal('10000'), { lots: lots(count) }).units) * 10;
    expect(slip(400_000) / slip(100_000)).toBeCloseTo(2, 1);
  });

  it('differs by order and seed', () => {
    const price = (orderId: string, seed: number) =>
      formatDecimal(executed(parseDecimal('10000'), { lots: lots(1_000_000) }, seed, orderId));
    expect(new Set([price('a', 1), price('b', 1), price('a', 2)]).size).toBe(3);
    expect(price('a', 1)).toBe(price('a', 1));
  });
});
