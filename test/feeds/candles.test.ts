/** Candle files: what is read, what is refused and how it is said, the ticks of a bar, and a real crash day. */
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Candle, type CandleSet, candleTicks, openingPrices, readCandles } from '../../feeds/candles.js';
import { compareDecimals, type Decimal, decimalToNumber, formatDecimal, parseDecimal } from '../../src/model/decimal.js';
import { PlimsollError } from '../../src/model/errors.js';
import { syntheticInstruments } from '../../src/synthetic/instruments.js';

const HEADER = 'timestamp_ms,open,high,low,close,volume';
const CRASH = fileURLToPath(new URL('../../../shared/data/crash-2019-09-24', import.meta.url));
const MINUTE = 'milliseconds on the minute, the minute within 9007199254740';
const CRASH_DAY_MS = 1569283200000;

function instruments(...symbols: string[]) {
  return syntheticInstruments(
    symbols.map((id) => ({ id, base: id, price: parseDecimal('1') })),
    'USD',
  );
}

function candle(timeMs: number, ...prices: string[]): Candle {
  const [open, high, low, close] = prices.map((price) => parseDecimal(price));
  return { timeMs, open, high, low, close };
}

function candleSet(candles: Record<string, Candle[]>): CandleSet {
  return { candles: new Map(Object.entries(candles)) };
}

/** `[seconds, { market index: price }]` of every tick. */
function ticksOf(set: CandleSet, symbols: string[], range = {}) {
  return [...candleTicks(set, instruments(...symbols), range)].map(({ timeUs, marks }) => [
    timeUs / 1e6,
    Object.fromEntries(marks.map(({ market, price }) => [market, formatDecimal(price)])),
  ]);
}

