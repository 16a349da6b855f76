/** `plimsoll tail`: what a gateway says about one topic, a line each, until Ctrl-C. */
import { Argument, Option } from 'commander';
import {
  type AlertRow,
  type ClientStatus,
  connect,
  type OrderRow,
  type Rows,
  type SignalRow,
  type StatsRow,
} from '../../client/client.js';
import { badInput } from '../../model/errors.js';
import { show } from '../../model/problems.js';
import { alertLine } from '../alert-line.js';
import type { CommandModule } from '../command.js';
import { compact, duration, grouped } from '../format.js';
import type { Io } from '../io.js';

interface Options {
  readonly topic: keyof Rows;
  readonly json?: true;
}

/** Of a message that a row came in; a snapshot has no tick. */
interface Origin {
  readonly seq: number;
  readonly tickTimeUs: number | null;
}

export const command: CommandModule = {
  examples: ['tail ws://127.0.0.1:7777/v1/stream', 'tail ws://127.0.0.1:7777/v1/stream --topic orders --json | jq -r .portfolio'],
  configure: (command) => {
    command
      .addArgument(new Argument('<url>', 'of a gateway: ws://host:port/v1/stream'))
      .addOption(
        new Option('--topic <name>', 'what to print').choices(['signals', 'orders', 'stats', 'alerts']).default('signals'),
      )
      .option('--json', 'print one JSON object per line');
  },
  run: async (parsed, io) => {
    const { topic, json } = parsed.opts<Options>();
    const print = (rows: Rows[keyof Rows][], origin: Origin): void => {
      const line = json ? jsonLine : LINES[topic];
      io.stdout.write(rows.map((row) => `${line(row as SignalRow & OrderRow & StatsRow & AlertRow, origin, topic)}\n`).join(''));
    };
    await follow(checkedUrl(parsed.args[0]), topic, print, io);
  },
};

/** The client tries again for ever, but what is no address of a gateway at all is told at once. */
function checkedUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url !== null && /^wss?:$/.test(url.protocol) && url.hash === '') return text;
  throw badInput('url', 'an address such as ws://127.0.0.1:7777/v1/stream', show(text), 'bad-usage');
}

type Print = (rows: Rows[keyof Rows][], origin: Origin) => void;

/** Never resolves: ends by a rejection, or with the command when it is interrupted. */
async function follow(url: string, topic: keyof Rows, print: Print, io: Io): Promise<void> {
  let fail: (error: unknown) => void = () => undefined;
  const failed = new Promise<never>((_, reject) => {
    fail = reject;
  });
  let wasConnected = false;
  const client = connect({
    url,
    onStatus: (status) => {
      if (status.type === 'connected') wasConnected = true;
      // A gateway that was never there is a wrong address; one that was comes back.
      if (status.type === 'disconnected' && !wasConnected) {
        fail(badInput(url, 'a gateway that answers', status.reason || `closed with code ${status.code}`));
      } else if (status.type === 'failed') {
        fail(status.error);
      } else {
        io.stderr.write(`${describeStatus(status)}\n`);
      }
    },
  });
  const unregister = io.interrupts.onInterrupt(() => client.close());
  client.subscribe(topic, {
    onSnapshot: (rows, seq) => print(rows, { seq, tickTimeUs: null }),
    onRows: (rows, { seq, tickTimeUs }) => print(rows, { seq, tickTimeUs }),
  });
  try {
    await failed;
  } finally {
    unregister();
    await client.close();
  }
}

function describeStatus(status: ClientStatus): string {
  switch (status.type) {
    case 'connected':
      return `connected to plimsoll ${status.serverVersion}, epoch ${status.epoch}`;
    case 'disconnected':
      return `connection lost (${status.reason || `code ${status.code}`}), again in ${duration(status.retryInMs)}`;
    case 'missed':
      return `missed some ${status.topic}, asking for them`;
    case 'authorized':
      return `authorized as ${status.role}`;
    case 'lease-lost':
    case 'error':
    case 'failed':
      return status.error.message;
  }
}

function jsonLine(row: object, { seq, tickTimeUs }: Origin, topic: keyof Rows): string {
  return JSON.stringify(topic === 'signals' ? { seq, tickTimeUs, ...row } : { seq, ...row });
}

function utc(timeUs: number): string {
  return new Date(timeUs / 1000).toISOString();
}

function signalLine(row: SignalRow, { tickTimeUs }: Origin): string {
  const { portfolio, state, deficit, equity, maintenance, badDebt, marginRatio } = row;
  const time = tickTimeUs === null ? 'snapshot'.padEnd(24) : utc(tickTimeUs);
  const figures = `deficit ${deficit}  equity ${equity}  maintenance ${maintenance}  bad debt ${badDebt}  ratio ${marginRatio ?? '-'}`;
  return `${time}  ${state.padEnd(9)}  ${portfolio}  ${figures}`;
}

function orderLine(row: OrderRow): string {
  const { tickTimeUs, event, side, size, market, limitPrice, portfolio, expiryUs, orderId } = row;
  const price = limitPrice === null ? 'at market' : `at ${limitPrice}`;
  return `${utc(tickTimeUs)}  ${event.padEnd(6)}  ${side} ${size} ${market} ${price}  ${portfolio}  until ${utc(expiryUs)}  ${orderId}`;
}

function statsLine(row: StatsRow): string {
  const { timeUs, ticks, positions, nominees, liquidatable, unpriced, insolvent, deficit, openCases, liveOrders, liquidations } =
    row;
  const states = `nominees ${grouped(nominees)}  liquidatable ${grouped(liquidatable)}  unpriced ${grouped(unpriced)}  insolvent ${grouped(insolvent)}`;
  const cases = `cases ${grouped(openCases)}  orders ${grouped(liveOrders)}  liquidations ${grouped(liquidations)}`;
  return `${utc(timeUs)}  ticks ${grouped(ticks)}  positions ${grouped(positions)}  ${states}  deficit ${compact(deficit)}  ${cases}`;
}

const LINES = { signals: signalLine, orders: orderLine, stats: statsLine, alerts: alertLine };
