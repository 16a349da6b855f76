/** What each message of a client does. It must not know frames or sockets. */
import { badInput, PlimsollError, type Problem } from '../model/errors.js';
import { show } from '../model/problems.js';
import type { BatchKey } from '../model/records.js';
import { carryOut } from './admin.js';
import { batchRecord } from './batches.js';
import { wireInteger } from './codec.js';
import type { Hub } from './hub.js';
import { LIMITS } from './limits.js';
import type { BatchType, RequestId, Role, TopicName, WireProblem } from './messages.js';
import { TOPICS } from './messages.js';
import { isRequestId, type Session, type WireMessage } from './session.js';
import type { SignalFilter, Topic } from './topics.js';

type Command = (session: Session, message: WireMessage) => void;

const COMMANDS: ReadonlyMap<string, Command> = new Map<string, Command>([
  ['ping', ping],
  ['auth', auth],
  ['subscribe', subscribe],
  ['unsubscribe', unsubscribe],
  ['lease', lease],
  ['book', batchOf(['operator'], record('book'))],
  ['fills', batchOf(['operator'], record('fills'))],
  ['figures', batchOf(['operator'], record('figures'))],
  ['admin', batchOf(['operator'], ({ link, clock }, rows, batch) => carryOut(rows, link, clock(), batch))],
  ['fill', batchOf(['executor'], record('fill'), true)],
  ['ack', batchOf(['executor'], record('ack'), true)],
  ['reject', batchOf(['executor'], record('reject'), true)],
  ['orders-gone', batchOf(['executor'], record('orders-gone'), true)],
  // To bid is not to act on orders.
  ['bid', batchOf(['executor', 'operator'], record('bid'))],
]);

/** Carries out a message, or throws a `PlimsollError` that says what is wrong with it. */
export function handleMessage(session: Session, message: WireMessage): void {
  const command = COMMANDS.get(message[0]);
  if (command === undefined) throw badInput('message', [...COMMANDS.keys()].join(', '), show(message[0]));
  command(session, message);
}

function ping(session: Session, [, n]: WireMessage): void {
  if (typeof n === 'bigint' || Number.isSafeInteger(n)) session.reply(['pong', n as number | bigint]);
  else throw badInput('ping', 'an integer', show(n));
}

function auth(session: Session, [, rawId, token]: WireMessage): void {
  const id = requestId(rawId);
  if (typeof token !== 'string') throw badInput('token', 'a text', show(typeof token));
  if (session.role !== 'viewer') throw badInput('auth', 'one role a connection', `already the ${session.role}`);
  const role = session.hub.roles.find(token);
  if (role === null) {
    session.wrongToken(id);
    return;
  }
  session.role = role;
  session.reply(['authorized', id, role]);
}

function subscribe(session: Session, [, rawId, options]: WireMessage): void {
  const id = requestId(rawId);
  if (!isMap(options)) throw badInput('subscribe', 'a map with a topic', show(options));
  const unknown = Object.keys(options).find((key) => !['topic', 'epoch', 'fromSeq', 'filter'].includes(key));
  if (unknown !== undefined) throw badInput('subscribe', 'topic, epoch, fromSeq, filter', show(unknown));
  const { hub } = session;
  const topic: Topic = hub.topics[topicName(options.topic)];
  const filter = readFilter(session, topic.name, options.filter);
  const fromSeq = readFromSeq(options.fromSeq);
  const canResume = fromSeq !== null && options.epoch === hub.epoch && topic.covers(fromSeq);
  const startSeq = canResume ? fromSeq : -1;
  session.reply(['subscribed', id, topic.name, hub.epoch, wireInteger(topic.seq)]);
  session.subscribe(topic, { filter, atSeq: startSeq, toldSeq: startSeq, behind: false, resuming: true });
}

function unsubscribe(session: Session, [, rawId, rawTopic]: WireMessage): void {
  const id = requestId(rawId);
  const topic = topicName(rawTopic);
  if (!session.isSubscribed(topic)) throw badInput('unsubscribe', 'a subscription of this connection', show(topic));
  session.unsubscribe(topic);
  session.reply(['unsubscribed', id, topic]);
}

function lease(session: Session, [, rawId]: WireMessage): void {
  const id = requestId(rawId);
  requireRole(session, 'executor');
  if (!session.hub.lease.take(session)) {
    throw badInput('lease', 'the executor lease to be free', 'held by another executor', 'not-the-executor');
  }
  session.reply(['leased', id]);
}

/** Applies the rows of a batch; resolves, or rejects with a `PlimsollError`, with the problems for which nothing was applied. */
type Apply = (hub: Hub, rows: unknown, batch: BatchKey) => Promise<readonly Problem[]>;

