/** The signals topic: who is liquidatable, what changed, and each subscriber's filtered or conflated view of it. It must not know sockets. */

import type { Signal, SignalState, SignalsEffect } from '../model/effects.js';
import { assert } from '../model/errors.js';
import { compareIds } from '../model/portfolio.js';
import { wireInteger } from './codec.js';
import { LIMITS } from './limits.js';
import { TopicLog } from './log.js';
import type { WireSignal } from './messages.js';
import { signalRow } from './rows.js';
import { type Cursor, encodeMessage, type SignalFilter, snapshotMessage, type Topic, WholeSnapshot } from './topics.js';

/** A portfolio's step from one message to the next; null before or after: it is not liquidatable. */
interface Change {
  readonly before: Signal | null;
  readonly after: Signal | null;
  /** What the engine said; of a portfolio that is out, its last figures. */
  readonly said: Signal;
}

interface Entry {
  /** The message as everyone without a filter and in step gets it. */
  readonly payload: Uint8Array;
  readonly tickTimeUs: number;
  readonly priceEpoch: number;
  readonly changes: readonly Change[];
}

export class SignalsTopic implements Topic {
  readonly name = 'signals';
  private readonly log = new TopicLog<Entry>(LIMITS.signalsLogRowsMax);
  private readonly snapshot = new WholeSnapshot();
  /** The liquidatable set. */
  private readonly current = new Map<string, Signal>();

  get seq(): number {
    return this.log.seq;
  }

  append(effect: SignalsEffect): void {
    if (effect.rows.length === 0) return;
    const changes = effect.rows.map((said) => this.change(said));
    const { tickTimeUs, priceEpoch } = effect;
    const seq = this.seq + 1;
    const rows = effect.rows.map((said) => signalRow(said, said.state));
    const payload = encodeSignals(seq, seq - 1, effect, rows);
    this.log.append({ payload, tickTimeUs, priceEpoch, changes }, rows.length);
  }

  /** The liquidatable set behind a filter, ranked. */
  ranked(filter: SignalFilter | null): Signal[] {
    return [...this.current.values()].filter((signal) => passes(filter, signal)).sort(compareRank);
  }

  covers(seq: number): boolean {
    return this.log.covers(seq);
  }

  advance(cursor: Cursor): Uint8Array | null {
    if (!this.covers(cursor.atSeq)) {
      const rows = () => this.ranked(cursor.filter).map((signal) => signalRow(signal, 'breached'));
      return cursor.filter === null ? this.snapshot.message(cursor, this, rows) : snapshotMessage(cursor, this, rows());
    }
    const fromSeq = cursor.atSeq;
    cursor.atSeq = cursor.behind ? this.seq : fromSeq + 1;
    const entry = this.log.get(cursor.atSeq);
    const sinceSeq = cursor.toldSeq;
    if (cursor.filter === null && sinceSeq === cursor.atSeq - 1) {
      cursor.toldSeq = cursor.atSeq;
      return entry.payload;
    }
    const rows = this.rowsBetween(fromSeq, cursor.atSeq, cursor.filter);
    if (rows.length === 0) return null;
    cursor.toldSeq = cursor.atSeq;
    return encodeSignals(cursor.atSeq, sinceSeq, entry, rows);
  }

  isTooFarBehind(): boolean {
    return false;
  }

  private change(said: Signal): Change {
    const before = this.current.get(said.portfolio) ?? null;
    const isIn = said.state === 'breached' || said.state === 'changed';
    if (isIn) this.current.set(said.portfolio, said);
    else this.current.delete(said.portfolio);
    return { before, after: isIn ? said : null, said };
  }

  /**
   * What a subscriber who knew the filtered set at `fromSeq` must hear to know it at `toSeq`: one row for each portfolio that was in it, is
   * in it, or both.
   */
  private rowsBetween(fromSeq: number, toSeq: number, filter: SignalFilter | null): WireSignal[] {
    assert(fromSeq < toSeq, 'a step forward');
    const touched = new Map<string, Change>();
    for (let seq = fromSeq + 1; seq <= toSeq; seq += 1) {
      for (const change of this.log.get(seq).changes) {
        const first = touched.get(change.said.portfolio);
        touched.set(change.said.portfolio, first === undefined ? change : { ...change, before: first.before });
      }
    }
    const heard: { signal: Signal; state: SignalState }[] = [];
    for (const { before, after, said } of touched.values()) {
      const was = before !== null && passes(filter, before);
      const is = after !== null && passes(filter, after);
      if (is) heard.push({ signal: said, state: was ? 'changed' : 'breached' });
      else if (was) heard.push({ signal: said, state: after === null ? said.state : 'left' });
    }
    // One message is ranked already, and by exact deficits.
    if (toSeq > fromSeq + 1) heard.sort((a, b) => compareRank(a.signal, b.signal));
    return heard.map(({ signal, state }) => signalRow(signal, state));
  }
}

function encodeSignals(
  seq: number,
  sinceSeq: number,
  tick: { tickTimeUs: number; priceEpoch: number },
  rows: readonly WireSignal[],
) {
  const { tickTimeUs, priceEpoch } = tick;
  return encodeMessage([
    'signals',
    wireInteger(seq),
    wireInteger(sinceSeq),
    wireInteger(tickTimeUs),
    wireInteger(priceEpoch),
    rows,
  ]);
}

function passes(filter: SignalFilter | null, signal: Signal): boolean {
  if (filter === null) return true;
  if (signal.deficit < filter.minDeficit) return false;
  const { markets } = filter;
  return markets === null || signal.markets.some((market) => markets.has(market));
}

/** Deficit descending, then portfolio id. */
function compareRank(a: Signal, b: Signal): number {
  return b.deficit - a.deficit || compareIds(a.portfolio, b.portfolio);
}
