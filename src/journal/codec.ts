/** Owns the bytes of an input record: every type, exact, with a version in front. Knows no log and no file. */
import { badInput, PlimsollError } from '../model/errors.js';
import type { Account, Balance, Cash, Cost, IsolatedPosition, Lots, OpenOrder, Position } from '../model/portfolio.js';
import type {
  AdminCommand,
  BatchKey,
  BatchRecord,
  Bid,
  BookRow,
  Fill,
  FundingIndex,
  IndexPrice,
  InputRecord,
  Mark,
  OrderAck,
  VenueFigures,
} from '../model/records.js';
import { ByteReader, ByteWriter } from './bytes.js';
import {
  big,
  choice,
  decimal,
  type Field,
  integer,
  list,
  nullable,
  struct,
  text,
  textOrInteger,
  union,
  whole,
} from './fields.js';

/** Of the bytes below. A journal of another is refused as a whole. */
export const RECORD_VERSION = 1;

const lots = integer as Field<Lots>;
const cash = big as Field<Cash>;
const cost = big as Field<Cost>;
const timeUs = integer;
/** Indexes of markets and assets: what they are, the journal's header says. */
const index = whole;
const side = choice('buy', 'sell');

const position = { market: index, lots, cost };
const positionExtras = { leverage: decimal, funding: cash };
const account = struct<Account>(
  {
    id: text,
    positionMode: choice('net', 'hedge'),
    balance: cash,
    cross: list(struct<Position>(position, positionExtras)),
    isolated: list(struct<IsolatedPosition>({ ...position, collateral: cash }, positionExtras)),
  },
  {
    others: list(struct<Balance>({ asset: index, amount: cash })),
    orders: list(struct<OpenOrder>({ market: index, lots, cost, reduceOnly: choice(false, true) })),
  },
);

const fill = struct<Fill>({
  tradeId: text,
  orderId: nullable(text),
  account: text,
  market: index,
  margin: choice('cross', 'isolated'),
  side,
  lots,
  price: decimal,
  fee: cash,
  timeUs,
});

const ack = struct<OrderAck>(
  { orderId: text, state: choice('working', 'cancelled', 'unfilled', 'rejected', 'absent', 'unknown') },
  { reason: text },
);

const scoped = struct<{ readonly scope: 'market' | 'account' | 'stage'; readonly name: string }>({
  scope: choice('market', 'account', 'stage'),
  name: text,
});
const ofAccount = struct<{ readonly account: string }>({ account: text });
const command = union<'command', AdminCommand>('command', {
  mode: struct({ mode: choice('shadow', 'live') }),
  kill: struct({ isOn: choice(false, true) }),
  pause: scoped,
  resume: scoped,
  exempt: ofAccount,
  unexempt: ofAccount,
  bidder: ofAccount,
  'no-bidder': ofAccount,
  fund: struct({ asset: index, market: nullable(index), amount: cash }),
});

/** Without the batch that it was. */
type Bare<T> = T extends unknown ? Omit<T, 'batch'> : never;
type Of<Type extends BatchRecord['type']> = Omit<Bare<Extract<BatchRecord, { type: Type }>>, 'type'>;

const bare = {
  book: struct<Of<'book'>>({ timeUs, rows: list(struct<BookRow>({ version: integer, account })) }),
  fills: struct<Of<'fills'>>({ timeUs, fills: list(fill) }),
  acks: struct<Of<'acks'>>({ timeUs, acks: list(ack) }),
  bids: struct<Of<'bids'>>({
    timeUs,
    bids: list(struct<Bid>({ bidId: text, auctionId: text, bidder: text, lots: nullable(lots), limitPrice: nullable(decimal) })),
  }),
  'orders-gone': struct<Of<'orders-gone'>>({ timeUs, accounts: list(text) }),
  figures: struct<Of<'figures'>>({
    timeUs,
    rows: list(struct<VenueFigures>({ portfolio: text, equity: decimal, maintenance: decimal })),
  }),
  admin: struct<Of<'admin'>>({ timeUs, commands: list(command) }),
};
const { book, fills, acks, ...later } = bare;

/** A client's batch stands around its record, so that a record that is none, as most are, has no byte more for it. */
interface Batch extends BatchKey {
  readonly type: 'batch';
  readonly record: Bare<BatchRecord>;
}

const logged = union<'type', Bare<InputRecord> | Batch>('type', {
  tick: struct<Omit<Extract<InputRecord, { type: 'tick' }>, 'type'>>(
    { timeUs, marks: list(struct<Mark>({ market: index, price: decimal })) },
    {
      indexes: list(struct<IndexPrice>({ asset: index, price: decimal })),
      funding: list(struct<FundingIndex>({ market: index, index: decimal })),
    },
  ),
  book,
  fills,
  acks,
  clock: struct({ timeUs }),
  ...later,
  restart: struct({ timeUs }),
  batch: struct<Omit<Batch, 'type'>>({
    principal: text,
    batchId: textOrInteger,
    record: union<'type', Bare<BatchRecord>>('type', bare),
  }),
});

function wrapped(value: InputRecord): Bare<InputRecord> | Batch {
  if (!('batch' in value) || value.batch === undefined) return value;
  const { batch, ...record } = value;
  return { type: 'batch', ...batch, record };
}

const writer = new ByteWriter();

/** The record's bytes: equal records have equal ones. A number that is no whole number where one belongs is bad input. */
export function encodeRecord(value: InputRecord): Buffer {
  try {
    writer.byte(RECORD_VERSION);
    logged.write(writer, wrapped(value), 'record');
    return writer.take();
  } catch (error) {
    // What was written of it must not stand before the next.
    writer.take();
    throw error;
  }
}

/** The record that the bytes are. Bytes that `encodeRecord` does not write are bad input, whatever they are. */
export function decodeRecord(bytes: Uint8Array): InputRecord {
  const reader = new ByteReader(bytes);
  try {
    const version = reader.byte();
    if (version !== RECORD_VERSION) reader.fail(`a record of version ${RECORD_VERSION}`, `version ${version}`);
    const value = logged.read(reader);
    reader.end();
    if (value.type !== 'batch') return value;
    const { principal, batchId, record } = value;
    return { ...record, batch: { principal, batchId } };
  } catch (error) {
    if (!(error instanceof PlimsollError)) throw error;
    const [{ where, expected, found }] = error.problems;
    throw badInput(`record of ${bytes.length} bytes: ${where}`, expected, found);
  }
}
