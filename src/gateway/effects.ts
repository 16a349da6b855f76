/** Sorts what one record led to into the topics, and counts what metrics tell. It must not know sockets. */
import type { EngineLink } from '../engine/link.js';
import type { StageEvent } from '../model/case-effects.js';
import type { CaseEvent, Effect } from '../model/effects.js';
import type { Instruments } from '../model/instruments.js';
import type { Transfer } from '../model/money.js';
import { wireInteger } from './codec.js';
import { adlRow, freezeRow, marginCallRow, reconciliationRow, transferRow } from './event-rows.js';
import { AuctionsTopic, CasesTopic, eventsTopic, OrdersTopic } from './lossless-topics.js';
import { orderRow, statsOf } from './rows.js';
import { SignalsTopic } from './signals-topic.js';
import { StatsTopic, type Topic } from './topics.js';

/** One of each name. */
export type Topics = ReturnType<typeof createTopics>;

/** With what is so before the first effect: asks the link, which must be quiet until the answer. */
export async function startTopics(link: EngineLink, timeUs: number): Promise<Topics> {
  const topics = createTopics(link, timeUs);
  const [orders, cases, auctions] = await Promise.all([link.inspect('orders'), link.inspect('cases'), link.inspect('auctions')]);
  topics.orders.start(orders);
  topics.cases.start(cases);
  topics.auctions.start(auctions);
  return topics;
}

function createTopics(link: EngineLink, timeUs: number) {
  return {
    signals: new SignalsTopic(),
    orders: new OrdersTopic(link.instruments),
    stats: new StatsTopic(statsOf(link.stats(), timeUs)),
    alerts: eventsTopic('alerts'),
    cases: new CasesTopic(),
    margincalls: eventsTopic('margincalls'),
    freezes: eventsTopic('freezes'),
    auctions: new AuctionsTopic(link.instruments),
    adl: eventsTopic('adl'),
    transfers: eventsTopic('transfers'),
    cancels: eventsTopic('cancels'),
    shadow: eventsTopic('shadow'),
    reconciliation: eventsTopic('reconciliation'),
  };
}

/** What the waterfall has come to since the start of the gateway. Amounts in 10^-18 of an asset, by its index. */
export class Tally {
  marginCalls = 0;
  deleveragings = 0;
  readonly socialised = new Map<number, bigint>();
  readonly venueLoss = new Map<number, bigint>();

  take(effect: Effect): void {
    if (effect.type === 'margin-calls') this.marginCalls += effect.rows.filter(({ event }) => event === 'called').length;
    else if (effect.type === 'adl') this.deleveragings += effect.rows.length;
    else if (effect.type === 'transfers') for (const row of effect.rows) this.takeTransfer(row);
  }

  private takeTransfer({ reason, asset, amount }: Transfer): void {
    const sums = reason === 'socialised' ? this.socialised : reason === 'venue-loss' ? this.venueLoss : null;
    sums?.set(asset, (sums.get(asset) ?? 0n) + amount);
  }
}

/** Takes in what one record led to; returns the topics that have something to say. */
export function applyEffects(topics: Topics, tally: Tally, effects: readonly Effect[], instruments: Instruments): Topic[] {
  const before = Object.values(topics).map((topic: Topic) => topic.seq);
  let cases: readonly CaseEvent[] = [];
  let stages: readonly StageEvent[] = [];
  for (const effect of effects) {
    tally.take(effect);
    if (effect.type === 'cases') cases = effect.rows;
    else if (effect.type === 'stages') stages = effect.rows;
    else applyEffect(topics, effect, instruments);
  }
  topics.cases.append(cases, stages);
  return Object.values(topics).filter((topic: Topic, i) => topic.seq > before[i]);
}

function applyEffect(topics: Topics, effect: Effect, instruments: Instruments): void {
  switch (effect.type) {
    case 'signals':
      topics.signals.append(effect);
      break;
    case 'orders':
      topics.orders.append(effect.rows);
      break;
    case 'shadow-orders':
      topics.shadow.append(effect.rows.map((row) => orderRow(row, instruments)));
      break;
    case 'cancel-orders':
      topics.cancels.append(effect.accounts.map((account) => [account, wireInteger(effect.timeUs)]));
      break;
    case 'margin-calls':
      topics.margincalls.append(effect.rows.map(marginCallRow));
      break;
    case 'freezes':
      topics.freezes.append(effect.rows.map(freezeRow));
      break;
    case 'auctions':
      topics.auctions.append(effect.rows);
      break;
    case 'adl':
      topics.adl.append(effect.rows.map((row) => adlRow(row, instruments)));
      break;
    case 'transfers':
      topics.transfers.append(effect.rows.map((row) => transferRow(row, effect.timeUs, instruments)));
      break;
    case 'reconciliation':
      topics.reconciliation.append(effect.rows.map(reconciliationRow));
      break;
  }
}
