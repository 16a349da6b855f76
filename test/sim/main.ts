/** `npm run sim`: many seeds over worker threads, or one with a trace. */
import { execFileSync } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { type Failure, type Job, runJobs } from './pool.js';
import { REGRESSIONS } from './regressions.js';
import { Simulation, SimulationFailure } from './simulation.js';

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '20' },
    records: { type: 'string', default: '2000' },
    from: { type: 'string', default: '1' },
    threads: { type: 'string', default: String(availableParallelism()) },
    seed: { type: 'string' },
    /** Of a trace only lines with this text. */
    only: { type: 'string', default: '' },
  },
});

/** The last lines of a trace that are printed when it ends in a failure. */
const TRACED = 60;

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

function commit(): string {
  try {
    return execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim();
  } catch {
    return 'unknown';
  }
}

function tell({ seed, records, record, message }: Failure): void {
  say(`seed ${seed}, commit ${commit()}, record ${record}: ${message}`);
  say(`  replay: npm run sim -- --seed ${seed} --records ${records}`);
}

/** With a trace: all of it, or what came last before it failed. */
function one(seed: number, records: number): number {
  const lines: string[] = [];
  const trace = (line: string): void => {
    if (line.includes(values.only)) lines.push(line);
  };
  try {
    const { counts } = new Simulation({ seed, records, trace }).run();
    for (const line of lines) say(line);
    for (const [what, count] of counts) say(`${what}: ${count}`);
    return 0;
  } catch (error) {
    if (!(error instanceof SimulationFailure)) throw error;
    for (const line of lines.slice(-TRACED)) say(line);
    tell({ seed, records, record: error.record, message: error.message });
    if (error.cause instanceof Error) say(String(error.cause.stack));
    return 1;
  }
}

async function many(): Promise<number> {
  const [seeds, records, from, threads] = [values.seeds, values.records, values.from, values.threads].map(Number);
  const started = process.hrtime.bigint();
  const drawn = Array.from({ length: seeds }, (_, i): Job => ({ seed: from + i, records }));
  const { tally, failures } = await runJobs({ jobs: [...REGRESSIONS, ...drawn], threads, onFailure: tell });
  const elapsed = Number(process.hrtime.bigint() - started) / 1e9;
  for (const [what, count] of [...tally.counts].sort()) say(`${what}: ${count}`);
  say(
    `${seeds} seeds, ${REGRESSIONS.length} regressions, ${tally.records} records, ${tally.refused} refused, ${tally.kills} kills`,
  );
  say(`${failures} failures, ${elapsed.toFixed(1)} s, commit ${commit()}`);
  return failures === 0 ? 0 : 1;
}

process.exitCode = values.seed === undefined ? await many() : one(Number(values.seed), Number(values.records));
