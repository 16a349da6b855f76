/** A scripted engine link, a raw websocket peer and a gateway to put between them. */
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { type ClientOptions, WebSocket } from 'ws';
import type { BookStatistics, CaseWait, EngineAlert, EngineLink, EngineStats, Inspections } from '../../src/engine/link.js';
import { decode, encode } from '../../src/gateway/codec.js';
import { SUBPROTOCOL } from '../../src/gateway/messages.js';
import { type Gateway, type GatewayOptions, startGateway } from '../../src/gateway/server.js';
import { parseDecimal } from '../../src/model/decimal.js';
import type { Effect, OrderEvent, OrderEventKind, Signal, SignalState } from '../../src/model/effects.js';
import type { Problem } from '../../src/model/errors.js';
import { ZERO } from '../../src/model/fraction.js';
import { DEFAULT_RULES, type Instruments, type Market, plainAsset } from '../../src/model/instruments.js';
import { lots } from '../../src/model/portfolio.js';
import type { InputRecord } from '../../src/model/records.js';

export const TOKENS = { operator: 'operator-token-0123456789', executor: 'executor-token-0123456789' };
export const BYTES_MAX = 64 * 1024 * 1024;

function market(index: number, id: string): Market {
  return {
    index,
    id,
    kind: 'linear',
    base: id.slice(0, 3),
    settle: 'USDT',
    settleAsset: 0,
    contractSize: parseDecimal('1'),
    lot: parseDecimal('0.001'),
    tick: parseDecimal('0.01'),
    allowNonPositive: false,
    maintenance: {
      method: 'bracket',
      basis: 'mark',
      closeFee: ZERO,
      tiers: [{ floor: parseDecimal('0'), rate: { n: 1n, d: 200n }, deduction: ZERO }],
    },
    initial: null,
    takerFee: ZERO,
  };
}

const USDT = plainAsset(0, 'USDT', 6);
export const INSTRUMENTS: Instruments = {
  ...DEFAULT_RULES,
  valuation: USDT,
  assets: [USDT],
  markets: [market(0, 'BTCUSDT'), market(1, 'ETHUSDT')],
  marketIndex: new Map([
    ['BTCUSDT', 0],
    ['ETHUSDT', 1],
  ]),
};

/** The engine's side of the interface, played by the test. */
export class ScriptedLink implements EngineLink {
  readonly instruments = INSTRUMENTS;
  readonly submitted: InputRecord[] = [];
  /** What `submit` answers. */
  answer: (record: InputRecord) => Promise<readonly Problem[]> = () => Promise.resolve([]);
  ticks = 0;
  backend = 'js';
  private readonly listeners = new Set<(effects: readonly Effect[]) => void>();
  private readonly waitListeners = new Set<(waits: readonly CaseWait[]) => void>();
  private readonly alertListeners = new Set<(alert: EngineAlert) => void>();

  submit(record: InputRecord): Promise<readonly Problem[]> {
    this.submitted.push(record);
    return this.answer(record);
  }

