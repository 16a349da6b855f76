/** Answers questions about an engine between two records, and notices why cases wait. Reads only. */
import { orderEvent } from '../dispatch/orders.js';
import { Outbox } from '../dispatch/outbox.js';
import type { AuctionEvent } from '../model/case-effects.js';
import { cash } from '../model/portfolio.js';
import type { Case } from '../waterfall/case.js';
import { tellAuction } from '../waterfall/stages/auction.js';
import type { Engine } from './engine.js';
import type { CaseStatus, CaseWait, FundBalance, Inspections, MarketStatus, ModeStatus } from './inspections.js';
import { venuePositions } from './venue-positions.js';

const ANSWERS: { readonly [Question in keyof Inspections]: (engine: Engine) => Inspections[Question] } = {
  cases: (engine) => [...engine.caseHalf.cases.open()].map((subject) => caseStatus(subject, engine)),
  orders: ({ caseHalf }) =>
    [...caseHalf.desk.table.all()].map((order) =>
      orderEvent(order, order.cancelling ? 'cancel' : order.queriedUs === null ? 'new' : 'query'),
    ),
  auctions: heldAuctions,
  ledger: ({ caseHalf }) => caseHalf.ledger.entries(),
  watch: ({ caseHalf }) => caseHalf.calls.list,
  venuePositions,
  mode: modeStatus,
  market: marketStatus,
};

export function inspect<Question extends keyof Inspections>(engine: Engine, question: Question): Inspections[Question] {
  return ANSWERS[question](engine);
}

function stageOf({ entry }: Case, { caseHalf }: Engine): string {
  return caseHalf.policy.stages[entry]?.stage ?? 'venue-loss';
}

function caseStatus(subject: Case, engine: Engine): CaseStatus {
  const { caseId, portfolio, openedUs, entry, waiting, deficit, absorbed } = subject;
  const out = engine.caseHalf.desk.table.ofPortfolio(portfolio).values();
  return {
    caseId,
    portfolio,
    openedUs,
    stage: stageOf(subject, engine),
    entry,
    waiting,
    deficit,
    badDebt: absorbed,
    orders: [...out].map(({ orderId }) => orderId),
  };
}

/** As they would be told if they were opened now. */
function heldAuctions(engine: Engine): readonly AuctionEvent[] {
  const { cases, policy } = engine.caseHalf;
  const out = new Outbox();
  const now = engine.moment();
  for (const subject of cases.open()) {
    const entry = policy.stages[subject.entry];
    if (entry?.stage !== 'auction') continue;
    for (const held of subject.memory.auctions)
      tellAuction(subject, held, held.resets === 0 ? 'opened' : 'reset', entry, { out, now });
  }
  return out.auctions;
}

function modeStatus({ instruments, caseHalf }: Engine): ModeStatus {
  const { desk, policy, gates, standby, fund } = caseHalf;
  const { isKilled, paused, exempt } = gates.save();
  const [markets, accounts, stages] = paused;
  const funds = instruments.assets.map(({ index }): FundBalance => {
    const balance = fund.balance(index);
    return { asset: index, balance: cash(balance), reserved: cash(fund.reserved(index)) };
  });
  const { mode } = desk;
  const bidders = [...standby.bidders].sort();
  return { mode, kill: isKilled, policy: policy.id, paused: { markets, accounts, stages }, exempt, bidders, funds };
}

function marketStatus(engine: Engine): MarketStatus {
  const { instruments, scanHalf } = engine;
  const { verdict } = scanHalf.scanner;
  return {
    timeUs: engine.moment().timeUs,
    marks: instruments.markets.map(({ index }) => verdict.markOf(index)),
    indexes: instruments.assets.map(({ index }) => verdict.indexOf(index)),
  };
}

/** Tells why open cases wait, each reason once: stages tell that they were entered, not what they wait for. */
export class WaitWatch {
  private told = new Map<string, { readonly entry: number; readonly waiting: string }>();

  /** What is new since the last time it was asked. */
  news(engine: Engine): CaseWait[] {
    const { timeUs } = engine.moment();
    const now = new Map<string, { readonly entry: number; readonly waiting: string }>();
    const news: CaseWait[] = [];
    for (const { caseId, entry, waiting } of engine.caseHalf.cases.open()) {
      const before = this.told.get(caseId);
      const isNew = before?.entry !== entry || before.waiting !== waiting;
      if (isNew) news.push({ caseId, reason: waiting, timeUs });
      now.set(caseId, isNew ? { entry, waiting } : before);
    }
    this.told = now;
    return news;
  }
}
