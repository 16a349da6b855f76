/** Topics without sockets: logs, filters, conflation. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decode } from '../../src/gateway/codec.js';
import { LIMITS } from '../../src/gateway/limits.js';
import { TopicLog } from '../../src/gateway/log.js';
import { OrdersTopic } from '../../src/gateway/lossless-topics.js';
import { SIGNAL_STATES } from '../../src/gateway/messages.js';
import { SignalsTopic } from '../../src/gateway/signals-topic.js';
import type { Cursor, SignalFilter } from '../../src/gateway/topics.js';
import type { Signal } from '../../src/model/effects.js';
import { BYTES_MAX, INSTRUMENTS, order, signal } from './helpers.js';

const cursorAt = (seq: number, filter: SignalFilter | null = null): Cursor => {
  return { filter, atSeq: seq, toldSeq: seq, behind: false, resuming: false };
};

function append(topic: SignalsTopic, ...rows: readonly Signal[]): void {
  topic.append({ type: 'signals', tickTimeUs: 1, priceEpoch: 1, rows });
}

/** The signals message that a cursor hears next, with states by name; null when none. */
function hear(topic: SignalsTopic, cursor: Cursor) {
  const payload = topic.advance(cursor);
  if (payload === null) return null;
  const message = decode(payload, BYTES_MAX) as unknown[];
  const rows = (message.at(-1) as unknown[][]).map((row) => `${row[0]} ${SIGNAL_STATES[row[1] as number]} ${row[4]}`);
  return { type: message[0], seq: message[1], sinceSeq: message[2], rows };
}

describe('the log', () => {
  test('forgets the oldest by rows and keeps the newest whatever its size', () => {
    const log = new TopicLog<string>(10);
    log.append('a', 4);
    log.append('b', 4);
    expect([log.covers(0), log.rowsAfter(0), log.rowsAfter(2)]).toEqual([true, 8, 0]);
    log.append('c', 4);
    expect([log.covers(0), log.covers(1), log.rowsAfter(1)]).toEqual([false, true, 8]);
    log.append('d', 50);
    expect([log.covers(2), log.covers(3), log.get(4)]).toEqual([false, true, 'd']);
    expect(log.covers(5)).toBe(false);
  });
});

