/** Owns the accounts that join a made-up venue as others are liquidated, so that a demo lives on. Knows no store and no feed. */
import type { Instruments } from '../model/instruments.js';
import type { BookRecord, BookRow, Effect, TickRecord } from '../model/records.js';
import { AccountMaker } from './accounts.js';
import { Random } from './random.js';

/** Opens one account, drawn as in book.ts at the current marks, for every case that ended with its portfolio closed. */
export class Newcomers {
  private readonly maker: AccountMaker;
  private readonly unmarked: Set<number>;
  private due = 0;
  private serial = 0;

  constructor({ instruments, seed }: { readonly instruments: Instruments; readonly seed: number }) {
    this.maker = new AccountMaker(instruments, new Random(seed, 'newcomers'));
    this.unmarked = new Set(instruments.markets.keys());
  }

  onTick(tick: TickRecord): void {
    for (const { market, price } of tick.marks) {
      if (price.units <= 0n) continue;
      this.maker.setPrice(market, price);
      this.unmarked.delete(market);
    }
  }

  /** The accounts to open now (ids `n0000000`, … in base 36, version 1), or null. None before every market has had a mark. */
  onEffects(effects: readonly Effect[], timeUs: number): BookRecord | null {
    for (const effect of effects) {
      if (effect.type !== 'cases') continue;
      for (const row of effect.rows) if (row.event === 'ended' && row.outcome === 'closed') this.due += 1;
    }
    if (this.due === 0 || this.unmarked.size > 0) return null;
    const rows = Array.from({ length: this.due }, (): BookRow => ({ version: 1, account: this.nextAccount() }));
    this.due = 0;
    return { type: 'book', timeUs, rows };
  }

  private nextAccount() {
    const id = `n${this.serial.toString(36).padStart(7, '0')}`;
    this.serial += 1;
    return this.maker.next(id, Number.POSITIVE_INFINITY);
  }
}
