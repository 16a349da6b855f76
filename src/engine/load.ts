/** Gets a book into an engine: from files, or made up. */
import { type HeaderChange, readBook } from '../files/book.js';
import type { BookSink } from '../files/intake.js';
import type { Decimal } from '../model/decimal.js';
import { assert } from '../model/errors.js';
import type { Instruments } from '../model/instruments.js';
import { ProblemList } from '../model/problems.js';
import { syntheticAccounts } from '../synthetic/book.js';
import { NO_STAGES, type Policy, withOrderTtl } from '../waterfall/policy.js';
import { policyFromInput } from '../waterfall/policy-input.js';
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

/** A policy that is still to be held against the instruments that a book turns out to have. Plain data: it crosses threads. */
export interface PolicySource {
  /** As its file has it. */
  readonly input: unknown;
  /** Where it is from, for its problems. */
  readonly where: string;
  /** Life of its orders instead of what it says; null: as it says. */
  readonly orderTtlUs: number | null;
  /** Those near the line are looked for no more often than this, whatever it says; left out: as it says. */
  readonly watchUsMin?: number;
}

/** What an engine scans with, and what it does with defaults. */
export interface EngineSetup extends Omit<EngineOptions, 'instruments' | 'policy'> {
  /** Null: only scans. */
  readonly policy: PolicySource | null;
  /** Without its accounts: a snapshot is to be restored. */
  readonly isEmpty?: boolean;
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
      if (setup.isEmpty === true) return;
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
  if (setup.isEmpty === true) return engine;
  let accounts = 0;
  for (const account of syntheticAccounts(book)) {
    engine.load(account);
    accounts += 1;
    if (accounts % REPORT_EVERY_ACCOUNTS === 0) onLoaded(engine.scanHalf.book.positionCount);
  }
  return engine;
}

function engineFor(instruments: Instruments, { policy, isEmpty: _, ...setup }: EngineSetup): Engine {
  return new Engine({ instruments, policy: policy === null ? NO_STAGES : resolvePolicy(policy, instruments), ...setup });
}

/** Throws every problem of the policy together. */
export function resolvePolicy({ input, where, orderTtlUs, watchUsMin = 0 }: PolicySource, instruments: Instruments): Policy {
  const problems = new ProblemList();
  const policy = policyFromInput(input, where, instruments, problems);
  problems.throwIfAny();
  assert(policy !== null, 'expected problems of a policy that cannot be read');
  const { watch } = policy;
  const watched = watch === null ? policy : { ...policy, watch: { ...watch, everyUs: Math.max(watch.everyUs, watchUsMin) } };
  return orderTtlUs === null ? watched : withOrderTtl(watched, orderTtlUs);
}