describe('signals', () => {
  test('cursors in step share the bytes of one encoding', () => {
    const topic = new SignalsTopic();
    append(topic, signal('a', 'breached', 5));
    expect(topic.advance(cursorAt(0))).toBe(topic.advance(cursorAt(0)));
  });

  test('snapshots of one sequence share the bytes of one encoding, those behind a filter apart', () => {
    const topic = new SignalsTopic();
    const nothing = topic.advance(cursorAt(-1));
    append(topic, signal('a', 'breached', 5), signal('b', 'breached', 7));
    const first = topic.advance(cursorAt(-1));
    expect(first).not.toBe(nothing);
    expect(hear(topic, cursorAt(-1, { minDeficit: 6, markets: null }))?.rows).toEqual(['b breached 7']);
    expect(topic.advance(cursorAt(-1))).toBe(first);
    const cursor = cursorAt(-1);
    expect(hear(topic, cursor)?.rows).toEqual(['b breached 7', 'a breached 5']);
    expect(cursor).toMatchObject({ atSeq: 1, toldSeq: 1 });
    append(topic, signal('b', 'recovered', 0));
    expect(hear(topic, cursorAt(-1))?.rows).toEqual(['a breached 5']);
  });

  test('crossing a filter on the deficit is breached and left', () => {
    const topic = new SignalsTopic();
    const cursor = cursorAt(0, { minDeficit: 10, markets: null });
    append(topic, signal('a', 'breached', 5));
    expect(hear(topic, cursor)).toBeNull();
    append(topic, signal('a', 'changed', 12));
    expect(hear(topic, cursor)).toEqual({ type: 'signals', seq: 2, sinceSeq: 0, rows: ['a breached 12'] });
    append(topic, signal('a', 'changed', 20));
    expect(hear(topic, cursor)?.rows).toEqual(['a changed 20']);
    append(topic, signal('a', 'changed', 9));
    expect(hear(topic, cursor)?.rows).toEqual(['a left 9']);
    append(topic, signal('a', 'recovered', 0));
    expect(hear(topic, cursor)).toBeNull();
    append(topic, signal('b', 'breached', 11), signal('c', 'breached', 1));
    append(topic, signal('b', 'recovered', 0));
    expect(hear(topic, cursor)).toMatchObject({ sinceSeq: 4, rows: ['b breached 11'] });
    expect(hear(topic, cursor)?.rows).toEqual(['b recovered 0']);
  });

  test('crossing a filter on markets is breached and left', () => {
    const topic = new SignalsTopic();
    const cursor = cursorAt(0, { minDeficit: 0, markets: new Set([1]) });
    append(topic, signal('a', 'breached', 5, [0]), signal('b', 'breached', 4, [0, 1]));
    expect(hear(topic, cursor)?.rows).toEqual(['b breached 4']);
    append(topic, signal('a', 'changed', 5, [0, 1]), signal('b', 'changed', 4, [0]));
    expect(hear(topic, cursor)?.rows).toEqual(['a breached 5', 'b left 4']);
  });

  test('what was conflated away is not mentioned; what remains is ranked', () => {
    const topic = new SignalsTopic();
    append(topic, signal('gone', 'breached', 3));
    append(topic, signal('a', 'breached', 5));
    append(topic, signal('z', 'breached', 7), signal('b', 'breached', 5));
    append(topic, signal('gone', 'recovered', 0));
    const cursor = { ...cursorAt(0), behind: true };
    expect(hear(topic, cursor)).toEqual({
      type: 'signals',
      seq: 4,
      sinceSeq: 0,
      rows: ['z breached 7', 'a breached 5', 'b breached 5'],
    });
    expect(cursor).toMatchObject({ atSeq: 4, toldSeq: 4 });
  });

  test('a cursor that has fallen off the log gets a snapshot behind its filter', () => {
    const topic = new SignalsTopic();
    const rows = Array.from({ length: LIMITS.signalsLogRowsMax }, (_, i) => signal(`p${i}`, 'breached', 1));
    topic.append({ type: 'signals', tickTimeUs: 1, priceEpoch: 1, rows });
    append(topic, signal('a', 'breached', 5), signal('b', 'breached', 6));
    expect(hear(topic, cursorAt(0, { minDeficit: 2, markets: null }))).toEqual({
      type: 'snapshot',
      seq: 'signals',
      sinceSeq: 2,
      rows: ['b breached 6', 'a breached 5'],
    });
  });

  test('however congested, whoever applies what it hears has the filtered set in the end', () => {
    const step = fc.record({
      portfolio: fc.constantFrom('a', 'b', 'c', 'd'),
      deficit: fc.integer({ min: 0, max: 20 }),
      markets: fc.constantFrom([0], [1], [0, 1]),
      gone: fc.boolean(),
    });
    const filters: (SignalFilter | null)[] = [null, { minDeficit: 10, markets: null }, { minDeficit: 5, markets: new Set([1]) }];
    const run = fc.array(fc.record({ step, reads: fc.boolean(), conflates: fc.boolean() }), { maxLength: 60 });
    fc.assert(
      fc.property(run, fc.constantFrom(...filters), fc.nat(5), (steps, filter, startAfter) => {
        const topic = new SignalsTopic();
        const cursor = cursorAt(-1, filter);
        const live = new Set<string>();
        const heard = new Map<string, unknown>();
        let toldSeq = -1;
        const listen = () => {
          while (cursor.atSeq < topic.seq) {
            const payload = topic.advance(cursor);
            if (payload === null) continue;
            const message = decode(payload, BYTES_MAX) as unknown[];
            const isSnapshot = message[0] === 'snapshot';
            if (isSnapshot) heard.clear();
            else expect(message[2]).toBe(toldSeq);
            toldSeq = message[isSnapshot ? 2 : 1] as number;
            for (const [portfolio, state, , , deficit] of message.at(-1) as unknown[][]) {
              const name = SIGNAL_STATES[state as number];
              // Breached means new, changed and the rest mean known.
              if (!isSnapshot) expect(heard.has(portfolio as string)).toBe(name !== 'breached');
              if (name === 'breached' || name === 'changed') heard.set(portfolio as string, deficit);
              else heard.delete(portfolio as string);
            }
          }
        };
        steps.forEach(({ step: { portfolio, deficit, markets, gone }, reads, conflates }, i) => {
          const wasLive = live.has(portfolio);
          if (gone && !wasLive) return;
          if (gone) live.delete(portfolio);
          else live.add(portfolio);
          append(topic, signal(portfolio, gone ? 'recovered' : wasLive ? 'changed' : 'breached', gone ? 0 : deficit, markets));
          cursor.behind = conflates;
          if (i >= startAfter && reads) listen();
        });
        listen();
        const expected = topic.ranked(filter).map((known) => [known.portfolio, known.deficit]);
        expect([...heard].sort()).toEqual(expected.sort());
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('orders', () => {
  test('the snapshot has the live ones and a bounded number of those ended lately', () => {
    const topic = new OrdersTopic(INSTRUMENTS);
    topic.append([order('live', 'new'), order('dying', 'new')]);
    topic.append([order('dying', 'cancel')]);
    topic.append(Array.from({ length: LIMITS.ordersEndedMax + 5 }, (_, i) => order(`o${i}`, 'ended')));
    topic.append([order('dying', 'ended')]);
    const rows = topic.rows();
    expect(rows.length).toBe(1 + LIMITS.ordersEndedMax);
    expect(rows[0].slice(0, 3)).toEqual(['live', 'case-live', 0]);
    expect(rows.at(-1)?.slice(0, 3)).toEqual(['dying', 'case-dying', 2]);
    expect(rows.some((row) => row[0] === 'o5')).toBe(false);
  });

  test('snapshots of one sequence share the bytes of one encoding', () => {
    const topic = new OrdersTopic(INSTRUMENTS);
    topic.append([order('o1', 'new')]);
    const first = topic.advance(cursorAt(-1));
    expect(topic.advance(cursorAt(-1))).toBe(first);
    topic.append([order('o2', 'new')]);
    expect((decode(topic.advance(cursorAt(-1)), BYTES_MAX) as unknown[][])[3].length).toBe(2);
  });

  test('a row has exact decimals and integer times', () => {
    const topic = new OrdersTopic(INSTRUMENTS);
    topic.append([order('o1', 'new')]);
    expect(decode(topic.advance(cursorAt(0)), BYTES_MAX)).toEqual([
      'orders',
      1,
      0,
      [['o1', 'case-o1', 0, 'alice', 'BTCUSDT', 'sell', '1.5', '34999.5', 'full', 1569350005000000, 3, 9, 1569350000000000]],
    ]);
  });
});
