/**
 * An engine with what answers it: the paper venue, and newcomers that keep a demo's book alive. Each record is applied with all that
 * follows from it before the next: what comes back enters again at the head. Deterministic like its parts.
 */

import type { Effect, OrderEvent } from '../model/effects.js';
import { formatProblem, type Problem } from '../model/errors.js';
import type { InputRecord, TickRecord } from '../model/records.js';
import type { Applied, Engine } from './engine.js';

/** Takes orders and answers with records: acknowledgements and trades. */
export interface Venue {
  onOrders(rows: readonly OrderEvent[], timeUs: number): readonly InputRecord[];
  /** Is asked to cancel accounts' open orders. */
  onCancelOrders(accounts: readonly string[], timeUs: number): readonly InputRecord[];
  onTick(tick: TickRecord): readonly InputRecord[];
}

/** Opens accounts as others are closed. */
export interface Population {
  onTick(tick: TickRecord): void;
  onEffects(effects: readonly Effect[], timeUs: number): InputRecord | null;
}

export interface SessionOptions {
  readonly engine: Engine;
  /** Null: orders go out, and whoever executes them answers by records of its own. */
  readonly venue: Venue | null;
  readonly population: Population | null;
  readonly onEffects: (effects: readonly Effect[]) => void;
  /** What applies a record in the engine's place, and records it. Left out: the engine. */
  readonly apply?: (record: InputRecord) => Applied;
}

export class Session {
  readonly engine: Engine;
  private readonly options: SessionOptions;

  constructor(options: SessionOptions) {
    this.engine = options.engine;
    this.options = options;
  }

  /** Applies a record and everything that follows from it. The problems are those of the record itself. */
  apply(record: InputRecord): readonly Problem[] {
    const { venue, population } = this.options;
    const followers = this.applyOne(record);
    if (followers.problems.length > 0) return followers.problems;
    const queue = [...followers.records];
    if (record.type === 'tick') {
      population?.onTick(record);
      queue.push(...(venue?.onTick(record) ?? []));
    }
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      const { records, problems } = this.applyOne(next);
      queue.push(...(problems.length === 0 ? records : unbooked(next, problems)));
    }
    return [];
  }

  private applyOne(record: InputRecord): { records: readonly InputRecord[]; problems: readonly Problem[] } {
    const { engine, venue, population, onEffects, apply } = this.options;
    const { effects, problems } = apply === undefined ? engine.apply(record) : apply(record);
    if (effects.length === 0) return { records: [], problems };
    onEffects(effects);
    const records: InputRecord[] = [];
    for (const effect of effects) {
      if (effect.type === 'orders' && venue !== null) {
        const out = effect.rows.filter(({ event }) => event !== 'ended');
        if (out.length > 0) records.push(...venue.onOrders(out, record.timeUs));
      }
      if (effect.type === 'cancel-orders' && venue !== null)
        records.push(...venue.onCancelOrders(effect.accounts, record.timeUs));
    }
    const joined = population?.onEffects(effects, record.timeUs) ?? null;
    if (joined !== null) records.push(joined);
    return { records, problems };
  }
}

/**
 * What becomes of a record of our own that was refused. Trades are told again one by one, so that one that cannot be booked does not
 * take the others with it; a single one's order counts as rejected. A newcomer whose id an operator has taken stays away.
 */
function unbooked(record: InputRecord, problems: readonly Problem[]): readonly InputRecord[] {
  if (record.type !== 'fills') return [];
  const { timeUs, fills } = record;
  if (fills.length > 1) return fills.map((fill): InputRecord => ({ type: 'fills', timeUs, fills: [fill] }));
  const [{ orderId }] = fills;
  if (orderId === null) return [];
  return [{ type: 'acks', timeUs, acks: [{ orderId, state: 'rejected', reason: formatProblem(problems[0]) }] }];
}
