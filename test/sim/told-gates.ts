/** What may be liquidated now, as the records say it: a second, plain account of kill switch, pauses, exemptions and freshness. */
import type { FreshnessRule } from '../../src/dispatch/gates.js';
import type { Instruments } from '../../src/model/instruments.js';
import { accountOf } from '../../src/model/portfolio.js';
import type { InputRecord } from '../../src/model/records.js';

export class ToldGates {
  isKilled = false;
  mode: 'shadow' | 'live';
  timeUs = 0;
  private hasGoneLive = false;
  readonly bidders = new Set<string>();
  private readonly paused = new Set<string>();
  private readonly exempt = new Set<string>();
  private readonly rule: FreshnessRule;
  private readonly instruments: Instruments;
  private readonly markedUs: number[];
  private marks: number[];

  constructor(instruments: Instruments, rule: FreshnessRule, mode: 'shadow' | 'live') {
    this.instruments = instruments;
    this.rule = rule;
    this.mode = mode;
    this.markedUs = instruments.markets.map(() => 0);
    this.marks = instruments.markets.map(() => 0);
  }

  /** True when the mode has become live on the way. */
  onRecord(record: InputRecord): boolean {
    this.hasGoneLive = false;
    this.take(record);
    return this.hasGoneLive;
  }

  private take(record: InputRecord): void {
    this.timeUs = Math.max(this.timeUs, record.timeUs);
    if (record.type === 'tick') {
      for (const { market } of record.marks) {
        this.markedUs[market] = record.timeUs;
        this.marks[market] += 1;
      }
    } else if (record.type === 'restart') {
      this.marks = this.marks.map(() => 0);
    } else if (record.type === 'admin') {
      for (const command of record.commands) {
        if (command.command === 'kill') this.isKilled = command.isOn;
        else if (command.command === 'mode') {
          this.hasGoneLive ||= this.mode === 'shadow' && command.mode === 'live';
          this.mode = command.mode;
        } else if (command.command === 'pause') this.paused.add(`${command.scope} ${command.name}`);
        else if (command.command === 'resume') this.paused.delete(`${command.scope} ${command.name}`);
        else if (command.command === 'exempt') this.exempt.add(command.account);
        else if (command.command === 'unexempt') this.exempt.delete(command.account);
        else if (command.command === 'bidder') this.bidders.add(command.account);
        else if (command.command === 'no-bidder') this.bidders.delete(command.account);
      }
    }
  }

  /** Why nothing of the portfolio may be closed by a stage in a market; null: it may. */
  why(portfolio: string, stage: string | null, market: number): string | null {
    const account = accountOf(portfolio);
    if (this.mode === 'shadow') return 'shadow mode';
    if (this.isKilled) return 'the kill switch';
    if (this.exempt.has(account)) return 'an exemption';
    if (this.paused.has(`account ${account}`)) return 'a paused account';
    if (stage !== null && this.paused.has(`stage ${stage}`)) return 'a paused stage';
    if (this.paused.has(`market ${this.instruments.markets[market].id}`)) return 'a paused market';
    if (this.marks[market] < this.rule.warmupTicks) return 'a market that warms up';
    return this.rule.staleUs !== null && this.timeUs - this.markedUs[market] > this.rule.staleUs ? 'a stale market' : null;
  }
}
