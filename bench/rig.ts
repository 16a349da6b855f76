/** A running scanner with a subscriber on loopback, and accounts that one small move of one market breaches. */
import { policySource } from '../src/app/policies.js';
import type { BackendChoice } from '../src/backends/open.js';
import { connect, type MessageInfo, type PlimsollClient, type SignalRow } from '../src/client/client.js';
import { type HostedEngine, startEngine } from '../src/engine/host.js';
import { type Gateway, randomTokens, startGateway } from '../src/gateway/server.js';
import { type Decimal, divideRounded } from '../src/model/decimal.js';
import { add, multiply, subtract } from '../src/model/fraction.js';
import { pricesOf, valuePortfolio } from '../src/model/margin.js';
import { type Account, cash, cost, EXACT_DECIMALS, lots, type Portfolio } from '../src/model/portfolio.js';
import type { StandardBook } from './book.js';

/** The move that breaches an edge account: down by a thousandth. */
const MOVE = { n: 1n, d: 1000n };
const SEED = 7;

export const nowUs = (): number => Math.round((performance.timeOrigin + performance.now()) * 1000);
export const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** An account long in one market whose slack, at the book's price, is half of what the move takes away. */
export function edgeAccount(book: StandardBook, index: number, id: string, size: number): Account {
  const mark = book.prices[index];
  const entry = mark.units * 10n ** BigInt(EXACT_DECIMALS - mark.decimals);
  const position = { market: index, lots: lots(size), cost: cost(BigInt(size) * entry) };
  const alone: Portfolio = { id, mode: 'cross', cash: cash(0n), positions: [position] };
  const value = valuePortfolio(
    alone,
    book.instruments,
    pricesOf((m) => book.prices[m]),
  );
  if (!value.priced) throw new Error(`expected a price of market ${index}`);
  const [{ notional, unrealizedPnl, maintenance }] = value.positions;
  const halfMove = multiply(notional, { n: MOVE.n, d: MOVE.d * 2n });
  const needed = subtract(add(maintenance, halfMove), unrealizedPnl);
  const balance = cash(divideRounded(needed.n * 10n ** BigInt(EXACT_DECIMALS), needed.d, 'up'));
  return { id, positionMode: 'net', balance, cross: [position], isolated: [] };
}

/** The mark after the move. */
export function moved({ units, decimals }: Decimal): Decimal {
  return { units: units * (MOVE.d - MOVE.n), decimals: decimals + 3 };
}

export interface Rig {
  readonly link: HostedEngine;
  readonly url: string;
  readonly client: PlimsollClient;
  close(): Promise<void>;
}

export interface RigOptions {
  readonly backend: BackendChoice;
  readonly executor: 'paper' | 'external';
}

/** The standard book in an engine on its thread, a gateway, and a client that has its snapshot of the signals. */
export async function startRig(
  book: StandardBook,
  positions: number,
  { backend, executor }: RigOptions,
  onSignals: (rows: readonly SignalRow[], info: MessageInfo) => void,
): Promise<Rig> {
  const { instruments, prices } = book;
  const synthetic = { instruments, prices, positions, seed: SEED };
  const link = await startEngine({
    book: { synthetic },
    backend,
    // Its cases end as soon as the price is back: every burst is alone.
    policy: await policySource('full-close'),
    mode: 'live',
    executor,
    freshness: { staleUs: null, warmupTicks: 0 },
    seed: SEED,
  });
  const tokens = randomTokens();
  const gateway: Gateway = await startGateway({ link, port: 0, tokens, clock: nowUs, version: 'bench', executor });
  const url = `ws://127.0.0.1:${gateway.port}/v1/stream`;
  const client = connect({ url });
  await new Promise<void>((resolve) => {
    client.subscribe('signals', { onSnapshot: () => resolve(), onRows: onSignals });
  });
  const close = async (): Promise<void> => {
    await client.close();
    await gateway.close();
    await link.close();
  };
  return { link, url, client, close };
}
