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

async function bench(only: BenchmarkName): Promise<readonly BenchResult[]> {
  const { code, stdout, stderr } = await plimsoll('bench', '--positions', String(POSITIONS), '--only', only, '--json');
  expect({ code, stderr }).toEqual({ code: 0, stderr: `${only}, ${POSITIONS} positions\n` });
  const report = JSON.parse(stdout) as BenchReport;
  expect(Object.keys(report).sort()).toEqual(['machine', 'results', 'tiers', 'version']);
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

describe.concurrent('bench --json', () => {
  const timeout = 90_000;

  test('multi-asset', { timeout }, async () => {
    const [haircut, plain] = await bench('multi-asset');
    expect([haircut.name, plain.name]).toEqual(['multi-asset', 'multi-asset-plain']);
    expect(haircut.positions).toBe(plain.positions);
    expect(haircut.figures.groupedShare).toBeGreaterThan(0);
    expect(haircut.figures.groupedShare).toBeLessThan(0.1);
  });

  test('full-scan, updates and memory', { timeout }, async () => {
    const [js, plain] = await bench('full-scan');
    expect([js.name, js.backend, plain.name, plain.backend]).toEqual(['full-scan', 'js', 'full-scan', 'plain-loop']);
    expect(js.figures.liquidatable).toBeGreaterThan(0);
    expect(Math.abs(plain.figures.liquidatable - js.figures.liquidatable)).toBeLessThanOrEqual(2);
    expect(js.figures.falseNominations).toBeGreaterThanOrEqual(0);
    expect(js.figures.timesPlainLoop).toBeCloseTo(plain.medianMs / js.medianMs, 6);
    expect(js.positionsPerSecond).toBeCloseTo((POSITIONS / js.medianMs) * 1000, 0);
    expect((await bench('updates')).map(({ name }) => name)).toEqual(['updates', 'verdict-four-rows']);
    const [memory] = await bench('memory');
    expect(memory.figures.bytesPerPosition).toBeGreaterThan(16);
  });

  test('latency', { timeout }, async () => {
    const [{ figures }] = await bench('latency');
    expect(figures.answered).toBeGreaterThan(0);
    expect(figures.p99Ms).toBeGreaterThanOrEqual(figures.p50Ms);
    expect(figures.maxMs).toBeGreaterThanOrEqual(figures.p99Ms);
  });

  test('burst', { timeout }, async () => {
    const [{ figures }] = await bench('burst');
    expect(figures.breached).toBe(11_279);
  });
});

test('an unknown benchmark exits 2', async () => {
  const { code, stdout, stderr } = await plimsoll('bench', '--only', 'everything');
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toBe(
    '--only: expected one of full-scan, updates, memory, latency, fan-out, burst, multi-asset, was "everything"\n',
  );
});
