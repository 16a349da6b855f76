/** What a run has seen: so that a test can say that everything that it is to break was there. */
import type { Effect } from '../../src/model/effects.js';
import type { InputRecord } from '../../src/model/records.js';

export class Tally {
  records = 0;
  refused = 0;
  kills = 0;
  readonly counts = new Map<string, number>();

  count(record: InputRecord, effects: readonly Effect[]): void {
    this.add(`record ${record.type}`);
    for (const effect of effects) {
      if (effect.type === 'stages')
        for (const { stage, event, reason } of effect.rows)
          this.add(`stage ${stage} ${event}${event === 'entered' ? '' : ` ${reason}`}`);
      else if (effect.type === 'cases')
        for (const { event, outcome } of effect.rows) this.add(`case ${event}${outcome === null ? '' : ` ${outcome}`}`);
      else if (effect.type === 'orders') for (const { event, stage } of effect.rows) this.add(`order ${event} ${stage}`);
      else if (effect.type === 'transfers') for (const { reason } of effect.rows) this.add(`transfer ${reason}`);
      else if (effect.type === 'auctions') for (const { event } of effect.rows) this.add(`auction ${event}`);
      else if (effect.type === 'adl') this.add('adl', effect.rows.length);
      else if (effect.type === 'alerts') for (const { code } of effect.rows) this.add(`alert ${code}`);
      else this.add(effect.type);
    }
  }

  merge(other: {
    readonly records: number;
    readonly refused: number;
    readonly kills: number;
    readonly counts: Iterable<readonly [string, number]>;
  }): void {
    this.records += other.records;
    this.refused += other.refused;
    this.kills += other.kills;
    for (const [what, count] of other.counts) this.add(what, count);
  }

  private add(what: string, count = 1): void {
    this.counts.set(what, (this.counts.get(what) ?? 0) + count);
  }
}
