/**
 * The insurance fund's rules: what cases have reserved, what was paid to each and lately, how far it is below its peak, and so how much it may
 * pay now. Its money is in the ledger. Amounts in 10^-18 of an asset.
 */
import type { Decimal } from '../model/decimal.js';
import { divide, type Fraction, fractionToUnits, fromDecimal } from '../model/fraction.js';
import type { Instruments } from '../model/instruments.js';
import { EXACT_DECIMALS } from '../model/portfolio.js';
import { isDrawnDown, payable } from './formulas/fund-limits.js';
import type { Ledger } from './ledger.js';
import type { FundStage, Policy } from './policy.js';

/** What was paid at one moment, to all cases together. */
interface Payment {
  readonly timeUs: number;
  amount: bigint;
}

interface Level {
  readonly timeUs: number;
  readonly balance: bigint;
}

/** What is remembered of the funds of one asset together. */
interface History {
  /** In the window, oldest first. */
  payments: Payment[];
  /** Falling balances, each the highest since the one before: the first is the peak of the window. */
  levels: Level[];
  isStopped: boolean;
}

/** What a case is to its fund. */
interface Claim {
  /** By fund (`keyOf`). */
  readonly reserved: Map<string, bigint>;
  /** By asset. */
  readonly paid: Map<number, bigint>;
}

/** Plain data: what a snapshot keeps. */
export interface FundState {
  readonly claims: ReadonlyMap<string, Claim>;
  readonly histories: ReadonlyMap<number, History>;
}

export class Fund {
  private readonly instruments: Instruments;
  private readonly ledger: Ledger;
  /** The rules: of the policy's first fund stage; null: no fund. */
  private readonly rules: FundStage | null;
  /** The longest window of any fund stage: payments are remembered as long. */
  private readonly windowUs: number;
  private claims = new Map<string, Claim>();
  private histories = new Map<number, History>();
  /** Σ of all reservations, by fund. */
  private readonly reservedTotal = new Map<string, bigint>();

  constructor(instruments: Instruments, policy: Policy, ledger: Ledger) {
    this.instruments = instruments;
    this.ledger = ledger;
    const stages = policy.stages.filter((entry) => entry.stage === 'fund');
    this.rules = stages[0] ?? null;
    this.windowUs = Math.max(0, ...stages.map(({ window }) => window?.durationUs ?? 0));
  }

  /** Funds that pay for losses in an asset: those of the markets first, where markets have their own, then the asset's. */
  fundsOf(asset: number, markets: Iterable<number>): (number | null)[] {
    if (!this.rules?.perMarket) return [null];
    const own = [...markets].filter((market) => this.instruments.markets[market].settleAsset === asset);
    return [...own.sort((a, b) => a - b), null];
  }

  /** The fund that receives what a market's liquidations bring. */
  fundFor(market: number): number | null {
    return this.rules?.perMarket ? market : null;
  }

  /** All funds of an asset together. */
  balance(asset: number): bigint {
    return this.allOf(asset).reduce<bigint>((sum, market) => sum + this.ledger.balanceOf({ kind: 'fund', market }, asset), 0n);
  }

  /**
   * Reserves a case's worst expected loss, in the asset: as much of it as nobody else has reserved, of its markets' own funds first. Once, when the
   * case opens.
   */
  reserve(caseId: string, asset: number, wanted: bigint, markets: Iterable<number>): void {
    let left = wanted;
    for (const market of this.fundsOf(asset, markets)) {
      const free = this.ledger.balanceOf({ kind: 'fund', market }, asset) - this.reservedIn(asset, market);
      const part = left < free ? left : free;
      if (part <= 0n) continue;
      left -= part;
      const { reserved } = this.claimOf(caseId);
      const key = keyOf(asset, market);
      reserved.set(key, (reserved.get(key) ?? 0n) + part);
      this.count(key, part);
    }
  }

  /** Gives back what a case did not need. */
  release(caseId: string): void {
    const claim = this.claims.get(caseId);
    if (claim === undefined) return;
    for (const [key, amount] of claim.reserved) this.count(key, -amount);
    this.claims.delete(caseId);
  }

  /** What cases have reserved of a fund. */
  reservedIn(asset: number, market: number | null): bigint {
    return this.reservedTotal.get(keyOf(asset, market)) ?? 0n;
  }

  /** The same of all funds of an asset together. */
  reserved(asset: number): bigint {
    return this.allOf(asset).reduce((sum, market) => sum + this.reservedIn(asset, market), 0n);
  }

