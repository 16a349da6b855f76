/** The results table: every number of a recorded run as it stands there, in words a reader knows. */
import { expect, it } from 'vitest';
import type { BenchReport } from '../../bench/main.js';
import type { BenchResult } from '../../bench/measure.js';
import { resultsTable } from '../../bench/table.js';

const scan: BenchResult = {
  name: 'full-scan',
  backend: 'cpu',
  positions: 10_000_000,
  portfolios: 3_160_526,
  threads: 2,
  medianMs: 5.4321,
  p10Ms: 5.1,
  p90Ms: 6.25,
  positionsPerSecond: 1.84e9,
  bytesPerSecond: 1.7e10,
  shareOfReadBandwidth: 0.512,
  verified: true,
  figures: { timesPlainLoop: 19.34, liquidatable: 34_509, falseNominations: 23, falseShare: 0.00067 },
};

const report: BenchReport = {
  version: 1,
  machine: {
    cpu: 'AMD EPYC',
    threads: 2,
    memoryBytes: 24 * 2 ** 30,
    node: 'v20.20.2',
    v8: '11.3',
    platform: 'linux x64',
    readBytesPerSecond: 18 * 2 ** 30,
    readBytesPerSecondAllThreads: 30 * 2 ** 30,
  },
  backends: { js: 'typed arrays', cpu: 'avx512' },
  tiers: '349 real tables',
  results: [scan],
  notMeasured: ['cuda: skipped, no driver'],
};

it('has the machine, a row for each result and what was not measured', () => {
  expect(resultsTable(report)).toBe(`\
AMD EPYC, 2 threads, 24.0 GiB, Node v20.20.2, linux x64; reads 18.0 GiB a second on one thread, 30.0 GiB on all. \
\`js\`: typed arrays, \`cpu\`: avx512. The book is under 349 real tables.

| what | backend × threads | positions | median (p10 to p90) | positions/s | of read bandwidth | beside |
|---|---|---|---|---|---|---|
| full scan | cpu × 2 | 10.0 M | 5.43 ms (5.1 to 6.25) | 1.84 G | 51.2 % | \
19.3 × as fast as a plain loop, 23 false nominations on 34,509 |

Not measured: cuda: skipped, no driver.
`);
});

it('says where an answer was wrong, and what it has no words for by its name', () => {
  const results = [{ ...scan, verified: false, shareOfReadBandwidth: null, figures: { somethingNew: 1234.5 } }];
  const [, , , , row] = resultsTable({ ...report, results, notMeasured: [] }).split('\n');
  expect(row).toBe('| full scan (WRONG) | cpu × 2 | 10.0 M | 5.43 ms (5.1 to 6.25) | 1.84 G |  | somethingNew 1,235 |');
});
