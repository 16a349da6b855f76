/**
 * What may be liquidated now: the kill switch, pauses, exemptions, and markets whose marks are too old or too new to act on. Knows ids and
 * times; knows no case.
 */
import { badInput } from '../model/errors.js';
import type { Instruments } from '../model/instruments.js';
import { accountOf } from '../model/portfolio.js';
import type { AdminCommand, Mark } from '../model/records.js';

/** When a market's mark is good enough to liquidate on. */
export interface FreshnessRule {
  /** A mark that is older is stale; null: marks do not age. */
  readonly staleUs: number | null;
  /** Ticks with a mark of the market, since the start, before anything in it is liquidated. */
  readonly warmupTicks: number;
}

/** Why nothing goes out, a word; null: it may. */
export type Blocked = 'kill' | 'paused-account' | 'exempt' | 'paused-stage' | 'paused-market' | 'stale' | 'warming-up' | null;

type Scope = 'market' | 'account' | 'stage';
const SCOPES: readonly Scope[] = ['market', 'account', 'stage'];

/** Plain data: what a snapshot keeps. */
export interface GatesState {
  readonly isKilled: boolean;
  readonly paused: readonly (readonly string[])[];
  readonly exempt: readonly string[];
  readonly markedUs: readonly number[];
  readonly marksSeen: readonly number[];
}

export class Gates {
  isKilled = false;
  private readonly paused: Readonly<Record<Scope, Set<string>>> = { market: new Set(), account: new Set(), stage: new Set() };
  private readonly exempt = new Set<string>();
  private readonly rule: FreshnessRule;
  private readonly instruments: Instruments;
  private readonly stages: ReadonlySet<string>;
  /** By market: when it was last marked, and how often since the start up to what warming up asks for. */
  private markedUs: number[];
  private marksSeen: number[];

  constructor(instruments: Instruments, rule: FreshnessRule, stages: ReadonlySet<string>) {
    this.instruments = instruments;
    this.rule = rule;
    this.stages = stages;
    this.markedUs = instruments.markets.map(() => 0);
    this.marksSeen = instruments.markets.map(() => 0);
  }

  onTick(marks: readonly Mark[], timeUs: number): void {
    for (const { market } of marks) {
      this.markedUs[market] = timeUs;
      if (this.marksSeen[market] < this.rule.warmupTicks) this.marksSeen[market] += 1;
    }
  }

  /** Every market warms up again. */
  onRestart(): void {
    this.marksSeen.fill(0);
  }

  /** Whether anything of a portfolio may be liquidated. */
  ofPortfolio(portfolio: string): Blocked {
    if (this.isKilled) return 'kill';
    const account = accountOf(portfolio);
    if (this.exempt.has(account)) return 'exempt';
    return this.paused.account.has(account) ? 'paused-account' : null;
  }

  ofStage(stage: string): Blocked {
    return this.paused.stage.has(stage) ? 'paused-stage' : null;
  }

  ofMarket(market: number, timeUs: number): Blocked {
    if (this.paused.market.has(this.instruments.markets[market].id)) return 'paused-market';
    const { staleUs, warmupTicks } = this.rule;
    if (this.marksSeen[market] < warmupTicks) return 'warming-up';
    return staleUs !== null && timeUs - this.markedUs[market] > staleUs ? 'stale' : null;
  }

  /** Refuses a pause of what does not exist; what is told twice is so once. */
  check(command: AdminCommand, where: string): void {
    if (command.command !== 'pause' && command.command !== 'resume') return;
    const { scope, name } = command;
    const found = JSON.stringify(name);
    if (scope === 'market' && !this.instruments.marketIndex.has(name)) throw badInput(`${where}.name`, "a market's id", found);
    if (scope === 'stage' && !this.stages.has(name))
      throw badInput(`${where}.name`, `one of ${[...this.stages].join(', ')}`, found);
  }

  apply(command: AdminCommand): void {
    if (command.command === 'kill') this.isKilled = command.isOn;
    else if (command.command === 'pause') this.paused[command.scope].add(command.name);
    else if (command.command === 'resume') this.paused[command.scope].delete(command.name);
    else if (command.command === 'exempt') this.exempt.add(command.account);
    else if (command.command === 'unexempt') this.exempt.delete(command.account);
  }

  save(): GatesState {
    return {
      isKilled: this.isKilled,
      paused: SCOPES.map((scope) => [...this.paused[scope]].sort()),
      exempt: [...this.exempt].sort(),
      markedUs: this.markedUs,
      marksSeen: this.marksSeen,
    };
  }

  restore(state: GatesState): void {
    this.isKilled = state.isKilled;
    for (const [i, scope] of SCOPES.entries()) for (const name of state.paused[i]) this.paused[scope].add(name);
    for (const account of state.exempt) this.exempt.add(account);
    this.markedUs = [...state.markedUs];
    this.marksSeen = [...state.marksSeen];
  }
}
