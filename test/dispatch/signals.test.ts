/** What is said of liquidatable portfolios, and how often. */
import { describe, expect, it } from 'vitest';
import { ranked } from '../../src/dispatch/ranking.js';
import { SignalTracker, signalRow } from '../../src/dispatch/signals.js';
import { fraction } from '../../src/model/fraction.js';

/** Maintenance 100, a deficit in thousandths. */
const at = (portfolio: string, thousandths: number) =>
  ranked({ portfolio, equity: fraction(100_000n - BigInt(thousandths), 1_000n), maintenance: fraction(100n) });

describe('signals', () => {
  it('say breached once, changed from one percent of maintenance on, recovered once', () => {
    const tracker = new SignalTracker(6);
    expect(tracker.recovered('a', [0], at('a', 0))).toBeNull();
    expect(tracker.breached(at('a', 5_000), [0], false)?.state).toBe('breached');
    expect(tracker.breached(at('a', 5_000), [0], false)).toBeNull();
    expect(tracker.breached(at('a', 5_999), [0], false)).toBeNull();
    expect(tracker.breached(at('a', 6_000), [0], false)?.state).toBe('changed');
    // Counted from the row last sent, both ways.
    expect(tracker.breached(at('a', 5_500), [0], false)).toBeNull();
    expect(tracker.breached(at('a', 5_000), [0], false)?.state).toBe('changed');
    expect(tracker.liquidatable).toBe(1);
    expect(tracker.recovered('a', [0], at('a', -1))?.state).toBe('recovered');
    expect(tracker.recovered('a', [0], at('a', -1))).toBeNull();
    expect(tracker.liquidatable).toBe(0);
    expect(tracker.breached(at('a', 1), [0], false)?.state).toBe('breached');
  });

  it('do not lose a slow drift to many small steps', () => {
    const tracker = new SignalTracker(6);
    tracker.breached(at('a', 1_000), [0], false);
    const states = Array.from({ length: 20 }, (_, i) => tracker.breached(at('a', 1_000 + 100 * (i + 1)), [0], false)?.state);
    expect(states.filter((state) => state === 'changed')).toHaveLength(2);
  });

  it('say changed whenever orders changed, and then count from that row', () => {
    const tracker = new SignalTracker(6);
    expect(tracker.breached(at('a', 5_000), [0], true)?.state).toBe('breached');
    expect(tracker.breached(at('a', 5_500), [0], true)?.state).toBe('changed');
    expect(tracker.breached(at('a', 6_400), [0], false)).toBeNull();
    expect(tracker.breached(at('a', 6_500), [0], false)?.state).toBe('changed');
  });

  it('keep portfolios apart', () => {
    const tracker = new SignalTracker(6);
    tracker.breached(at('a', 5_000), [0], false);
    expect(tracker.breached(at('b', 5_000), [1], false)?.state).toBe('breached');
    tracker.recovered('a', [0], at('a', -1));
    expect(tracker.breached(at('b', 5_000), [1], false)).toBeNull();
  });
});

describe('a row', () => {
  it('has the numbers that are printed: equity down, maintenance up', () => {
    const value = { equity: fraction(-100n, 3n), maintenance: fraction(200n, 3n) };
    expect(signalRow('a/M', [3, 1], 'breached', value, 2)).toEqual({
      portfolio: 'a/M',
      markets: [3, 1],
      state: 'breached',
      equity: -33.34,
      maintenance: 66.67,
      deficit: 66.67 + 33.34,
      badDebt: 33.34,
      marginRatio: -0.5,
    });
  });

  it('of what is not liquidatable has no deficit, and no ratio without a requirement', () => {
    const row = signalRow('a', [], 'recovered', { equity: fraction(7n), maintenance: fraction(0n) }, 6);
    expect(row).toMatchObject({ deficit: 0, badDebt: 0, marginRatio: null, equity: 7 });
  });
});
