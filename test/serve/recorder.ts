/** A subscriber of all topics that remembers everything it was told. */
import {
  connect,
  type MessageInfo,
  type OrderRow,
  type PlimsollClient,
  type SignalRow,
  type StatsRow,
} from '../../src/client/client.js';
import { until } from '../gateway/helpers.js';

interface Message<Row> {
  readonly info: MessageInfo;
  readonly rows: readonly Row[];
}

export class Recorder {
  readonly client: PlimsollClient;
  readonly signals: Message<SignalRow>[] = [];
  readonly orders: Message<OrderRow>[] = [];
  readonly stats: StatsRow[] = [];
  signalsSnapshot: readonly SignalRow[] | null = null;
  ordersSnapshot: readonly OrderRow[] | null = null;
  /** What went wrong: a message missed, a connection lost. */
  readonly trouble: string[] = [];

  constructor(url: string, token?: string) {
    this.client = connect({
      url,
      ...(token === undefined ? {} : { token }),
      onStatus: (status) => {
        if (status.type !== 'connected' && status.type !== 'authorized') this.trouble.push(JSON.stringify(status));
      },
    });
    this.client.subscribe('signals', {
      onSnapshot: (rows) => {
        this.signalsSnapshot = rows;
      },
      onRows: (rows, info) => this.signals.push({ rows, info }),
    });
    this.client.subscribe('orders', {
      onSnapshot: (rows) => {
        this.ordersSnapshot = rows;
      },
      onRows: (rows, info) => this.orders.push({ rows, info }),
    });
    this.client.subscribe('stats', {
      onSnapshot: (rows) => this.stats.push(...rows),
      onRows: (rows) => this.stats.push(...rows),
    });
  }

  static async open(url: string, token?: string): Promise<Recorder> {
    const recorder = new Recorder(url, token);
    await until(() => recorder.stats.length > 0, `snapshots (${recorder.trouble})`);
    return recorder;
  }

  /** In order, those of the snapshot first. */
  get signalRows(): SignalRow[] {
    return [...(this.signalsSnapshot ?? []), ...this.signals.flatMap(({ rows }) => rows)];
  }

  get orderRows(): OrderRow[] {
    return [...(this.ordersSnapshot ?? []), ...this.orders.flatMap(({ rows }) => rows)];
  }

  signalsOf(portfolio: string): SignalRow[] {
    return this.signalRows.filter((row) => row.portfolio === portfolio);
  }

  ordersOf(portfolio: string): OrderRow[] {
    return this.orderRows.filter((row) => row.portfolio === portfolio);
  }
}
