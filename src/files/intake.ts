/** Accounts on their way from a file to their owner: each checked, none twice, all counted. Knows no file format. */
import { type AccountInput, accountFromInput, isAccountId } from '../model/account-input.js';
import type { ProblemSink } from '../model/input-checks.js';
import type { Instruments } from '../model/instruments.js';
import { member } from '../model/json-path.js';
import type { Account } from '../model/portfolio.js';
import { show } from '../model/problems.js';
import { IdSet } from './id-set.js';

/** Takes a book as it is read. What it was given counts only once reading has ended without an error. */
export interface BookSink {
  /** Once, before the accounts. */
  header(instruments: Instruments): void;
  account(account: Account): void;
}

export interface BookCounts {
  readonly accounts: number;
  readonly positions: number;
}

export class Intake implements BookCounts {
  accounts = 0;
  positions = 0;
  private readonly instruments: Instruments;
  private readonly sink: BookSink;
  private readonly ids = new IdSet();

  constructor(instruments: Instruments, sink: BookSink) {
    this.instruments = instruments;
    this.sink = sink;
    sink.header(instruments);
  }

  /** Hands a valid account on; adds the problems of any other under `where`. */
  take(input: unknown, where: string, problems: ProblemSink): void {
    const account = accountFromInput(input, this.instruments, where, problems);
    const id = account?.id ?? (input as AccountInput | null)?.id;
    this.accounts += 1;
    if (typeof id === 'string' && isAccountId(id) && !this.ids.add(id)) {
      problems.add(member(where, 'id'), 'an id that no account before has', show(id));
    } else if (account !== null) {
      this.positions += account.cross.length + account.isolated.length;
      this.sink.account(account);
    }
  }

  /** Whether an account with this id has been taken. */
  has(id: string): boolean {
    return isAccountId(id) && this.ids.has(id);
  }
}