describe('readCandles', () => {
  let directory = '';
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'plimsoll-candles-'));
  });
  afterEach(() => {
    rmSync(directory, { recursive: true });
  });

  function write(symbol: string, ...lines: string[]): void {
    writeFileSync(join(directory, `${symbol}.csv`), [HEADER, ...lines, ''].join('\n'));
  }

  function failure(): PlimsollError {
    try {
      readCandles(directory);
    } catch (error) {
      if (error instanceof PlimsollError) return error;
      throw error;
    }
    throw new Error('expected readCandles to fail');
  }

  it('reads every symbol, exact prices, volumes with exponents, and nothing but .csv files', () => {
    write('ETHUSD', '60000,201.21,201.24,200.79,200.88,1.5e-05');
    write('BTCUSD', '0,9708.5,9711.8,9703,9703,3.56642744', '120000,9703,9703.123456789,9703,9703,0');
    writeFileSync(join(directory, 'README.md'), 'not bars');
    const { candles } = readCandles(directory);
    expect([...candles.keys()]).toEqual(['BTCUSD', 'ETHUSD']);
    expect(candles.get('BTCUSD')?.map(({ timeMs, high }) => [timeMs, formatDecimal(high)])).toEqual([
      [0, '9711.8'],
      [120000, '9703.123456789'],
    ]);
  });

  it('takes lines that end in CR LF and a last line without an end', () => {
    writeFileSync(join(directory, 'X.csv'), `${HEADER}\r\n0,1,2,1,2,0\r\n60000,1,2,1,2,0`);
    expect(readCandles(directory).candles.get('X')?.length).toBe(2);
  });

  it.each([
    ['0,1,2,1,2', '6 columns', '5'],
    ['', '6 columns', '1'],
    ['0,1,2,1,2,0,0', '6 columns', '7'],
    ['zero,1,2,1,2,0', MINUTE, '"zero"'],
    ['-60000,1,2,1,2,0', MINUTE, '"-60000"'],
    ['60001,1,2,1,2,0', MINUTE, '"60001"'],
    ['9007199220000,1,2,1,2,0', MINUTE, '"9007199220000"'],
    ['999999999960000,1,2,1,2,0', MINUTE, '"999999999960000"'],
    ['0,1e0,2,1,2,0', 'a decimal such as "9700.5"', '"1e0"'],
    ['0,1,2,1,,0', 'a decimal such as "9700.5"', '""'],
    ['0,1,2,01,2,0', 'a decimal such as "9700.5"', '"01"'],
    ['0,1,2,0,2,0', 'a price above 0 and up to 10^30', '"0"'],
    ['0,1,2,-1,2,0', 'a price above 0 and up to 10^30', '"-1"'],
    [`0,1,1${'0'.repeat(31)},1,2,0`, 'a price above 0 and up to 10^30', `"1${'0'.repeat(31)}"`],
    ['0,1.5,1.4,1,1.2,0', 'a price at or above open, low and close', '"1.4"'],
    ['0,1,2,1,2.01,0', 'a price at or above open, low and close', '"2"'],
    ['0,1,2,3,2,0', 'a price at or above open, low and close', '"2"'],
    ['0,1,2,1.01,2,0', 'a price at or below open and close', '"1.01"'],
    ['0,2,2,1.5,1.4,0', 'a price at or below open and close', '"1.5"'],
    ['0,1,2,1,2,many', 'a number', '"many"'],
    ['0,1,2,1,2,', 'a number', '""'],
  ])('refuses the line %s', (line, expected, found) => {
    write('X', line, '600000,1,2,1,2,0');
    const { code, problems } = failure();
    expect(code).toBe('bad-input');
    expect(problems.length).toBe(1);
    expect(problems[0].where).toMatch(/\/X\.csv:2( [a-z_]+)?$/);
    expect(problems[0]).toMatchObject({ expected, found });
  });

  it('takes minutes years apart, and the last one whose every tick is a whole number of microseconds', () => {
    write('X', '0,1,2,1,2,0', '9007199160000,1,2,1,2,0');
    const times = [...candleTicks(readCandles(directory), instruments('X'), {})].map(({ timeUs }) => timeUs);
    expect(times.length).toBe(8);
    expect(times.every(Number.isSafeInteger)).toBe(true);
  });

  it('refuses times that do not grow, once each', () => {
    write('X', '120000,1,2,1,2,0', '120000,1,2,1,2,0', '60000,1,2,1,2,0', '180000,1,2,1,2,0');
    const { problems } = failure();
    expect(problems.map(({ where, expected }) => [where.slice(-20), expected])).toEqual([
      ['X.csv:3 timestamp_ms', 'a time after 120000'],
      ['X.csv:4 timestamp_ms', 'a time after 120000'],
    ]);
  });

  it('lists the problems of all files, in their order', () => {
    write('B', '0,1,2,1,2,x');
    write('A', '0,a,2,b,2,0', '1');
    writeFileSync(join(directory, 'C.csv'), 'time,price\n1,2\n');
    writeFileSync(join(directory, 'D.csv'), '');
    writeFileSync(join(directory, 'E E.csv'), HEADER);
    const places = failure().problems.map(({ where }) => where.slice(directory.length + 1));
    expect(places).toEqual(['A.csv:2 open', 'A.csv:2 low', 'A.csv:3', 'B.csv:2 volume', 'C.csv:1', 'D.csv:1', 'E E.csv']);
  });

  it('says nothing-to-do of a folder without bars', () => {
    expect(failure().code).toBe('nothing-to-do');
    write('X');
    expect(failure()).toMatchObject({ code: 'nothing-to-do', message: expect.stringContaining('expected <SYMBOL>.csv files') });
  });

  it('says bad-input of a folder that is not there, and of what cannot be read', () => {
    expect(() => readCandles(join(directory, 'none'))).toThrow(/none: expected a folder of candle files, was ENOENT/);
    mkdirSync(join(directory, 'X.csv'));
    expect(failure()).toMatchObject({ code: 'bad-input', message: expect.stringContaining('X.csv: expected a readable file') });
  });
});

