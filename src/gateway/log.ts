/** What a topic said lately, by sequence, bounded by its rows. In memory: it ends with the process. It must not know what it keeps. */
import { assert } from '../model/errors.js';

export class TopicLog<Entry> {
  private readonly entries = new Map<number, { readonly entry: Entry; readonly rowsBefore: number }>();
  private readonly rowsMax: number;
  private rowsTotal = 0;
  private oldestSeq = 1;
  private latestSeq = 0;

  constructor(rowsMax: number) {
    this.rowsMax = rowsMax;
  }

  /** Sequence of the latest entry; 0 before the first. */
  get seq(): number {
    return this.latestSeq;
  }

  /** Adds an entry of so many rows under the next sequence and forgets the oldest. The newest is always kept. */
  append(entry: Entry, rows: number): void {
    assert(rows > 0, 'an entry has rows');
    this.latestSeq += 1;
    this.entries.set(this.latestSeq, { entry, rowsBefore: this.rowsTotal });
    this.rowsTotal += rows;
    while (this.oldestSeq < this.latestSeq && this.rowsAfter(this.oldestSeq - 1) > this.rowsMax) {
      this.entries.delete(this.oldestSeq);
      this.oldestSeq += 1;
    }
  }

  /** Whether everything after `seq` is still here. */
  covers(seq: number): boolean {
    return seq >= this.oldestSeq - 1 && seq <= this.latestSeq;
  }

  /** The entry of a sequence that is covered. */
  get(seq: number): Entry {
    const kept = this.entries.get(seq);
    assert(kept !== undefined, `sequence ${seq} is in the log`);
    return kept.entry;
  }

  /** Rows said after `seq`, which is covered. */
  rowsAfter(seq: number): number {
    if (seq === this.latestSeq) return 0;
    const next = this.entries.get(seq + 1);
    assert(next !== undefined, `sequence ${seq + 1} is in the log`);
    return this.rowsTotal - next.rowsBefore;
  }
}
