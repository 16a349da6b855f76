import { describe, expect, test } from 'vitest';
import { byteSize, compact, duration, grouped } from '../../src/cli/format.js';
import { Progress } from '../../src/cli/progress.js';
import { StatusLine } from '../../src/cli/status.js';
import { formatTable } from '../../src/cli/table.js';
import type { EngineStats } from '../../src/engine/link.js';
import { recordingStream } from './streams.js';

describe('numbers for people', () => {
  test.each([
    [0, '0'],
    [-1234.4, '-1,234'],
    [999, '999'],
    [1e6, '1,000,000'],
  ])('grouped %d', (value, text) => expect(grouped(value)).toBe(text));

  test.each([
    [0, '0'],
    [999, '999'],
    [1000, '1.00 k'],
    [9994, '9.99 k'],
    [9996, '10.0 k'],
    [99_960, '100 k'],
    [999_999, '1.00 M'],
    [-2_345_678, '-2.35 M'],
    [4.2e9, '4.20 G'],
    [1e15, '1000 T'],
  ])('compact %d', (value, text) => expect(compact(value)).toBe(text));

  test('bytes and durations', () => {
    expect([0, 1023, 1024, 1.5 * 2 ** 30].map(byteSize)).toEqual(['0 B', '1023 B', '1.0 KiB', '1.5 GiB']);
    expect([3.4, 999.6, 4200, 59_949, 59_951, 303_000].map(duration)).toEqual([
      '3 ms',
      '1000 ms',
      '4.2 s',
      '59.9 s',
      '1 min 00 s',
      '5 min 03 s',
    ]);
  });
});

describe('formatTable', () => {
  test('aligns numbers right and words left', () => {
    const rows = [
      ['alice', '-50.00', '12 %'],
      ['bob/BTCUSDT', '1,234.50', '-'],
    ];
    expect(formatTable(['portfolio', 'equity', 'share'], rows)).toBe(
      [
        'portfolio      equity  share',
        '-----------  --------  -----',
        'alice          -50.00   12 %',
        'bob/BTCUSDT  1,234.50      -',
        '',
      ].join('\n'),
    );
  });

  test('without rows shows its header', () => {
    expect(formatTable(['a', 'long name'], [])).toBe('a  long name\n-  ---------\n');
  });
});

/** A clock that stands still until it is told. */
function clock(startMs = 0): { ms: number; now: () => number } {
  const it = { ms: startMs, now: () => it.ms };
  return it;
}

describe('Progress', () => {
  test('writes nothing where there is no terminal', () => {
    const stream = recordingStream();
    const progress = new Progress(stream, 'loading', 10, clock().now);
    progress.update(5);
    progress.finish();
    expect(stream.text).toBe('');
  });

  test('is rewritten in place, not too often, and leaves nothing behind', () => {
    const stream = recordingStream({ isTTY: true, columns: 60 });
    const time = clock();
    const progress = new Progress(stream, 'loading', 4000, time.now);
    progress.update(0);
    time.ms = 99;
    progress.update(500);
    time.ms = 1000;
    progress.update(1000);
    expect(stream.text).toBe('\rloading  0 %  0 of 4,000\u001b[K\rloading  25 %  1,000 of 4,000  1.00 k/s  3.0 s left\u001b[K');
    stream.text = '';
    progress.finish();
    progress.finish();
    expect(stream.text).toBe('\r\u001b[K');
  });

  test('without a known total counts, and never wraps', () => {
    const stream = recordingStream({ isTTY: true, columns: 20 });
    const time = clock();
    const progress = new Progress(stream, 'reading accounts', Number.POSITIVE_INFINITY, time.now);
    time.ms = 2000;
    progress.update(3_000_000);
    expect(stream.text).toBe('\rreading accounts  3\u001b[K');
  });
});

const STATS: EngineStats = {
  backend: 'js',
  accounts: 3,
  portfolios: 4,
  positions: 1_000_000,
  ticks: 0,
  conflated: 0,
  priceEpoch: 1,
  tickTimeUs: 1_569_350_000_000_000,
  tickMs: 2,
  lagMs: 3,
  nominees: 312,
  unpriced: 0,
  liquidatable: 12,
  insolvent: 0,
  deficit: 1_234_567.8,
  openCases: 2,
  liveOrders: 1,
  unknownOrders: 0,
  liquidations: 4301,
};

describe('StatusLine', () => {
  test('live, on a terminal: rate and lag since it was last shown, in place', () => {
    const stream = recordingStream({ isTTY: true, columns: 200 });
    const time = clock(1_569_350_000_000);
    const status = new StatusLine(stream, 'live', time.now);
    time.ms += 199;
    status.update({ ...STATS, ticks: 10 });
    expect(stream.text).toBe('');
    time.ms += 301;
    status.update({ ...STATS, ticks: 20, tickTimeUs: (time.ms - 3) * 1000 });
    const line = '20  liquidations 4,301  deficit 1.23 M  nominees 312  40.0 M positions/s';
    expect(stream.text).toBe(`\rlag 3 ms  ticks ${line}\u001b[K`);
    time.ms += 1000;
    stream.text = '';
    status.finish({ ...STATS, ticks: 22, unpriced: 5, tickTimeUs: time.ms * 1000 });
    expect(stream.text).toContain('ticks 22  ');
    expect(stream.text).toContain('2.00 M positions/s');
    expect(stream.text).toContain('  unpriced 5  ');
  });

  test('what is logged has a line of its own, and the live one goes on below it', () => {
    const terminal = recordingStream({ isTTY: true, columns: 200 });
    const time = clock(0);
    const status = new StatusLine(terminal, 'live', time.now);
    status.log('early');
    expect(terminal.text).toBe('early\n');
    time.ms += 500;
    status.update(STATS);
    terminal.text = '';
    status.log('late');
    expect(terminal.text).toBe('\r\u001b[Klate\n');
    const file = recordingStream();
    new StatusLine(file, 'live', time.now).log('late');
    expect(file.text).toBe('late\n');
  });

  test('replay, into a file: a line every five seconds with the time of the prices', () => {
    const stream = recordingStream();
    const time = clock(5000);
    const status = new StatusLine(stream, 'replay', time.now);
    time.ms = 9999;
    status.update({ ...STATS, ticks: 10 });
    time.ms = 10_000;
    status.update({ ...STATS, ticks: 50 });
    expect(stream.text).toBe(
      '2019-09-24T18:33:20  ticks 50  liquidations 4,301  deficit 1.23 M  nominees 312  10.0 M positions/s\n',
    );
  });
});
