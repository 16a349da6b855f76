/** Which trades were booked already, so that one that is told twice is booked once. Knows no book. */
import type { BufferReader, NamedBuffer, Saved } from '../model/named-buffers.js';
import { under } from '../model/named-buffers.js';
import type { Fill } from '../model/records.js';
import { TextSet } from '../store/text-set.js';

/** Fills remembered at least, at most twice as many. */
const TRADES_REMEMBERED_MIN = 1 << 20;

/** Two generations: forgetting one by one from a set costs more the longer it lives. */
export class TradeMemory implements Saved {
  private latest = new TextSet();
  private older = new TextSet();

  has(key: string): boolean {
    return this.latest.has(key) || this.older.has(key);
  }

  remember(key: string): void {
    this.latest.add(key);
    if (this.latest.size < TRADES_REMEMBERED_MIN) return;
    this.older = this.latest;
    this.latest = new TextSet();
  }

  save(): NamedBuffer[] {
    return [...under('latest', this.latest.save()), ...under('older', this.older.save())];
  }

  restore(from: BufferReader): void {
    this.latest.restore(from.under('latest'));
    this.older.restore(from.under('older'));
  }
}

/** A trade has two sides, each an account's own fill under the same trade id. */
export function tradeKey({ tradeId, account, market, margin, side }: Fill): string {
  return `${tradeId} ${account} ${market} ${margin} ${side}`;
}
