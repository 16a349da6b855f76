/** Every limit of the gateway in one place, with the relations between them asserted. docs/protocol.md lists them; a test compares. */
import { assert } from '../model/errors.js';
import { BATCHES_REMEMBERED, DECIMAL_LENGTH_MAX, PORTFOLIO_ID_LENGTH_MAX, PROBLEMS_LISTED_MAX } from '../model/limits.js';

export const LIMITS = {
  /** Client to server, after `auth`; before it a connection has no business with large frames. */
  frameBytesMax: 4 * 1024 * 1024,
  viewerFrameBytesMax: 64 * 1024,
  /** Rows of one batch, and positions and orders of one book row. */
  batchRowsMax: 10_000,
  accountPositionsMax: 10_000,
  accountOrdersMax: 10_000,
  batchesInFlightMax: 64,
  /** Batch ids remembered per principal, with their answers. */
  batchesRememberedMax: BATCHES_REMEMBERED.idsMax,
  /** Problems remembered with them. */
  problemsRememberedMax: BATCHES_REMEMBERED.problemsMax,
  idLengthMax: 64,
  /** `portfolio@timeUs.case#order`, as the engine makes them. */
  orderIdLengthMax: 192,
  /** Executors make them of order ids. */
  tradeIdLengthMax: 224,
  /** In fills as in books. */
  decimalLengthMax: DECIMAL_LENGTH_MAX,
  reasonLengthMax: 256,
  filterMarketsMax: 1_000,
  messagesPerSecondMax: 1_000,
  tokenLengthMin: 16,
  /** Chances that a connection gets. */
  malformedFramesMax: 5,
  wrongTokensMax: 3,
  connectionsMax: 1_024,
  firstMessageUsMax: 10_000_000,
  /** Above this a connection is congested: its signals wait to be conflated and its orders wait in the log. */
  congestedBytes: 256 * 1024,
  /** Congested for longer than this: a slow consumer. */
  congestedUsMax: 30_000_000,
  /** Replies count too: a client that asks and never reads. */
  bufferedBytesMax: 32 * 1024 * 1024,
  closeTimeoutMs: 2_000,
  signalsLogRowsMax: 200_000,
  ordersLogRowsMax: 100_000,
  /** A congested subscriber of orders further behind than this is disconnected while it can still resume. */
  ordersBehindRowsMax: 50_000,
  ordersEndedMax: 1_000,
  /** The alerts of a snapshot, too. */
  alertsLogRowsMax: 1_000,
  alertsBehindRowsMax: 500,
  /** A case in trouble goes through every stage of its policy, and each is told. */
  casesLogRowsMax: 500_000,
  casesBehindRowsMax: 250_000,
  /** Each of the topics that tell events. */
  eventsLogRowsMax: 100_000,
  eventsBehindRowsMax: 50_000,
  eventsLatestMax: 1_000,
  statsIntervalUs: 1_000_000,
  heartbeatIntervalUs: 5_000_000,
  /** How often the limits in microseconds are looked at. */
  sweepMs: 100,
} as const;

/** Digits of an integer to 2^53. */
const INTEGER_LENGTH_MAX = String(Number.MAX_SAFE_INTEGER).length;

assert(
  LIMITS.orderIdLengthMax >= PORTFOLIO_ID_LENGTH_MAX + '@.#'.length + 3 * INTEGER_LENGTH_MAX,
  'every order id of the engine can be acknowledged',
);
assert(
  LIMITS.tradeIdLengthMax > LIMITS.orderIdLengthMax + INTEGER_LENGTH_MAX,
  'a trade id has room for its order id and a number',
);
assert(
  LIMITS.problemsRememberedMax >= LIMITS.batchesInFlightMax * PROBLEMS_LISTED_MAX,
  'what is on its way can be asked for again, whole',
);
assert(LIMITS.viewerFrameBytesMax <= LIMITS.frameBytesMax, 'a viewer may not send more than an operator');
assert(LIMITS.congestedBytes < LIMITS.bufferedBytesMax, 'a connection is congested before it is cut');
assert(
  2 * LIMITS.ordersBehindRowsMax <= LIMITS.ordersLogRowsMax &&
    2 * LIMITS.alertsBehindRowsMax <= LIMITS.alertsLogRowsMax &&
    2 * LIMITS.casesBehindRowsMax <= LIMITS.casesLogRowsMax &&
    2 * LIMITS.eventsBehindRowsMax <= LIMITS.eventsLogRowsMax,
  'who is cut for being slow must still find its place in the log',
);
assert(LIMITS.statsIntervalUs >= LIMITS.sweepMs * 1_000, 'stats are due at most once a sweep');