function record(type: BatchType): Apply {
  return async ({ link, clock, topics }, rows, batch) => {
    const { instruments } = link;
    const known = { instruments, auctionMarket: (auctionId: string) => topics.auctions.marketOf(auctionId) };
    return link.submit({ ...batchRecord(type, rows, known, clock()), batch });
  };
}

function batchOf(roles: readonly Role[], apply: Apply, needsLease = false): Command {
  return (session, message) => batch(session, message, roles, apply, needsLease);
}

function batch(
  session: Session,
  [type, rawId, rows]: WireMessage,
  roles: readonly Role[],
  apply: Apply,
  needsLease: boolean,
): void {
  const batchId = requestId(rawId);
  requireRole(session, ...roles);
  if (needsLease && !session.hub.lease.isHeldBy(session)) {
    throw badInput(type, 'the executor lease', 'not held by this connection', 'not-the-executor');
  }
  if (session.batchesInFlight >= LIMITS.batchesInFlightMax) {
    throw badInput(type, `at most ${LIMITS.batchesInFlightMax} batches without an answer`, 'one more', 'too-many');
  }
  session.batchesInFlight += 1;
  const key = { principal: session.role, batchId };
  session.hub.desk
    .submit(key, () => answer(session.hub, () => apply(session.hub, rows, key)))
    .then((problems) =>
      session.reply(problems.length === 0 ? ['accepted', batchId] : ['rejected', batchId, problems.map(wireProblem)]),
    )
    .catch((error: unknown) => session.fail(batchId, error))
    .finally(() => {
      session.batchesInFlight -= 1;
    });
}

/** Throws only when nobody can tell whether the batch was applied: the engine is gone. */
async function answer({ counters }: Hub, apply: () => ReturnType<Apply>): ReturnType<Apply> {
  let problems: readonly Problem[];
  try {
    problems = await apply();
  } catch (error) {
    if (!(error instanceof PlimsollError) || error.problems.length === 0) throw error;
    problems = error.problems;
  }
  if (problems.length === 0) counters.batchesAccepted += 1;
  else counters.batchesRejected += 1;
  return problems;
}

/** The engine counts commands as their batch counts rows. */
function wireProblem({ where, expected, found }: Problem): WireProblem {
  return [where.replace(/^commands\[/, 'rows['), expected, found];
}

function requestId(value: unknown): RequestId {
  if (isRequestId(value)) return value;
  throw badInput('id', `a text of 1 to ${LIMITS.idLengthMax} characters or an integer`, show(value));
}

function requireRole(session: Session, ...roles: readonly Role[]): void {
  if (!roles.includes(session.role)) throw badInput('role', roles.join(' or '), session.role, 'unauthorized');
}

function topicName(value: unknown): TopicName {
  const topic = TOPICS.find((name) => name === value);
  if (topic === undefined) throw badInput('topic', TOPICS.join(', '), show(value), 'unknown-topic');
  return topic;
}

function readFromSeq(value: unknown): number | null {
  if (value === undefined || value === null) return null;
  if (Number.isSafeInteger(value) && (value as number) >= 0) return value as number;
  throw badInput('fromSeq', 'an integer from 0 to 2^53 - 1', show(value));
}

function readFilter(session: Session, topic: TopicName, value: unknown): SignalFilter | null {
  if (value === undefined || value === null) return null;
  if (topic !== 'signals') throw badInput('filter', 'none but for signals', show(value));
  if (!isMap(value)) throw badInput('filter', 'a map', show(value));
  const unknown = Object.keys(value).find((key) => key !== 'minDeficit' && key !== 'markets');
  if (unknown !== undefined) throw badInput('filter', 'minDeficit, markets', show(unknown));
  const { minDeficit = 0, markets = null } = value;
  if (typeof minDeficit !== 'number' || !(minDeficit >= 0))
    throw badInput('filter.minDeficit', 'a number of zero or more', show(minDeficit));
  return { minDeficit, markets: markets === null ? null : marketSet(session, markets) };
}

function marketSet(session: Session, value: unknown): ReadonlySet<number> {
  if (!Array.isArray(value) || value.length === 0 || value.length > LIMITS.filterMarketsMax) {
    throw badInput('filter.markets', `an array of 1 to ${LIMITS.filterMarketsMax} market ids`, show(value));
  }
  const { marketIndex } = session.hub.link.instruments;
  return new Set(
    value.map((id: unknown, i) => {
      const index = typeof id === 'string' ? marketIndex.get(id) : undefined;
      if (index === undefined) throw badInput(`filter.markets[${i}]`, 'a market of the book', show(id));
      return index;
    }),
  );
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !ArrayBuffer.isView(value);
}
