/** An operator and an executor that outlive the server: what was not accepted is sent again under its id, and the venue remembers what it did. */
import { setTimeout as sleep } from 'node:timers/promises';
import { type FillRow, type OrderRow, type PlimsollClient, PlimsollError } from '../../src/client/client.js';
import { Random } from '../../src/synthetic/random.js';

const E18 = 10n ** 18n;
const LOTS_PER_UNIT = 1_000;
const TRADER_CASH = 1_000n;
/** They are in the book from the beginning: nobody else can trade. */
export const TRADERS = Array.from({ length: 10 }, (_, i) => ({
  id: `trader-${i}`,
  balances: { USDT: String(TRADER_CASH) },
  positions: [],
}));
const PENDING_MAX = 200;
/** Batches without an answer: the server takes 64. */
const OUT_MAX = 48;
const SETTLE_MS_MAX = 30_000;

interface Batch {
  readonly batchId: string;
  readonly send: (client: PlimsollClient) => Promise<void>;
  readonly onAccepted: () => void;
  sentTimes: number;
  /** Why it has no answer yet; empty: none has come. */
  why: string;
}

/** Sends batches in order, each until it is accepted; over as many connections as that takes. */
class Sender {
  readonly counts = { accepted: 0, again: 0 };
  readonly trouble: string[] = [];
  private readonly pending = new Map<string, Batch>();
  private readonly out = new Set<string>();
  private client: PlimsollClient | null = null;

  get pendingCount(): number {
    return this.pending.size;
  }

  describe(): string {
    return [...this.pending.values()]
      .map(({ batchId, why, sentTimes }) => `${batchId} sent ${sentTimes} times: ${why}`)
      .join('\n');
  }

  connect(client: PlimsollClient | null): void {
    this.client = client;
    this.out.clear();
    this.pump();
  }

  submit(batchId: string, send: Batch['send'], onAccepted: () => void): void {
    this.pending.set(batchId, { batchId, send, onAccepted, sentTimes: 0, why: '' });
    this.pump();
  }

  /** In order, as many at once as the server takes. */
  private pump(): void {
    if (this.client === null) return;
    for (const batch of this.pending.values()) {
      if (this.out.size >= OUT_MAX) return;
      if (this.out.has(batch.batchId)) continue;
      this.out.add(batch.batchId);
      this.send(this.client, batch);
    }
  }

  private send(client: PlimsollClient, batch: Batch): void {
    batch.sentTimes += 1;
    if (batch.sentTimes > 1) this.counts.again += 1;
    batch.send(client).then(
      () => this.done(batch),
      (error: unknown) => {
        batch.why = String(error);
        // The connection is gone: whether it was taken is unknown.
        if (!(error instanceof PlimsollError) || error.code === 'unavailable') return;
        this.trouble.push(`${batch.batchId}: ${error.message}`);
        this.done(batch);
      },
    );
  }

  private done(batch: Batch): void {
    if (!this.pending.delete(batch.batchId)) return;
    this.out.delete(batch.batchId);
    this.counts.accepted += 1;
    batch.onAccepted();
    this.pump();
  }
}

interface VenueOrder {
  readonly lots: number;
  executed: number;
  /** What it says when it is asked. */
  state: 'working' | 'cancelled' | 'unfilled';
}

/** Executes orders in pieces, and remembers each by its id. */
class Venue {
  readonly orders = new Map<string, VenueOrder>();
  readonly trouble: string[] = [];
  queries = 0;
  absent = 0;
  private trades = 0;
  private acks = 0;
  private readonly random: Random;
  private readonly sender: Sender;

  constructor(seed: number, sender: Sender) {
    this.random = new Random(seed, 'venue');
    this.sender = sender;
  }

  onOrder(row: OrderRow): void {
    if (row.event === 'new') this.onNew(row);
    else if (row.event === 'query') this.onQuery(row);
    else if (row.event === 'cancel') this.stop(row, 'cancelled');
  }

  private onNew(row: OrderRow): void {
    const { orderId, size } = row;
    if (this.orders.has(orderId)) {
      this.trouble.push(`${orderId} was sent twice`);
      return;
    }
    const order: VenueOrder = { lots: Math.round(Number(size) * LOTS_PER_UNIT), executed: 0, state: 'working' };
    this.orders.set(orderId, order);
    if (this.random.integer(2) === 0) this.ack(orderId, 'working');
    void this.work(row, order);
  }

  private async work(row: OrderRow, order: VenueOrder): Promise<void> {
    for (let pieces = 1 + this.random.integer(3); pieces > 0; pieces -= 1) {
      await sleep(this.random.integer(60));
      if (order.state !== 'working') return;
      const left = order.lots - order.executed;
      const lots = pieces === 1 && this.random.integer(4) > 0 ? left : Math.ceil(left / 3);
      this.execute(row, order, lots);
      if (order.executed === order.lots) return;
    }
    await sleep(100);
    this.stop(row, 'unfilled');
  }

  private execute(row: OrderRow, order: VenueOrder, lots: number): void {
    order.executed += lots;
    if (order.executed > order.lots) this.trouble.push(`${row.orderId} executed ${order.executed} of ${order.lots}`);
    this.trades += 1;
    const tradeId = `v${this.trades}`;
    const fill: FillRow = {
      tradeId,
      orderId: row.orderId,
      account: row.portfolio,
      market: row.market,
      margin: 'cross',
      side: row.side,
      size: (lots / LOTS_PER_UNIT).toFixed(3),
      price: row.limitPrice ?? '97',
      fee: '0',
      timeUs: row.tickTimeUs,
    };
    this.sender.submit(
      `fill-${tradeId}`,
      (client) => client.fill(`fill-${tradeId}`, [fill]),
      () => undefined,
    );
  }

