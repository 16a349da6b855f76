/** The replay as a library function: one account through made-up candles, followed by hand. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { PlimsollError, type ReplaySummary, replay } from '../../src/index.js';

const folder = mkdtempSync(join(tmpdir(), 'plimsoll-replay-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const HOUR = 3_600_000;
/** 2019-09-24T18:00Z */
const START = 1_569_348_000_000;

type Bar = readonly [minute: number, open: number, high: number, low: number, close: number];

/** One market's candles, in a folder of their own. */
function candles(name: string, bars: readonly Bar[]): string {
  const directory = join(folder, name);
  mkdirSync(directory);
  const rows = bars.map(([minute, ...prices]) => `${START + minute * 60_000},${prices.join(',')},1`);
  writeFileSync(join(directory, 'X.csv'), `${['timestamp_ms,open,high,low,close,volume', ...rows].join('\n')}\n`);
  return directory;
}

/** 1 X bought at 100 with 10 of collateral; the requirement is 1 % of notional, so it breaches below 90.909…, and 90 is bankruptcy. */
const BOOK = {
  version: 1,
  assets: { USD: { decimals: 6, haircut: '0' } },
  markets: {
    X: {
      kind: 'linear',
      base: 'X',
      settle: 'USD',
      contractSize: '1',
      lot: '0.001',
      tick: '0.01',
      maintenance: { method: 'bracket', basis: 'mark', closeFee: '0', tiers: [{ floor: '0', rate: '0.01' }] },
    },
  },
  accounts: [
    { id: 'long', balances: { USD: '10' }, positions: [{ market: 'X', size: '1', entry: '100' }] },
    { id: 'rich', balances: { USD: '1000' }, positions: [{ market: 'X', size: '1', entry: '100' }] },
  ],
};
const book = join(folder, 'book.json');
writeFileSync(book, JSON.stringify(BOOK));

async function replayed(
  directory: string,
  more: { book?: string; policy?: string; fromMs?: number; toMs?: number } = {},
): Promise<ReplaySummary> {
  const { fromMs, toMs, ...rest } = more;
  const range = { ...(fromMs === undefined ? {} : { fromMs }), ...(toMs === undefined ? {} : { toMs }) };
  return (await replay({ candles: directory, positions: 2000, seed: 7, policy: 'full-close', fund: '0', range, ...rest }))
    .summary;
}

