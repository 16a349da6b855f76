/** Owns the accounts that join a made-up venue as others are liquidated, so that a demo lives on. Knows no store and no feed. */

import type { Effect } from '../model/effects.js';
import type { Instruments } from '../model/instruments.js';
import type { Account } from '../model/portfolio.js';
import type { BookRecord, BookRow, TickRecord } from '../model/records.js';
import { AccountMaker } from './accounts.js';
import { Random } from './random.js';

export interface NewcomersOptions {
  readonly instruments: Instruments;
  readonly seed: number;
  /** Whether the book has such an account: newcomers of before a restart are in it, and an operator may have named one so. */
  readonly isTaken: (account: string) => boolean;
}

/** Opens as many positions, in accounts drawn as in book.ts at the current marks, as executions closed: each closes a whole one. */
export class Newcomers {
  private readonly maker: AccountMaker;
  private readonly unmarked: Set<number>;
  private readonly isTaken: (account: string) => boolean;
  private due = 0;
  private serial = 0;

  constructor({ instruments, seed, isTaken }: NewcomersOptions) {
    this.isTaken = isTaken;
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

  /** The accounts to open now (ids `n0000000`, … in base 36 that nobody has, version 1), or null. None before every market has had a mark. */
  onEffects(effects: readonly Effect[], timeUs: number): BookRecord | null {
    for (const effect of effects) if (effect.type === 'execution') this.due += 1;
    if (this.due === 0 || this.unmarked.size > 0) return null;
    const rows: BookRow[] = [];
    while (this.due > 0) {
      const account = this.nextAccount();
      this.due -= account.cross.length + account.isolated.length;
      rows.push({ version: 1, account });
    }
    return { type: 'book', timeUs, rows };
  }

  private nextAccount(): Account {
    let id: string;
    do {
      id = `n${this.serial.toString(36).padStart(7, '0')}`;
      this.serial += 1;
    } while (this.isTaken(id));
    return this.maker.next(id, this.due);
  }
}
