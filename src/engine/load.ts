/** Gets a book into an engine: from files, or made up. */
import { type HeaderChange, readBook } from '../files/book.js';
import type { BookSink } from '../files/intake.js';
import type { Decimal } from '../model/decimal.js';
import { assert } from '../model/errors.js';
import type { Instruments } from '../model/instruments.js';
import { syntheticAccounts } from '../synthetic/book.js';
import type { Policy } from '../waterfall/policy.js';
import { Engine, type EngineOptions } from './engine.js';

/** What a made-up book is made from. */
export interface SyntheticBook {
  readonly instruments: Instruments;
  /** By market index. */
  readonly prices: readonly Decimal[];
  readonly positions: number;
  readonly seed: number;
}

/** Called now and then with the positions loaded so far. */
export type OnLoaded = (positions: number) => void;

const REPORT_EVERY_ACCOUNTS = 4096;

/** What an engine scans with, and what it does with defaults. */
export interface EngineSetup extends Omit<EngineOptions, 'instruments' | 'policy'> {
  /** For the instruments that a book turns out to have. Problems of it are thrown. */
  readonly policyFor: (instruments: Instruments) => Policy;
}

/** An engine with the book of a file in it. Problems of the file are thrown together; see `readBook`, also for `change`. */
export async function engineFromFile(
  path: string,
  setup: EngineSetup,
  onLoaded: OnLoaded = () => undefined,
  change?: HeaderChange,
): Promise<Engine> {
  let engine: Engine | null = null;
  let accounts = 0;
  const sink: BookSink = {
    header: (instruments) => {
      engine = engineFor(instruments, setup);
    },
    account: (account) => {
      assert(engine !== null, 'expected the header before the accounts');
      engine.load(account);
      accounts += 1;
      if (accounts % REPORT_EVERY_ACCOUNTS === 0) onLoaded(engine.scanHalf.book.positionCount);
    },
  };
  await readBook(path, sink, change);
  assert(engine !== null, 'expected a header');
  return engine;
}

export function engineFromSynthetic(book: SyntheticBook, setup: EngineSetup, onLoaded: OnLoaded = () => undefined): Engine {
  const engine = engineFor(book.instruments, setup);
  let accounts = 0;
  for (const account of syntheticAccounts(book)) {
    engine.load(account);
    accounts += 1;
    if (accounts % REPORT_EVERY_ACCOUNTS === 0) onLoaded(engine.scanHalf.book.positionCount);
  }
  return engine;
}

function engineFor(instruments: Instruments, { policyFor, ...setup }: EngineSetup): Engine {
  return new Engine({ instruments, policy: policyFor(instruments), ...setup });
}