describe('candleTicks', () => {
  it('visits the nearer extreme first, on a tie the low, exactly', () => {
    const order = (...prices: string[]) =>
      ticksOf(candleSet({ A: [candle(0, ...prices)] }), ['A']).map(([, marks]) => Object.values(marks)[0]);
    expect(order('10', '11', '8', '9')).toEqual(['10', '11', '8', '9']);
    expect(order('10', '13', '8', '9')).toEqual(['10', '8', '13', '9']);
    expect(order('10', '12', '8', '9')).toEqual(['10', '8', '12', '9']);
    // In float64 0.3 − 0.2 is below 0.2 − 0.1: exactly, it is a tie.
    expect(order('0.2', '0.3', '0.1', '0.2')).toEqual(['0.2', '0.1', '0.3', '0.2']);
    expect(order('0.2', '0.3', '0.0999999999999999999999', '0.2')[1]).toBe('0.3');
  });

  it('joins the markets of one time in one tick, skips missing minutes and unknown symbols', () => {
    const set = candleSet({
      A: [candle(0, '1', '1', '1', '1'), candle(120_000, '2', '2', '2', '2')],
      B: [candle(0, '5', '6', '3', '4'), candle(60_000, '7', '7', '7', '7')],
      C: [candle(30 * 60_000, '9', '9', '9', '9')],
    });
    expect(ticksOf(set, ['B', 'Z', 'A'])).toEqual([
      [0, { 0: '5', 2: '1' }],
      [15, { 0: '6', 2: '1' }],
      [30, { 0: '3', 2: '1' }],
      [45, { 0: '4', 2: '1' }],
      ...[60, 75, 90, 105].map((seconds) => [seconds, { 0: '7' }]),
      ...[120, 135, 150, 165].map((seconds) => [seconds, { 2: '2' }]),
    ]);
  });

  it('takes the candles of a half-open range, and the prices at its start', () => {
    const bars = [0, 1, 2, 3].map((minute) =>
      candle(minute * 60_000, `${minute + 1}`, `${minute + 1}`, `${minute + 1}`, `${minute + 1}`),
    );
    const set = candleSet({ A: bars, B: bars.slice(3) });
    const range = { fromMs: 60_000, toMs: 180_000 };
    expect(ticksOf(set, ['A', 'B'], range).map(([seconds]) => seconds)).toEqual([60, 75, 90, 105, 120, 135, 150, 165]);
    const opening = (of: object) =>
      Object.fromEntries([...openingPrices(set, of)].map(([id, price]) => [id, formatDecimal(price)]));
    expect(opening(range)).toEqual({ A: '2' });
    expect(opening({ fromMs: 60_000 })).toEqual({ A: '2', B: '4' });
    expect(ticksOf(set, ['A'], { fromMs: 240_000 })).toEqual([]);
  });

  it('gives index prices of series, one alone or over another, from the first point at which there is a price', () => {
    const set = candleSet({
      A: [candle(0, '5', '5', '5', '5'), candle(180_000, '6', '6', '6', '6')],
      P: [candle(0, '1', '4', '0.5', '2'), candle(120_000, '8', '8', '8', '8')],
      Q: [candle(60_000, '3', '3', '3', '3'), candle(180_000, '4', '4', '4', '4')],
    });
    const sources = [
      { asset: 1, series: 'P', over: null },
      { asset: 2, series: 'P', over: 'Q' },
    ];
    const told = [...candleTicks(set, instruments('A'), {}, sources)].map(({ timeUs, marks, indexes }) => [
      timeUs / 1e6,
      marks.map(({ price }) => formatDecimal(price)).join(),
      indexes?.map(({ asset, price }) => `${asset}: ${formatDecimal(price)}`),
    ]);
    const [twoThirds, eightThirds] = ['0.666666666666666667', '2.666666666666666667'];
    expect(told).toEqual([
      [0, '5', ['1: 1']],
      [15, '5', ['1: 0.5']],
      [30, '5', ['1: 4']],
      [45, '5', ['1: 2']],
      ...[60, 75, 90, 105].map((seconds) => [seconds, '', [`2: ${twoThirds}`]]),
      ...[120, 135, 150, 165].map((seconds) => [seconds, '', ['1: 8', `2: ${eightThirds}`]]),
      ...[180, 195, 210, 225].map((seconds) => [seconds, '6', ['2: 2']]),
    ]);
    expect([...candleTicks(set, instruments('A'), { fromMs: 180_000 }, sources)].map(({ indexes }) => indexes)).toEqual(
      Array(4).fill(undefined),
    );
  });

  it('rounds a quotient to 18 decimals, to nearest, ties to even', () => {
    const quotient = (a: string, b: string) => {
      const set = candleSet({ P: [candle(0, a, a, a, a)], Q: [candle(0, b, b, b, b)] });
      const [{ indexes }] = candleTicks(set, instruments('A'), {}, [{ asset: 1, series: 'P', over: 'Q' }]);
      return formatDecimal(indexes?.[0].price ?? parseDecimal('-1'));
    };
    expect(quotient('1', '3')).toBe('0.333333333333333333');
    expect(quotient('0.000000000000000001', '2')).toBe('0');
    expect(quotient('0.000000000000000003', '2')).toBe('0.000000000000000002');
    expect(quotient('20083.48', '23035.165')).toBe('0.871861781758454954');
  });

  it('never leaves the bar, ends at its close, and moves forward in time', () => {
    const price = fc.integer({ min: 1, max: 1_000_000 }).map((units): Decimal => ({ units: BigInt(units), decimals: 3 }));
    const bar = fc.tuple(price, price, price, price).map((prices) => {
      const [low, , , high] = [...prices].sort(compareDecimals);
      return { open: prices[0], high, low, close: prices[3] };
    });
    const series = fc.array(fc.tuple(fc.integer({ min: 0, max: 40 }), bar), { minLength: 1, maxLength: 20 }).map((rows) => {
      const byMinute = new Map(rows.map(([minute, prices]) => [minute, { timeMs: minute * 60_000, ...prices }]));
      return [...byMinute.values()].sort((a, b) => a.timeMs - b.timeMs);
    });
    fc.assert(
      fc.property(series, series, (a, b) => {
        const both = [a, b];
        let lastUs = -1;
        let points = 0;
        for (const { timeUs, marks } of candleTicks(candleSet({ A: a, B: b }), instruments('A', 'B'), {})) {
          expect(timeUs).toBeGreaterThan(lastUs);
          lastUs = timeUs;
          for (const { market, price: mark } of marks) {
            points += 1;
            const within = both[market].find(({ timeMs }) => timeUs - timeMs * 1000 >= 0 && timeUs - timeMs * 1000 < 60e6);
            if (within === undefined) throw new Error('expected a bar at the time of every mark');
            expect(compareDecimals(mark, within.low)).not.toBe(-1);
            expect(compareDecimals(mark, within.high)).not.toBe(1);
          }
        }
        expect(points).toBe(4 * (a.length + b.length));
      }),
    );
  });
});

