/** Runs seeds over worker threads: each takes the next seed when it is done with one. Knows no run. */
import { Worker } from 'node:worker_threads';
import { Tally } from './tally.js';

export interface Job {
  readonly seed: number;
  readonly records: number;
}

export interface Failure extends Job {
  readonly record: number;
  readonly message: string;
}

/** What a worker answers for one seed. */
export interface SeedResult {
  readonly tally: {
    readonly records: number;
    readonly refused: number;
    readonly kills: number;
    readonly counts: readonly (readonly [string, number])[];
  };
  readonly failure: Failure | null;
}

export interface Jobs {
  readonly jobs: readonly Job[];
  readonly threads: number;
  /** Told as soon as it is seen. */
  readonly onFailure: (failure: Failure) => void;
}

export async function runJobs({ jobs, threads, onFailure }: Jobs): Promise<{ tally: Tally; failures: number }> {
  const tally = new Tally();
  let [next, failures] = [0, 0];
  const work = async (): Promise<void> => {
    const worker = new Worker(new URL('./worker.js', import.meta.url));
    try {
      while (next < jobs.length) {
        const result = await ask(worker, jobs[next++]);
        tally.merge(result.tally);
        if (result.failure === null) continue;
        failures += 1;
        onFailure(result.failure);
      }
    } finally {
      await worker.terminate();
    }
  };
  await Promise.all(Array.from({ length: Math.min(threads, jobs.length) }, work));
  return { tally, failures };
}

function ask(worker: Worker, job: Job): Promise<SeedResult> {
  return new Promise((resolve, reject) => {
    const onMessage = (result: SeedResult): void => {
      worker.off('error', reject);
      resolve(result);
    };
    worker.once('message', onMessage);
    worker.once('error', reject);
    worker.postMessage(job);
  });
}
