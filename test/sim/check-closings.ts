/** What is closed and paid inside: deleveraging, takeovers, auctions, shared losses. Who may be touched, when, and how far. */
import type { AdlEvent } from '../../src/model/case-effects.js';
import type { Effect } from '../../src/model/effects.js';
import type { Instruments } from '../../src/model/instruments.js';
import { notionalAt, type PricedPortfolio } from '../../src/model/margin.js';
import type { Transfer } from '../../src/model/money.js';
import { accountOf, type Portfolio } from '../../src/model/portfolio.js';
import type { FundStage, Policy } from '../../src/waterfall/policy.js';
import { type BookView, lotsIn } from './book-view.js';
import type { CasesCheck } from './check-cases.js';
import type { MoneyCheck, Said } from './check-money.js';
import { add, compare, fraction, multiply, subtract, ZERO } from './fractions.js';
import type { ToldGates } from './told-gates.js';

interface Parts {
  readonly view: BookView;
  readonly instruments: Instruments;
  readonly policy: Policy;
  readonly gates: ToldGates;
  readonly cases: CasesCheck;
  readonly money: MoneyCheck;
  readonly fail: (what: string) => never;
}

/** Portfolios in cases while a record is applied: cases open and end on the way. */
export interface During {
  /** At any moment. */
  readonly isIn: (portfolio: string) => boolean;
  /** From the first to the last. */
  readonly isInAllTheTime: (portfolio: string) => boolean;
}

export class ClosingsCheck {
  private readonly parts: Parts;
  /** What the funds had before the record. */
  private fundBefore: (market: number | null, asset: number) => bigint = () => 0n;

  constructor(parts: Parts) {
    this.parts = parts;
  }

  /** Before the record's transfers are counted. `openBefore`: portfolios that were in a case. */
  before(): void {
    const { instruments, money } = this.parts;
    const balances = new Map<string, bigint>();
    for (const { index } of instruments.assets) {
      balances.set(`null ${index}`, money.fund(null, index));
      for (const market of instruments.markets) balances.set(`${market.index} ${index}`, money.fund(market.index, index));
    }
    this.fundBefore = (market, asset) => balances.get(`${market} ${asset}`) ?? 0n;
  }

  onRecord(effects: readonly Effect[], transfers: readonly Transfer[], said: Said, during: During): void {
    for (const effect of effects) {
      if (effect.type === 'adl') this.adl(effect.rows, said, during);
      if (effect.type === 'auctions') {
        for (const { event, bidder, portfolio, auctionId } of effect.rows) {
          if (event !== 'taken') continue;
          if (bidder === null || !this.parts.gates.bidders.has(bidder))
            this.parts.fail(`${auctionId} was taken by ${bidder}, who may not bid`);
          else if (accountOf(portfolio) === accountOf(bidder)) this.parts.fail(`${auctionId} was taken by its own defaulter`);
        }
      }
    }
    this.closings(effects, said, during);
    this.shares(transfers, said, during);
  }

  /** Positions that have shrunk without a trade or a row: nothing of that where nothing may be closed, and of nobody who has no part in it. */
  private closings(effects: readonly Effect[], said: Said, during: During): void {
    const { view, gates, fail, policy } = this.parts;
    const counterparties = new Set<string>();
    for (const entry of policy.stages) if (entry.stage === 'backstop') counterparties.add(entry.account);
    for (const effect of effects) {
      if (effect.type === 'adl') for (const { counterparty } of effect.rows) counterparties.add(counterparty);
      if (effect.type === 'auctions') for (const { bidder } of effect.rows) if (bidder !== null) counterparties.add(bidder);
    }
    for (const [portfolio, { before, after }] of view.changed) {
      const account = accountOf(portfolio);
      if (said.replaced.has(account) || said.traders.has(account) || said.fills.some((fill) => fill.account === account))
        continue;
      for (const market of marketsThatDiffer(before, after)) {
        // A counterparty may have got a case of its own by it, later in the same record.
        if (counterparties.has(portfolio) && !during.isInAllTheTime(portfolio)) continue;
        if (during.isIn(portfolio)) {
          const why = gates.why(portfolio, null, market);
          if (why !== null) fail(`positions of ${portfolio} were closed in spite of ${why}`);
        } else {
          fail(`positions of ${portfolio} have changed, and it had no part in anything`);
        }
      }
    }
  }

