/** A thread that runs one seed after the other. */
import { parentPort } from 'node:worker_threads';
import type { Job, SeedResult } from './pool.js';
import { Simulation, SimulationFailure } from './simulation.js';

parentPort?.on('message', ({ seed, records }: Job) => {
  const simulation = new Simulation({ seed, records });
  let failure: SeedResult['failure'] = null;
  try {
    simulation.run();
  } catch (error) {
    const seen = error instanceof SimulationFailure ? error : null;
    failure = { seed, records, record: seen?.record ?? 0, message: seen?.message ?? String(error) };
  }
  const { records: done, refused, kills, counts } = simulation.tally;
  parentPort?.postMessage({ tally: { records: done, refused, kills, counts: [...counts] }, failure } satisfies SeedResult);
});