describe('the crash of 24 September 2019', () => {
  it('replays whole: tick count, times, and the fall of BTC within the hour', ({ skip }) => {
    if (!existsSync(CRASH)) skip(`no ${CRASH}: the real candles are not here`);
    const set = readCandles(CRASH);
    const symbols = [...set.candles.keys()];
    expect(symbols).toEqual(['BTCUSD', 'EOSUSD', 'ETHUSD', 'IOTUSD', 'LTCUSD', 'NEOUSD', 'XRPUSD']);
    const minutes = new Set([...set.candles.values()].flatMap((candles) => candles.map(({ timeMs }) => timeMs)));
    const ticks = [...candleTicks(set, instruments(...symbols), {})];
    expect(ticks.length).toBe(4 * minutes.size);
    expect(ticks.every(({ timeUs }, n) => n === 0 || timeUs > ticks[n - 1].timeUs)).toBe(true);
    expect(ticks[0].timeUs).toBe(CRASH_DAY_MS * 1000);

    const btc = [...candleTicks(set, instruments('BTCUSD'), {})].map(({ timeUs, marks }) => [
      timeUs,
      decimalToNumber(marks[0].price),
    ]);
    const worst = btc.map(([timeUs, price]) => {
      const hour = btc.filter(([earlierUs]) => earlierUs <= timeUs && earlierUs > timeUs - 3600e6);
      return [price / Math.max(...hour.map(([, before]) => before)), timeUs];
    });
    const [fall, atUs] = worst.reduce((a, b) => (a[0] < b[0] ? a : b));
    expect(fall).toBeLessThan(0.88);
    expect(fall).toBeGreaterThan(0.8);
    expect(Math.floor((atUs / 1000 - CRASH_DAY_MS) / 3600e3)).toBeOneOf([18, 19]);
  });
});
