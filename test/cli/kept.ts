/** A journal written in this process: a book file's engine under a shipped policy, and whatever records a test gives it. */

import { policySource } from '../../src/app/policies.js';
import type { Engine } from '../../src/engine/engine.js';
import { genesisOf } from '../../src/engine/genesis.js';
import { engineFromFile } from '../../src/engine/load.js';
import { stateHash } from '../../src/engine/state-hash.js';
import { Keeper } from '../../src/journal/keeper.js';
import { findStart } from '../../src/journal/recover.js';
import type { Effect } from '../../src/model/effects.js';
import type { InputRecord } from '../../src/model/records.js';
import { JsBackend } from '../../src/scan/js-backend.js';

export interface KeptOptions {
  readonly folder: string;
  /** A book file. */
  readonly book: string;
  readonly policy: string;
  readonly mode?: 'shadow' | 'live';
}

export interface KeptJournal {
  readonly engine: Engine;
  /** Each must be taken. */
  apply(...records: readonly InputRecord[]): readonly Effect[];
  /** `isSaved`: with a snapshot at the end. */
  close(isSaved: boolean): Promise<void>;
}

export async function keptJournal({ folder, book, policy, mode = 'live' }: KeptOptions): Promise<KeptJournal> {
  const source = await policySource(policy, 'policy', 5_000_000);
  const freshness = { staleUs: 10_000_000, warmupTicks: 1 };
  const start = findStart(folder);
  const setup = { backend: new JsBackend(), policy: source, mode, freshness, isEmpty: start.checkpoint !== null };
  const engine = await engineFromFile(book, setup);
  const genesis = await genesisOf({ book: { file: book }, policy: source, mode, freshness }, engine, start.genesis);
  const keeper = await Keeper.open(
    { folder, instruments: engine.instruments, genesis, by: 'plimsoll 1.2.3', startUs: 1_569_349_800_000_000 },
    {
      apply: (record) => engine.apply(record),
      stateHash: () => stateHash(engine),
      save: () => engine.save(),
      restore: (read) => engine.restore(read),
    },
    start,
  );
  return {
    engine,
    apply: (...records) =>
      records.flatMap((record) => {
        const { effects, problems } = keeper.apply(record);
        if (problems.length > 0) throw new Error(JSON.stringify(problems));
        return effects;
      }),
    close: async (isSaved) => {
      await keeper.durable();
      if (isSaved) await keeper.close();
      else await Reflect.get(keeper, 'journal').close();
    },
  };
}