describe('one account, by hand', () => {
  test('breached, closed at the mark within its limit, without bad debt', async () => {
    const directory = candles('closed', [
      [0, 100, 100, 100, 100],
      [61, 90.5, 90.5, 90.5, 90.5],
      [130, 90.5, 90.5, 90.5, 90.5],
    ]);
    const { byHour, totals, waterfall, stateHash, ...rest } = await replayed(directory, { book });
    const end = START + 130 * 60_000 + 45_000;
    expect(rest).toEqual({
      version: 1,
      seed: null,
      policy: 'full-close',
      valuation: 'USD',
      ticks: 12,
      accounts: 2,
      positions: 2,
      from: START,
      to: end,
      unpriced: 0,
    });
    // Equity 0.5 against 0.905; one unit closed at a mark of 90.5.
    const hour = { liquidations: 1, notional: '90.500000', deficit: '0.405000', badDebt: '0.000000' };
    const calm = { liquidations: 0, notional: '0.000000', deficit: '0.000000', badDebt: '0.000000' };
    expect(byHour).toEqual([
      { hour: START, ...calm },
      { hour: START + HOUR, ...hour },
      { hour: START + 2 * HOUR, ...calm },
    ]);
    expect(totals).toEqual({ cases: 1, ...hour, fills: 1 });
    expect(waterfall.stages).toEqual([{ entry: 0, stage: 'full', entered: 1, skipped: 0, reasons: {} }]);
    expect(waterfall.transfers.map(({ reason, count }) => [reason, count])).toEqual([['realised', 1]]);
    expect(waterfall).toMatchObject({
      adl: [],
      funds: [],
      venuePositions: [],
      conservation: [{ asset: 'USD', sum: '0.000000000000000000' }],
    });
    expect(stateHash).toMatch(/^[0-9a-f]{64}$/);
  });

  test('a gap through the bankruptcy price leaves bad debt, in the hour of the breach', async () => {
    // Breached 30 s before the hour ends, at a mark beyond the limit; the order without one follows 30 s later, in the next hour.
    const directory = candles('gap', [
      [58, 100, 100, 100, 100],
      [59, 100, 100, 80, 80],
      [60, 80, 80, 80, 80],
      [61, 80, 80, 80, 80],
    ]);
    const { byHour, totals } = await replayed(directory, { book });
    expect(byHour.map(({ hour, liquidations }) => [hour, liquidations])).toEqual([
      [START, 1],
      [START + HOUR, 0],
    ]);
    expect(totals).toMatchObject({ cases: 1, liquidations: 1, fills: 1, notional: '80.000000', deficit: '10.800000' });
    // 90 less what the sale brought: 80, moved by a slippage that is small for so small an order.
    expect(Number(totals.badDebt)).toBeGreaterThanOrEqual(10);
    expect(Number(totals.badDebt)).toBeLessThan(10.1);
  });

  test('what nobody takes is the venue’s, valued at the last mark', async () => {
    const policy = join(folder, 'take-over.json');
    const stages = [{ stage: 'adl', method: 'queue', price: 'bankruptcy' }];
    writeFileSync(policy, JSON.stringify({ version: 1, name: 'take-over', title: 'Nobody', sources: [], stages }));
    const directory = candles('taken', [
      [0, 100, 100, 80, 80],
      [1, 75.5, 75.5, 75.5, 75.5],
    ]);
    const { waterfall, totals } = await replayed(directory, { book, policy });
    expect(totals).toMatchObject({ cases: 1, fills: 0, badDebt: '0.000000' });
    expect(waterfall.venuePositions).toEqual([
      { market: 'X', size: '1', asset: 'USD', entryCost: '100', mark: '75.5', unrealizedPnl: '-24.5' },
    ]);
    // It took it over at 90, with the 10 that were lost by then: 14.5 are its own.
    expect(waterfall.conservation[0].accounts.venue).toBe('10.000000000000000000');
  });

  test('a case that recovers before anything is closed is no liquidation', async () => {
    const directory = candles('recovered', [
      [0, 100, 100, 90.5, 99],
      [1, 99, 99, 99, 99],
    ]);
    expect((await replayed(directory, { book })).totals).toMatchObject({
      cases: 1,
      liquidations: 0,
      fills: 0,
      notional: '0.000000',
    });
  });

  test('only the bars of the range are visited', async () => {
    const directory = candles('range', [
      [0, 100, 100, 50, 50],
      [1, 100, 100, 100, 100],
      [2, 100, 100, 100, 100],
      [3, 100, 100, 50, 50],
    ]);
    const range = { fromMs: START + 60_000, toMs: START + 180_000 };
    const { ticks, from, to, totals } = await replayed(directory, { book, ...range });
    expect({ ticks, from, to }).toEqual({ ticks: 8, from: START + 60_000, to: START + 165_000 });
    expect(totals.cases).toBe(0);
  });
});

describe('a made-up book', () => {
  const bars = Array.from({ length: 120 }, (_, minute): Bar => {
    const price = minute < 60 ? 100 : 100 - (minute - 59) * 0.4;
    return [minute, price, price + 0.1, price - 0.2, price];
  });
  const directory = candles('crash', bars);

  test('gives the same for the same inputs, and the hours add up', async () => {
    const first = await replayed(directory);
    expect(await replayed(directory)).toEqual(first);
    expect(first).toMatchObject({ seed: 7, positions: 2000, ticks: 480 });
    const { byHour, totals } = first;
    expect(byHour[1].liquidations).toBeGreaterThan(byHour[0].liquidations);
    expect(byHour[0].liquidations + byHour[1].liquidations).toBe(totals.liquidations);
    expect(totals.liquidations).toBeLessThanOrEqual(totals.cases);
    const sum = (key: 'deficit' | 'badDebt' | 'notional') => byHour.reduce((all, hour) => all + Number(hour[key]), 0);
    for (const key of ['deficit', 'badDebt', 'notional'] as const) expect(sum(key)).toBeCloseTo(Number(totals[key]), 4);
  });
});

test('nothing to work on is said as such', async () => {
  const directory = candles('nothing', [[0, 100, 100, 100, 100]]);
  const failed = replayed(directory, { book, fromMs: START + HOUR });
  await expect(failed).rejects.toThrow(PlimsollError);
  await expect(failed).rejects.toMatchObject({ code: 'nothing-to-do' });
});