  private adl(rows: readonly AdlEvent[], said: Said, during: During): void {
    const { view, gates, fail } = this.parts;
    const taken = new Map<string, number>();
    for (const { caseId, portfolio, counterparty, market, side, lots } of rows) {
      const why = gates.why(portfolio, 'adl', market);
      if (why !== null) fail(`${caseId} was deleveraged in spite of ${why}`);
      if (accountOf(counterparty) === accountOf(portfolio)) fail(`${caseId} was deleveraged against its own account`);
      if (during.isInAllTheTime(counterparty)) fail(`${counterparty} is in a case itself, and was deleveraged`);
      const before = (id: string): Portfolio | null => view.changed.get(id)?.before ?? null;
      const key = `${portfolio} ${market} ${side}`;
      const total = (taken.get(key) ?? 0) + lots;
      taken.set(key, total);
      const isTrader = (id: string): boolean =>
        said.replaced.has(accountOf(id)) || said.fills.some((fill) => fill.account === accountOf(id));
      const closes = side === 'long' ? 'sell' : 'buy';
      if (!isTrader(portfolio) && total > lotsIn(before(portfolio), market, closes))
        fail(`${caseId} had ${total} lots deleveraged, more than its position`);
      const others = side === 'long' ? 'buy' : 'sell';
      if (!isTrader(counterparty) && lots > lotsIn(before(counterparty), market, others))
        fail(`${counterparty} had ${lots} lots taken that it did not have on the other side`);
      const value = view.value(counterparty);
      if (value !== null && value.equity.n < 0n) fail(`${counterparty} was deleveraged below zero`);
      if (!isTrader(portfolio)) this.fundFirst(caseId, portfolio);
    }
  }

  /** Deleveraging does not start while the fund covers what the case is expected to lose: where that is plain to see. */
  private fundFirst(caseId: string, portfolio: string): void {
    const { cases, policy, view, instruments, fail } = this.parts;
    const open = cases.open.get(portfolio);
    const before = view.changed.get(portfolio)?.before ?? null;
    const stage = policy.stages.findLast(
      (each, i): each is FundStage => each.stage === 'fund' && i < policy.stages.findIndex((adl) => adl.stage === 'adl'),
    );
    if (open === undefined || open.isUnfillable || before === null || stage === undefined) return;
    // Caps, scopes, funds of markets and what others have reserved are for tests that know them; here one case has the whole fund.
    if (
      stage.markets !== null ||
      stage.assets !== null ||
      stage.perMarket ||
      stage.caseMax !== null ||
      stage.window !== null ||
      stage.drawdown !== null
    )
      return;
    const value = view.worth(before);
    const settles = new Set(value?.positions.map(({ position }) => instruments.markets[position.market].settleAsset));
    if (value === null || cases.open.size !== 1 || settles.size !== 1) return;
    const [asset] = settles;
    const index = view.index(asset);
    const fund = this.fundBefore(null, asset);
    if (index === null || fund <= 0n) return;
    const loss = subtract(multiply(stage.reserve, notionalOf(value, instruments, view)), value.equity);
    const money = multiply(fraction(fund, 10n ** 18n), index);
    if (compare(money, loss) >= 0) fail(`${caseId} was deleveraged while the fund covers it`);
  }

  /** Who pays a shared loss has a position, is in no case, and keeps what is not below zero. */
  private shares(transfers: readonly Transfer[], { replaced }: Said, during: During): void {
    const { view, fail } = this.parts;
    const floors = BigInt(view.known.size);
    for (const { debit, credit, reason, amount } of transfers) {
      if (reason !== 'socialised') continue;
      if (debit.kind === 'venue' && amount > floors)
        fail(`the venue paid ${amount} of a shared loss that floors cannot have left`);
      if (debit.kind !== 'portfolio') continue;
      const { portfolio } = debit;
      const { before, after } = view.changed.get(portfolio) ?? { before: null, after: null };
      // What a row has brought may be gone again by the end of its record: taken over, in a case that the share itself led to.
      const hadPositions = replaced.has(accountOf(portfolio)) || before?.positions.length || after?.positions.length;
      if (!hadPositions) fail(`${portfolio} has no position and paid a shared loss`);
      if (during.isInAllTheTime(portfolio)) fail(`${portfolio} is in a case itself and paid a shared loss`);
      if (credit.kind === 'portfolio' && accountOf(credit.portfolio) === accountOf(portfolio))
        fail(`${portfolio} paid its own loss as a shared one`);
      const value = view.value(portfolio);
      if (value !== null && value.equity.n < 0n) fail(`${portfolio} paid a shared loss it did not have`);
    }
  }
}

function notionalOf(value: PricedPortfolio, instruments: Instruments, view: BookView) {
  return value.positions.reduce((sum, { position, mark }) => {
    const market = instruments.markets[position.market];
    return add(sum, multiply(notionalAt(market, position.lots, mark), view.index(market.settleAsset) ?? ZERO));
  }, ZERO);
}

function marketsThatDiffer(before: Portfolio | null, after: Portfolio | null): Set<number> {
  const lots = new Map<string, number>();
  for (const { market, lots: size } of before?.positions ?? []) lots.set(`${market} ${size > 0}`, size);
  const differing = new Set<number>();
  for (const { market, lots: size } of after?.positions ?? []) {
    const key = `${market} ${size > 0}`;
    if (lots.get(key) !== size) differing.add(market);
    lots.delete(key);
  }
  for (const key of lots.keys()) differing.add(Number(key.slice(0, key.indexOf(' '))));
  return differing;
}