  /** Nothing more executes: said behind the fills of it, which are sent before. */
  private stop({ orderId }: OrderRow, state: 'cancelled' | 'unfilled'): void {
    const order = this.orders.get(orderId);
    if (order === undefined || order.state !== 'working' || order.executed === order.lots) return;
    order.state = state;
    this.ack(orderId, state);
  }

  private onQuery({ orderId }: OrderRow): void {
    this.queries += 1;
    const order = this.orders.get(orderId);
    if (order === undefined) this.absent += 1;
    this.ack(orderId, order?.state ?? 'absent');
  }

  private ack(orderId: string, state: VenueOrder['state'] | 'absent'): void {
    this.acks += 1;
    const batchId = `ack-${this.acks}`;
    const timeUs = Date.now() * 1000;
    this.sender.submit(
      batchId,
      (client) => client.ack(batchId, [{ orderId, state, timeUs }]),
      () => undefined,
    );
  }
}

export class KillClients {
  readonly venue: Venue;
  /** What the last accepted row of each account says. */
  readonly accounts = new Map<string, { readonly version: number; readonly cash: bigint }>();
  /** Positions and cash that the accepted trades of each lead to. */
  readonly traders = new Map<string, { readonly lots: number; readonly cash: bigint }>();
  private readonly operator = new Sender();
  private readonly executor = new Sender();
  private readonly random: Random;
  private loading: Promise<void> | null = null;
  private isOver = false;
  private count = 0;

  constructor(seed: number) {
    this.venue = new Venue(seed, this.executor);
    this.random = new Random(seed, 'operator');
  }

  get sent() {
    const [a, b] = [this.operator.counts, this.executor.counts];
    return { accepted: a.accepted + b.accepted, again: a.again + b.again };
  }

  async begin(operator: PlimsollClient, executor: PlimsollClient): Promise<void> {
    this.isOver = false;
    executor.subscribe('orders', {
      // What is out already is asked for by id: only what is new is executed.
      onSnapshot: (rows) => {
        for (const row of rows) if (row.event !== 'new') this.venue.onOrder(row);
      },
      onRows: (rows) => {
        for (const row of rows) this.venue.onOrder(row);
      },
    });
    await executor.lease();
    this.operator.connect(operator);
    this.executor.connect(executor);
  }

  /** Sends rows and trades until `end`. */
  load(): void {
    this.loading = (async () => {
      while (!this.isOver) {
        if (this.operator.pendingCount < PENDING_MAX) this.sendOne();
        await sleep(2 + this.random.integer(8));
      }
    })();
  }

  async end(): Promise<void> {
    this.isOver = true;
    await this.loading;
    this.operator.connect(null);
    this.executor.connect(null);
  }

  /** Until everything is accepted, for as long as nothing new comes for a while. */
  async settled(): Promise<void> {
    const startMs = performance.now();
    for (let quiet = 0; quiet < 20; ) {
      await sleep(50);
      if (performance.now() - startMs > SETTLE_MS_MAX)
        throw new Error(`expected everything to be accepted, was not:\n${this.operator.describe()}\n${this.executor.describe()}`);
      quiet = this.operator.pendingCount + this.executor.pendingCount === 0 ? quiet + 1 : 0;
    }
    this.venue.trouble.push(...this.operator.trouble.splice(0), ...this.executor.trouble.splice(0));
  }

  private sendOne(): void {
    this.count += 1;
    const { count } = this;
    const kind = this.random.integer(4);
    if (kind === 0) this.sendBreach(`breach-${count}`);
    else if (kind === 1) this.sendRow(`row-${this.random.integer(20)}`, count);
    else this.sendTrade(TRADERS[this.random.integer(TRADERS.length)].id, count);
  }

  /** Needs 50 and has 30: it is liquidated, and what becomes of it is the venue's doing. */
  private sendBreach(account: string): void {
    const positions = [{ market: 'BTCUSDT', size: '10', entry: '100' }];
    const row = { account, version: 1, balances: { USDT: '30' }, positions };
    this.operator.submit(
      account,
      (client) => client.book(account, [row]),
      () => undefined,
    );
  }

  private sendRow(account: string, version: number): void {
    const row = { account, version, balances: { USDT: String(version) }, positions: [] };
    const batchId = `${account}-${version}`;
    this.operator.submit(
      batchId,
      (client) => client.book(batchId, [row]),
      () => {
        if ((this.accounts.get(account)?.version ?? 0) < version)
          this.accounts.set(account, { version, cash: BigInt(version) * E18 });
      },
    );
  }

  /** A trade of a thousandth at 100, with a fee of a hundredth. */
  private sendTrade(account: string, count: number): void {
    const tradeId = `trade-${count}`;
    const size = 1 + this.random.integer(3);
    const trade: FillRow = {
      tradeId,
      orderId: null,
      account,
      market: 'BTCUSDT',
      margin: 'cross',
      side: 'buy',
      size: (size / LOTS_PER_UNIT).toFixed(3),
      price: '100',
      fee: '0.01',
      timeUs: Date.now() * 1000,
    };
    this.operator.submit(
      tradeId,
      (client) => client.fills(tradeId, [trade]),
      () => {
        const before = this.traders.get(account) ?? { lots: 0, cash: TRADER_CASH * E18 };
        this.traders.set(account, { lots: before.lots + size, cash: before.cash - E18 / 100n });
      },
    );
  }
}
