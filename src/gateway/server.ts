/** The gateway: puts link, topics and transport together, and owns the timer. It must not know rules or the engine's inside. */
import { randomBytes } from 'node:crypto';
import type { EngineLink } from '../engine/link.js';
import { type AnsweredBatch, BatchMemory } from '../model/batch-memory.js';
import { badInput } from '../model/errors.js';
import { BATCHES_REMEMBERED } from '../model/limits.js';
import { show } from '../model/problems.js';
import { BatchDesk } from './batch-desk.js';
import { encode } from './codec.js';
import { handleMessage } from './commands.js';
import { applyEffects, startTopics, Tally } from './effects.js';
import { answerHttp, isLoopbackHost, textReply } from './http.js';
import { type GatewayCounters, type Hub, Lease, RoleByToken, type Tokens } from './hub.js';
import { LIMITS } from './limits.js';
import { FIELDS, PROTOCOL, STREAM_PATH, SUBPROTOCOL } from './messages.js';
import { createMetrics } from './metrics.js';
import { alertRow, statsOf } from './rows.js';
import { Session } from './session.js';
import type { Topic } from './topics.js';
import type { HttpReply, UpgradeRequest } from './transport.js';
import { startWsTransport } from './ws-transport.js';

export interface GatewayOptions {
  /** Start the gateway before the link's first effect: of what happened earlier snapshots have the orders that are out, the open cases and the auctions held. */
  readonly link: EngineLink;
  /** `127.0.0.1` (the default) or `::1`. */
  readonly host?: string;
  /** 0: any free port. */
  readonly port: number;
  readonly tokens: Tokens;
  /** Microseconds UTC. */
  readonly clock: () => number;
  /** Of plimsoll. */
  readonly version: string;
  /** Who acts on orders: the paper venue inside this process, which then holds the lease for good, or whoever takes the lease. */
  readonly executor: 'paper' | 'external';
  /** Batches that were answered before this start: they are answered alike again. Left out: none. */
  readonly answered?: readonly AnsweredBatch[];
}

export interface Gateway {
  readonly port: number;
  /** Closes every connection with 1001 and stops listening. The link stays open. */
  close(): Promise<void>;
}

const LOOPBACK = ['127.0.0.1', '::1'];

/** Tokens that authenticate an operator and an executor, 256 random bits each. */
export function randomTokens(): Tokens {
  return { operator: randomBytes(32).toString('base64url'), executor: randomBytes(32).toString('base64url') };
}

/**
 * Serves a link. Rejects with `PlimsollError`: `bad-usage` for an address that is not loopback or for equal tokens, `unavailable` when
 * the port cannot be had.
 */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const { host = LOOPBACK[0], port, clock } = options;
  if (!LOOPBACK.includes(host)) {
    const expected = `${LOOPBACK.join(' or ')} (other addresses need authentication of viewers, which comes later)`;
    throw badInput('host', expected, show(host), 'bad-usage');
  }
  const hub = await createHub(options);
  const sessions = new Set<Session>();
  const hello = encode(['hello', PROTOCOL, options.version, hub.epoch, FIELDS]);
  const metrics = createMetrics(hub, () => sessions.size);
  const transport = await startWsTransport({
    host,
    port,
    subprotocol: SUBPROTOCOL,
    frameBytesMax: LIMITS.frameBytesMax,
    closeTimeoutMs: LIMITS.closeTimeoutMs,
    http: (request) => answerHttp(hub, metrics, request),
    refusal: (request) => {
      const refusal = refusalOf(request, sessions.size);
      if (refusal !== null) hub.counters.connectionsRefused += 1;
      return refusal;
    },
    opened: (socket) => {
      const session: Session = new Session(hub, socket, handleMessage, () => sessions.delete(session));
      sessions.add(session);
      socket.send(hello);
      return session;
    },
  });
  // One topic after the other, so that all sessions share each message's bytes.
  const pump = (topic: Topic) => {
    for (const session of sessions) session.pump(topic);
  };
  const silence = listen(hub, pump);
  const sweeper = startSweeper(hub, sessions, clock, () => pump(hub.topics.stats));
  return {
    port: transport.port,
    close: () => {
      clearInterval(sweeper);
      silence();
      return transport.close();
    },
  };
}

