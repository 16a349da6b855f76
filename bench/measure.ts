/** Timing: warm-up, repetitions, and what is left of them. Knows nothing of what it times. */

export interface Spread {
  readonly medianMs: number;
  readonly p10Ms: number;
  readonly p90Ms: number;
}

/** A line of `bench --json`. What a benchmark does not measure is null. */
export interface BenchResult {
  readonly name: string;
  readonly backend: string;
  readonly positions: number;
  readonly portfolios: number;
  readonly threads: number;
  readonly medianMs: number;
  readonly p10Ms: number;
  readonly p90Ms: number;
  readonly positionsPerSecond: number | null;
  readonly bytesPerSecond: number | null;
  readonly shareOfReadBandwidth: number | null;
  readonly verified: boolean;
  /** What else it found, by name: ratios and counts. */
  readonly figures: Readonly<Record<string, number>>;
}

export function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
}

export function spreadOf(times: readonly number[]): Spread {
  const sorted = times.toSorted((a, b) => a - b);
  return { medianMs: quantile(sorted, 0.5), p10Ms: quantile(sorted, 0.1), p90Ms: quantile(sorted, 0.9) };
}

const RUNS_MIN = 11;
const RUNS_MAX = 200;
const WARMUP_RUNS = 3;
const BUDGET_MS = 3000;

/** Runs several contenders in turn, so that what the machine does meanwhile hits them all. */
export function measureTogether(contenders: readonly (() => void)[]): Spread[] {
  for (const run of contenders) for (let i = 0; i < WARMUP_RUNS; i++) run();
  const times = contenders.map((): number[] => []);
  const start = performance.now();
  for (let i = 0; i < RUNS_MAX && (i < RUNS_MIN || performance.now() - start < BUDGET_MS); i++) {
    for (const [c, run] of contenders.entries()) {
      const before = performance.now();
      run();
      times[c].push(performance.now() - before);
    }
  }
  return times.map(spreadOf);
}
