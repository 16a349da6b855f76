/** What a journal is begun with, so that it is this engine's and no other's. Reads the book's file for its hash. */
import { valueHash } from '../journal/instruments.js';
import { pathHash } from '../journal/keeper.js';
import type { Genesis } from '../journal/layout.js';
import type { Engine } from './engine.js';
import type { WorkerSetup } from './worker.js';

/** All that a journal's replay depends on, but the instruments. `begun`: of the journal that goes on, whose mode is kept. */
export async function genesisOf(
  { book, policy, mode, freshness }: Pick<WorkerSetup, 'book' | 'policy' | 'mode' | 'freshness'>,
  { caseHalf }: Engine,
  begun: Genesis | null,
): Promise<Genesis> {
  const { positions, seed, prices } = 'file' in book ? { positions: null, seed: null, prices: null } : book.synthetic;
  return {
    book: 'file' in book ? await pathHash(book.file) : 'made up',
    positions,
    seed,
    prices: prices === null ? null : valueHash(prices),
    policy: caseHalf.policy.id,
    policyHash: valueHash(caseHalf.policy),
    orderTtlUs: policy.orderTtlUs,
    ...freshness,
    mode: begun?.mode ?? mode,
  };
}
