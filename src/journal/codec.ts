/** Owns the bytes of an input record: every type, exact, with a version in front. Knows no log and no file. */
import { badInput, PlimsollError } from '../model/errors.js';
import type { Account, Balance, Cash, Cost, IsolatedPosition, Lots, OpenOrder, Position } from '../model/portfolio.js';
import type {
  AdminCommand,
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
import { big, choice, decimal, type Field, integer, list, nullable, struct, text, union, whole } from './fields.js';

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

const record = union<'type', InputRecord>('type', {
  tick: struct<Omit<Extract<InputRecord, { type: 'tick' }>, 'type'>>(
    { timeUs, marks: list(struct<Mark>({ market: index, price: decimal })) },
    {
      indexes: list(struct<IndexPrice>({ asset: index, price: decimal })),
      funding: list(struct<FundingIndex>({ market: index, index: decimal })),
    },
  ),
  book: struct({ timeUs, rows: list(struct<BookRow>({ version: integer, account })) }),
  fills: struct({ timeUs, fills: list(fill) }),
  acks: struct({ timeUs, acks: list(ack) }),
  clock: struct({ timeUs }),
  bids: struct({
    timeUs,
    bids: list(struct<Bid>({ bidId: text, auctionId: text, bidder: text, lots: nullable(lots), limitPrice: nullable(decimal) })),
  }),
  'orders-gone': struct({ timeUs, accounts: list(text) }),
  figures: struct({
    timeUs,
    rows: list(struct<VenueFigures>({ portfolio: text, equity: decimal, maintenance: decimal })),
  }),
  admin: struct({ timeUs, commands: list(command) }),
  restart: struct({ timeUs }),
});

const writer = new ByteWriter();

/** The record's bytes: equal records have equal ones. A number that is no whole number where one belongs is bad input. */
export function encodeRecord(value: InputRecord): Buffer {
  try {
    writer.byte(RECORD_VERSION);
    record.write(writer, value, 'record');
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
    const value = record.read(reader);
    reader.end();
    return value;
  } catch (error) {
    if (!(error instanceof PlimsollError)) throw error;
    const [{ where, expected, found }] = error.problems;
    throw badInput(`record of ${bytes.length} bytes: ${where}`, expected, found);
  }
}