  subscribe(listener: (effects: readonly Effect[]) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  emit(...effects: readonly Effect[]): void {
    for (const listener of this.listeners) listener(effects);
  }

  signals(...rows: readonly Signal[]): void {
    this.ticks += 1;
    this.emit({ type: 'signals', tickTimeUs: 1_569_350_000_000_000 + this.ticks, priceEpoch: this.ticks, rows });
  }

  orders(...rows: readonly OrderEvent[]): void {
    this.emit({ type: 'orders', rows });
  }

  stats(): EngineStats {
    const { ticks, backend } = this;
    return {
      backend,
      accounts: 2,
      portfolios: 3,
      positions: 4,
      ticks,
      conflated: 0,
      priceEpoch: ticks,
      tickTimeUs: 1_569_350_000_000_000 + ticks,
      tickMs: 1.5,
      lagMs: 3,
      nominees: 5,
      unpriced: 0,
      liquidatable: 1,
      insolvent: 0,
      deficit: 64,
      openCases: 1,
      liveOrders: 1,
      unknownOrders: 0,
      liquidations: 7,
    };
  }

  onWaits(listener: (waits: readonly CaseWait[]) => void): () => void {
    this.waitListeners.add(listener);
    return () => this.waitListeners.delete(listener);
  }

  waits(...waits: readonly CaseWait[]): void {
    for (const listener of this.waitListeners) listener(waits);
  }

  /** What it answers when it is asked. */
  inspections: Inspections = {
    cases: [],
    orders: [],
    auctions: [],
    ledger: [],
    watch: [],
    venuePositions: [],
    mode: {
      mode: 'shadow',
      kill: false,
      policy: 'full-close',
      paused: { markets: [], accounts: [], stages: [] },
      exempt: [],
      bidders: [],
      funds: [],
    },
    market: { timeUs: 0, marks: [null, null], indexes: [null] },
  };

  async inspect<Question extends keyof Inspections>(question: Question): Promise<Inspections[Question]> {
    return this.inspections[question];
  }

  onAlert(listener: (alert: EngineAlert) => void): () => void {
    this.alertListeners.add(listener);
    return () => this.alertListeners.delete(listener);
  }

  alert(text: string, code: EngineAlert['code'] = 'backend'): void {
    for (const listener of this.alertListeners) listener({ timeUs: 1_569_350_000_000_000, code, text });
  }

  /** Whether anybody still listens. */
  get isHeard(): boolean {
    return this.listeners.size + this.alertListeners.size + this.waitListeners.size > 0;
  }

  /** How often it was asked for, and what is answered. */
  resumes = 0;
  resumed: () => Promise<readonly Problem[]> = () => Promise.resolve([]);
  resumeBackend(): Promise<readonly Problem[]> {
    this.resumes += 1;
    return this.resumed();
  }

  bookStatistics: BookStatistics | null = null;
  statistics(): BookStatistics | null {
    return this.bookStatistics;
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

export function signal(portfolio: string, state: SignalState, deficit: number, markets: readonly number[] = [0]): Signal {
  return { portfolio, markets, state, equity: -deficit, maintenance: 14, deficit, badDebt: deficit, marginRatio: -3.5 };
}

export function order(orderId: string, event: OrderEventKind): OrderEvent {
  return {
    orderId,
    caseId: `case-${orderId}`,
    event,
    portfolio: 'alice',
    market: 0,
    side: 'sell',
    lots: lots(1500),
    limitPrice: parseDecimal('34999.5'),
    stage: 'full',
    expiryUs: 1_569_350_005_000_000,
    version: 3,
    priceEpoch: 9,
    tickTimeUs: 1_569_350_000_000_000,
  };
}

/** Time that the test moves. */
export class TestClock {
  nowUs = 1_700_000_000_000_000;
  readonly read = () => this.nowUs;
}

export interface Rig {
  readonly link: ScriptedLink;
  readonly clock: TestClock;
  readonly gateway: Gateway;
  readonly url: string;
  readonly http: string;
}

export async function startRig(options: Partial<GatewayOptions> = {}, link = new ScriptedLink()): Promise<Rig> {
  const clock = new TestClock();
  const gateway = await startGateway({
    link,
    port: 0,
    tokens: TOKENS,
    clock: clock.read,
    version: '0.1.0-test',
    executor: 'external',
    ...options,
  });
  const address = `127.0.0.1:${gateway.port}`;
  return { link, clock, gateway, url: `ws://${address}/v1/stream`, http: `http://${address}` };
}

type Message = readonly unknown[];

/** A websocket client that knows nothing but frames. */
export class Peer {
  readonly socket: WebSocket;
  readonly received: Message[] = [];
  closed: { code: number; reason: string } | null = null;
  private wake: () => void = () => undefined;
  private taken = 0;

  constructor(url: string, options: ClientOptions = {}) {
    this.socket = new WebSocket(url, SUBPROTOCOL, { maxPayload: BYTES_MAX, perMessageDeflate: false, ...options });
    this.socket.on('error', () => undefined);
    this.socket.on('message', (data: Buffer) => {
      this.received.push(decode(data, BYTES_MAX) as Message);
      this.wake();
    });
    this.socket.on('close', (code, reason) => {
      this.closed = { code, reason: reason.toString() };
      this.wake();
    });
  }

  static async open(url: string, options?: ClientOptions): Promise<Peer> {
    const peer = new Peer(url, options);
    await once(peer.socket, 'open');
    return peer;
  }

  /** Greeted and, with a token, authenticated. */
  static async greeted(url: string, role: 'viewer' | keyof typeof TOKENS = 'viewer'): Promise<Peer> {
    const peer = await Peer.open(url);
    await peer.next('hello');
    if (role !== 'viewer') await peer.ask('auth', 1, TOKENS[role]);
    return peer;
  }

  send(...message: Message): void {
    this.socket.send(encode(message));
  }

  /** The next message that is not a stats or a heartbeat (of the type, if one is named: others are skipped). */
  async next(type?: string): Promise<Message> {
    for (;;) {
      while (this.taken < this.received.length) {
        const message = this.received[this.taken];
        this.taken += 1;
        if (type === undefined ? message[0] !== 'stats' && message[0] !== 'heartbeat' : message[0] === type) return message;
      }
      if (this.closed !== null)
        throw new Error(`closed with ${this.closed.code} ${this.closed.reason} while waiting for ${type}`);
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
    }
  }

  async ask(...message: Message): Promise<Message> {
    this.send(...message);
    return await this.next();
  }

  /** Everything that was sent to this peer until now has arrived. */
  async settled(): Promise<void> {
    this.send('ping', 123_456);
    let pong = await this.next('pong');
    while (pong[1] !== 123_456) pong = await this.next('pong');
  }

  async closing(): Promise<{ code: number; reason: string }> {
    while (this.closed === null) {
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
    }
    return this.closed;
  }
}

/** Waits until a condition holds; fails with its text otherwise. */
export async function until(condition: () => boolean, what: string, seconds = 10): Promise<void> {
  for (let i = 0; i < seconds * 100; i += 1) {
    if (condition()) return;
    await sleep(10);
  }
  throw new Error(`expected ${what}, which never came`);
}

/**
 * The message cut to the columns that are expected: a flat array (a row, an error) may be longer than expected, an array of rows or a
 * message with rows may not.
 */
export function cut(actual: unknown, expected: unknown): unknown {
  if (!Array.isArray(actual) || !Array.isArray(expected)) return actual;
  if (expected.length === 0) return actual;
  if (!expected.some(Array.isArray)) return actual.slice(0, expected.length);
  return actual.map((part, i) => cut(part, expected[i]));
}
