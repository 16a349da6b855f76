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

const WARMUP_RUNS = 3;

/** At least so many runs, and more of them until the time is spent. */
export interface Effort {
  readonly runsMin: number;
  readonly runsMax: number;
  readonly budgetMs: number;
}

const EFFORT: Effort = { runsMin: 11, runsMax: 200, budgetMs: 3000 };

type Timed = () => unknown;
/** What is timed, and perhaps what must be done before each time and is not. */
export type Run = Timed | { readonly before: Timed; readonly run: Timed };

/** Runs several contenders in turn, so that what the machine does meanwhile hits them all. A promise is waited for. */
export async function measureTogether(
  contenders: readonly Run[],
  { runsMin, runsMax, budgetMs }: Effort = EFFORT,
): Promise<Spread[]> {
  const runs = contenders.map((each) => (typeof each === 'function' ? { before: null, run: each } : each));
  const times = contenders.map((): number[] => []);
  const time = async (c: number): Promise<number> => {
    const { before, run } = runs[c];
    await before?.();
    const start = performance.now();
    const pending = run();
    // Waiting for nothing would still cost a turn of the microtasks.
    if (pending instanceof Promise) await pending;
    return performance.now() - start;
  };
  for (const c of runs.keys()) for (let i = 0; i < Math.min(WARMUP_RUNS, runsMin); i++) await time(c);
  const start = performance.now();
  for (let i = 0; i < runsMax && (i < runsMin || performance.now() - start < budgetMs); i++)
    for (const c of runs.keys()) times[c].push(await time(c));
  return times.map(spreadOf);
}
