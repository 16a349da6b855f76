/** The benchmarks, run tiny: each answers right, and prints what the contract says. How long it took is nobody's business here. */
import { afterAll, describe, expect, test } from 'vitest';
import type { BenchmarkName, BenchReport } from '../../bench/main.js';
import type { BenchResult } from '../../bench/measure.js';
import { killAll, plimsoll } from '../serve/process.js';

const POSITIONS = 20_000;
const COLUMNS = [
  'backend',
  'bytesPerSecond',
  'figures',
  'medianMs',
  'name',
  'p10Ms',
  'p90Ms',
  'portfolios',
  'positions',
  'positionsPerSecond',
  'shareOfReadBandwidth',
  'threads',
  'verified',
];

afterAll(killAll);

interface Options {
  readonly backend?: string;
  /** What it says is not measured here, in this order. */
  readonly skips?: readonly RegExp[];
}

/** Backends that this machine lacks; what a benchmark itself leaves out comes after its start. */
const ABSENT = /^(cpu|cuda|tfjs): skipped, /;

async function bench(
  only: readonly BenchmarkName[],
  { backend = 'auto', skips = [] }: Options = {},
): Promise<readonly BenchResult[]> {
  const args = ['--positions', String(POSITIONS), '--only', only.join(','), '--backend', backend, '--json'];
  const { code, stdout, stderr } = await plimsoll('bench', ...args);
  expect({ code, stderr }).toMatchObject({ code: 0 });
  const said = stderr.split('\n').filter((line) => !ABSENT.test(line));
  const started = only.map((name) => `${name}, ${POSITIONS} positions`);
  expect(said.filter((line) => started.includes(line))).toEqual(started);
  const skipped = said.filter((line) => line !== '' && !started.includes(line));
  expect(skipped).toEqual(skips.map((skip) => expect.stringMatching(skip)));
  const report = JSON.parse(stdout) as BenchReport;
  expect(Object.keys(report).sort()).toEqual(['backends', 'machine', 'notMeasured', 'results', 'tiers', 'version']);
  expect(report.notMeasured.filter((what) => !ABSENT.test(what))).toEqual(skipped);
  expect(report).toMatchObject({
    version: 1,
    tiers: expect.any(String),
    machine: {
      cpu: expect.any(String),
      node: process.version,
      threads: expect.any(Number),
      readBytesPerSecond: expect.any(Number),
    },
  });
  for (const result of report.results) {
    expect(Object.keys(result).sort()).toEqual(COLUMNS);
    expect(result).toMatchObject({ positions: POSITIONS, verified: true });
    expect(result.portfolios).toBeGreaterThan(1_000);
    expect(result.p10Ms).toBeGreaterThan(0);
    expect(result.medianMs).toBeGreaterThanOrEqual(result.p10Ms);
    expect(result.p90Ms).toBeGreaterThanOrEqual(result.medianMs);
    for (const figure of Object.values(result.figures)) expect(Number.isFinite(figure)).toBe(true);
  }
  return report.results;
}

const named = (results: readonly BenchResult[], wanted: string): BenchResult[] => results.filter(({ name }) => name === wanted);
const of = (results: readonly BenchResult[], backend: string): BenchResult[] =>
  results.filter((result) => result.backend === backend);