async function createHub({ link, tokens, clock, version, executor, answered = [] }: GatewayOptions): Promise<Hub> {
  if (tokens.operator === tokens.executor) throw badInput('tokens', 'one for each role', 'the same for two', 'bad-usage');
  const shortest = Math.min(tokens.operator.length, tokens.executor.length);
  if (shortest < LIMITS.tokenLengthMin) {
    throw badInput('tokens', `at least ${LIMITS.tokenLengthMin} characters each`, `${shortest}`, 'bad-usage');
  }
  const lease = new Lease();
  if (executor === 'paper') lease.take({});
  const memory = new BatchMemory(BATCHES_REMEMBERED);
  for (const each of answered) memory.remember(each);
  const counters: GatewayCounters = {
    connectionsRefused: 0,
    messagesReceived: 0,
    messagesSent: 0,
    malformedFrames: 0,
    wrongTokens: 0,
    slowConsumers: 0,
    batchesAccepted: 0,
    batchesRejected: 0,
    internalErrors: 0,
    backendAlerts: 0,
  };
  return {
    link,
    clock,
    version,
    epoch: randomBytes(8).toString('hex'),
    topics: await startTopics(link, clock()),
    tally: new Tally(),
    roles: new RoleByToken(tokens),
    desk: new BatchDesk(memory),
    lease,
    counters,
  };
}

/** Brings what the engine tells into the topics, and on to whoever listens to them. Returns the end of it. */
function listen({ link, topics, tally, counters }: Hub, pump: (topic: Topic) => void): () => void {
  const ends = [
    link.subscribe((effects) => applyEffects(topics, tally, effects, link.instruments).forEach(pump)),
    link.onWaits((waits) => {
      topics.cases.onWaits(waits);
      pump(topics.cases);
    }),
    link.onAlert((alert) => {
      if (alert.code === 'backend') counters.backendAlerts += 1;
      topics.alerts.append([alertRow(alert)]);
      pump(topics.alerts);
    }),
  ];
  return () => {
    for (const end of ends) end();
  };
}

/** Null: the websocket may open. A browser says where its page is from: only our own may talk to us. */
function refusalOf({ path, host, origin, protocols }: UpgradeRequest, connections: number): HttpReply | null {
  if (path !== STREAM_PATH) return textReply(404, `path: expected ${STREAM_PATH}`);
  if (!isLoopbackHost(host)) return textReply(403, 'host: expected a loopback name');
  if (origin !== null && origin !== `http://${host}` && origin !== `https://${host}`) {
    return textReply(403, 'origin: expected none or this host');
  }
  if (!protocols.includes(SUBPROTOCOL)) return textReply(400, `subprotocol: expected ${SUBPROTOCOL}`);
  if (connections >= LIMITS.connectionsMax) return textReply(503, `connections: expected at most ${LIMITS.connectionsMax}`);
  return null;
}

/** Looks at the clock now and then: stats, heartbeats, and who is late. */
function startSweeper(hub: Hub, sessions: ReadonlySet<Session>, clock: () => number, publishStats: () => void): NodeJS.Timeout {
  let statsUs = clock();
  let heartbeatUs = statsUs;
  return setInterval(() => {
    const nowUs = clock();
    if (nowUs - statsUs >= LIMITS.statsIntervalUs) {
      statsUs = nowUs;
      hub.topics.stats.append(statsOf(hub.link.stats(), nowUs));
      publishStats();
    }
    const isHeartbeatDue = nowUs - heartbeatUs >= LIMITS.heartbeatIntervalUs;
    if (isHeartbeatDue) heartbeatUs = nowUs;
    for (const session of sessions) {
      session.sweep(nowUs);
      if (isHeartbeatDue) session.heartbeat();
    }
  }, LIMITS.sweepMs);
}