  /** Of a fund what is there and no other case has reserved; at least 0. */
  freeFor(caseId: string, asset: number, market: number | null): bigint {
    const own = this.claims.get(caseId)?.reserved.get(keyOf(asset, market)) ?? 0n;
    const free = this.ledger.balanceOf({ kind: 'fund', market }, asset) - (this.reservedIn(asset, market) - own);
    return free > 0n ? free : 0n;
  }

  /** How much a case may be paid now, by a fund stage with its own caps; `index`: of the asset, in the valuation asset. */
  available(caseId: string, asset: number, markets: Iterable<number>, index: Fraction, rules: FundStage, timeUs: number): bigint {
    const claim = this.claims.get(caseId);
    const history = this.historyAt(asset, timeUs, rules);
    const { caseMax, window, drawdown } = rules;
    const inAsset = (amount: Decimal): bigint => fractionToUnits(divide(fromDecimal(amount), index), EXACT_DECIMALS, 'down');
    const all = this.balance(asset);
    const free = this.fundsOf(asset, markets).reduce((sum, market) => sum + this.freeFor(caseId, asset, market), 0n);
    return payable({
      balance: all,
      reservedByOthers: all - free,
      paidByCase: claim?.paid.get(asset) ?? 0n,
      caseMax: caseMax === null ? null : inAsset(caseMax),
      paidInWindow: paidSince(history, timeUs - (window?.durationUs ?? 0)),
      windowMax: window === null ? null : inAsset(window.amount),
      peak: history.levels[0]?.balance ?? all,
      drawdown,
      isStopped: history.isStopped,
    });
  }

  /** Counts what a fund has paid to a case: its reservation first. */
  onPaid(caseId: string, asset: number, market: number | null, amount: bigint, timeUs: number): void {
    const claim = this.claimOf(caseId);
    claim.paid.set(asset, (claim.paid.get(asset) ?? 0n) + amount);
    const key = keyOf(asset, market);
    const reserved = claim.reserved.get(key) ?? 0n;
    const used = reserved < amount ? reserved : amount;
    if (used > 0n) {
      claim.reserved.set(key, reserved - used);
      this.count(key, -used);
    }
    if (this.rules === null) return;
    const { payments } = this.historyAt(asset, timeUs, this.rules);
    const last = payments.at(-1);
    if (last?.timeUs === timeUs) last.amount += amount;
    else payments.push({ timeUs, amount });
  }

  private allOf(asset: number): (number | null)[] {
    return this.fundsOf(
      asset,
      this.instruments.markets.map(({ index }) => index),
    );
  }

  private count(key: string, amount: bigint): void {
    this.reservedTotal.set(key, (this.reservedTotal.get(key) ?? 0n) + amount);
  }

  private claimOf(caseId: string): Claim {
    let claim = this.claims.get(caseId);
    if (claim === undefined) {
      claim = { reserved: new Map(), paid: new Map() };
      this.claims.set(caseId, claim);
    }
    return claim;
  }

  /** Brings what is remembered up to a time: the peak, payments that have left the window, whether the fund is drawn down. */
  private historyAt(asset: number, timeUs: number, { drawdown }: FundStage): History {
    let history = this.histories.get(asset);
    if (history === undefined) {
      history = { payments: [], levels: [], isStopped: false };
      this.histories.set(asset, history);
    }
    history.payments = history.payments.filter((payment) => timeUs - payment.timeUs < this.windowUs);
    if (drawdown === null) return history;
    const balance = this.balance(asset);
    history.levels = history.levels.filter((level) => timeUs - level.timeUs < drawdown.peakUs && level.balance > balance);
    history.levels.push({ timeUs, balance });
    const { isStopped } = history;
    history.isStopped = isDrawnDown({ balance, peak: history.levels[0].balance, drawdown, isStopped });
    return history;
  }

  save(): FundState {
    return { claims: this.claims, histories: this.histories };
  }

  restore({ claims, histories }: FundState): void {
    this.claims = new Map(claims);
    this.histories = new Map(histories);
    for (const { reserved } of this.claims.values()) for (const [key, amount] of reserved) this.count(key, amount);
  }
}

/** Of a fund: of an asset, or of a market of it. */
function keyOf(asset: number, market: number | null): string {
  return market === null ? `${asset}` : `${asset} ${market}`;
}

function paidSince({ payments }: History, sinceUs: number): bigint {
  return payments.reduce((sum, { timeUs, amount }) => (timeUs > sinceUs ? sum + amount : sum), 0n);
}
