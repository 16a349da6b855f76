/** Any input record, of every type: what the types allow, not what an engine takes. */
import fc from 'fast-check';
import type { InputRecord } from '../../src/model/records.js';

const whole = fc.maxSafeNat();
const integer = fc.maxSafeInteger();
const big = fc.oneof(
  fc.bigInt({ min: -(2n ** 130n), max: 2n ** 130n }),
  fc.bigInt(),
  fc.constantFrom(0n, 2n ** 53n, -(2n ** 53n), 255n, 256n),
);
const text = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ unit: 'grapheme-ascii', maxLength: 200 }),
  fc.constantFrom('', '\ud800', 'a\udc00b', '\ufeff', 'é', '€'.repeat(70)),
);
const decimal = fc.record({ units: big, decimals: fc.nat({ max: 40 }) });
const flag = fc.boolean();
const side = fc.constantFrom('buy', 'sell');
const of = (shape: Record<string, fc.Arbitrary<unknown>>, optional: Record<string, fc.Arbitrary<unknown>> = {}) =>
  fc.record({ ...shape, ...optional }, { requiredKeys: Object.keys(shape) as never });
const many = (each: fc.Arbitrary<unknown>) => fc.array(each, { maxLength: 5 });
const orNull = (each: fc.Arbitrary<unknown>) => fc.option(each, { nil: null });

const position = { market: whole, lots: integer, cost: big };
const extras = { leverage: decimal, funding: big };
const account = of(
  {
    id: text,
    positionMode: fc.constantFrom('net', 'hedge'),
    balance: big,
    cross: many(of(position, extras)),
    isolated: many(of({ ...position, collateral: big }, extras)),
  },
  {
    others: many(of({ asset: whole, amount: big })),
    orders: many(of({ market: whole, lots: integer, cost: big, reduceOnly: flag })),
  },
);
const fill = of({
  tradeId: text,
  orderId: orNull(text),
  account: text,
  market: whole,
  margin: fc.constantFrom('cross', 'isolated'),
  side,
  lots: integer,
  price: decimal,
  fee: big,
  timeUs: integer,
});
const ack = of(
  { orderId: text, state: fc.constantFrom('working', 'cancelled', 'unfilled', 'rejected', 'absent', 'unknown') },
  { reason: text },
);
const command = fc.oneof(
  of({ command: fc.constant('mode'), mode: fc.constantFrom('shadow', 'live') }),
  of({ command: fc.constant('kill'), isOn: flag }),
  of({ command: fc.constantFrom('pause', 'resume'), scope: fc.constantFrom('market', 'account', 'stage'), name: text }),
  of({ command: fc.constantFrom('exempt', 'unexempt', 'bidder', 'no-bidder'), account: text }),
  of({ command: fc.constant('fund'), asset: whole, market: orNull(whole), amount: big }),
);

const typed = (type: string, shape: Record<string, fc.Arbitrary<unknown>>, optional?: Record<string, fc.Arbitrary<unknown>>) =>
  of({ type: fc.constant(type), timeUs: integer, ...shape }, optional) as unknown as fc.Arbitrary<InputRecord>;

const batch = of({ principal: text, batchId: fc.oneof(text, integer) });
/** What clients' batches become: with the batch, or without when nobody sent it. */
const batched = (type: string, shape: Record<string, fc.Arbitrary<unknown>>) => typed(type, shape, { batch });

const RECORDS: Readonly<Record<InputRecord['type'], fc.Arbitrary<InputRecord>>> = {
  tick: typed(
    'tick',
    { marks: many(of({ market: whole, price: decimal })) },
    { indexes: many(of({ asset: whole, price: decimal })), funding: many(of({ market: whole, index: decimal })) },
  ),
  book: batched('book', { rows: many(of({ version: integer, account })) }),
  fills: batched('fills', { fills: many(fill) }),
  acks: batched('acks', { acks: many(ack) }),
  clock: typed('clock', {}),
  bids: batched('bids', {
    bids: many(of({ bidId: text, auctionId: text, bidder: text, lots: orNull(integer), limitPrice: orNull(decimal) })),
  }),
  'orders-gone': batched('orders-gone', { accounts: many(text) }),
  figures: batched('figures', { rows: many(of({ portfolio: text, equity: decimal, maintenance: decimal })) }),
  admin: batched('admin', { commands: many(command) }),
  restart: typed('restart', {}),
};

export const RECORD_TYPES = Object.keys(RECORDS) as InputRecord['type'][];

export function recordOf(type: InputRecord['type']): fc.Arbitrary<InputRecord> {
  return RECORDS[type];
}

export const anyRecord: fc.Arbitrary<InputRecord> = fc.oneof(...Object.values(RECORDS));