describe.concurrent('bench --json', () => {
  const timeout = 120_000;

  test('those on a loaded book, with every backend that is here, and those of the store', { timeout }, async () => {
    const all = await bench([
      'full-scan',
      'peers',
      'statistics',
      'marks-to-nominees',
      'hot-set',
      'adl',
      'near-line',
      'updates',
      'memory',
      'snapshot',
    ]);
    const scans = named(all, 'full-scan');
    const [js] = of(scans, 'js');
    const [plain] = of(scans, 'plain-loop');
    expect(of(scans, 'tfjs')).toHaveLength(1);
    expect(js.figures.liquidatable).toBeGreaterThan(0);
    expect(Math.abs(plain.figures.liquidatable - js.figures.liquidatable)).toBeLessThanOrEqual(2);
    expect(js.figures.falseNominations).toBeGreaterThanOrEqual(0);
    expect(js.figures.timesPlainLoop).toBeCloseTo(plain.medianMs / js.medianMs, 6);
    expect(js.positionsPerSecond).toBeCloseTo((POSITIONS / js.medianMs) * 1000, 0);
    for (const [i, { threads, figures, shareOfReadBandwidth }] of of(scans, 'cpu').entries()) {
      if (i === 0) expect(threads).toBe(1);
      else expect(threads).toBeGreaterThan(1);
      expect(figures.timesPlainLoop).toBeGreaterThan(0);
      expect(shareOfReadBandwidth).toBeGreaterThan(0);
    }

    const peers = named(all, 'peers');
    expect(of(peers, 'duckdb').length).toBeGreaterThan(0);
    for (const { figures, medianMs } of of(peers, 'duckdb'))
      expect(figures.timesJs).toBeCloseTo(medianMs / of(peers, 'js')[0].medianMs, 6);

    for (const { figures } of named(all, 'statistics')) expect(figures.timesWithout).toBeGreaterThan(0);
    for (const { figures } of named(all, 'marks-to-nominees')) {
      expect(figures.p99Ms).toBeGreaterThanOrEqual(figures.p50Ms);
      expect(figures.maxMs).toBeGreaterThanOrEqual(figures.p99Ms);
    }
    const walks = named(all, 'hot-set');
    expect(of(walks, 'js').map(({ figures }) => figures.volatility)).toEqual([1, 3]);
    for (const { figures } of walks) {
      expect(figures.timesFullScan).toBeGreaterThan(0);
      expect(figures.fullScanShare).toBeGreaterThan(0);
      expect(figures.fullScanShare).toBeLessThan(0.5);
      expect(figures.hotLanes).toBeGreaterThan(0);
    }
    expect(named(all, 'updates')).toHaveLength(1);
    expect(named(all, 'verdict-four-rows')).toHaveLength(1);
    for (const name of ['snapshot-save', 'snapshot-restore']) expect(named(all, name)[0].figures.megabytes).toBeGreaterThan(1);
    expect(named(all, 'memory')[0].figures.bytesPerPosition).toBeGreaterThan(16);
  });

  test('of the backend that is asked for', { timeout }, async () => {
    const skips = [/^uploads: skipped, /];
    const [js, plain, haircut, without] = await bench(['full-scan', 'uploads', 'multi-asset'], { backend: 'js', skips });
    expect([js.backend, plain.backend]).toEqual(['js', 'plain-loop']);
    expect([haircut.name, without.name]).toEqual(['multi-asset', 'multi-asset-plain']);
    expect(haircut.positions).toBe(without.positions);
    expect(haircut.figures.groupedShare).toBeGreaterThan(0);
    expect(haircut.figures.groupedShare).toBeLessThan(0.1);
  });

  test('latency, and ticks served', { timeout }, async () => {
    const [latency, serve] = await bench(['latency', 'serve-10m']);
    expect(latency.figures.answered).toBeGreaterThan(0);
    expect(latency.figures.p99Ms).toBeGreaterThanOrEqual(latency.figures.p50Ms);
    expect(latency.figures.maxMs).toBeGreaterThanOrEqual(latency.figures.p99Ms);
    expect(serve.figures.ticks + serve.figures.conflated).toBe(serve.figures.sent);
    expect(serve.figures.loopDelayMaxMs).toBeGreaterThanOrEqual(serve.figures.loopDelayP99Ms);
  });

  test('burst', { timeout }, async () => {
    const [{ figures }] = await bench(['burst']);
    expect(figures.breached).toBe(11_279);
  });
});

test('an unknown benchmark exits 2', async () => {
  const { code, stdout, stderr } = await plimsoll('bench', '--only', 'everything');
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toBe(
    '--only: expected one of full-scan, peers, statistics, uploads, marks-to-nominees, hot-set, adl, near-line, updates, memory, journal, snapshot, latency, fan-out, burst, multi-asset, serve-10m, was "everything"\n',
  );
});
