/** Full scan of the standard book on every backend, against the plain loop on the same book in the same run. */
import type { Backend, Nominations } from '../src/scan/backend.js';
import { type Contender, isOf } from './contenders.js';
import { type Machine, readBandwidthOf } from './machine.js';
import { type BenchResult, measureTogether, type Spread } from './measure.js';
import { fullPass, nominations, type Subject } from './subject.js';

/** The rates of a scan that took so long, and the share of what so many threads can read at best. A device has memory of its own. */
export function rates(subject: Subject, { backend, threads }: Contender, { medianMs }: Spread, machine: Machine) {
  const bytesPerSecond = (subject.bytes / medianMs) * 1000;
  const readBytesPerSecond = backend.name === 'cuda' ? null : readBandwidthOf(machine, threads);
  return {
    positionsPerSecond: (subject.size.positions / medianMs) * 1000,
    bytesPerSecond,
    shareOfReadBandwidth: readBytesPerSecond === null ? null : bytesPerSecond / readBytesPerSecond,
  };
}

/** How many times as long another contender took: of `cpu` the fastest; nothing of what did not take part. */
export function timesOf(name: Backend['name'], contenders: readonly Contender[], spreads: readonly Spread[], ms: number) {
  const times = spreads
    .filter((_, i) => contenders[i] !== undefined && isOf(name)(contenders[i]))
    .map(({ medianMs }) => medianMs);
  return times.length === 0 ? null : ms / Math.min(...times);
}

export async function benchFullScan(subject: Subject, machine: Machine): Promise<BenchResult[]> {
  const { scanner, contenders, checked, plain } = subject;
  const { liquidatable, falseNominations } = checked;
  const verified = contenders.map(({ backend }) => {
    const found = nominations();
    backend.scan(fullPass(scanner, found));
    return subject.isRight(found);
  });
  const plainFound = plain.scan();
  const into: Nominations = nominations();
  const pass = fullPass(scanner, into);
  const scans = contenders.map(
    ({ backend }) =>
      () =>
        backend.scan(pass),
  );
  const spreads = await measureTogether([...scans, () => void plain.scan()]);
  const [loop] = spreads.slice(-1);
  const results = contenders.map((contender, i): BenchResult => {
    const { backend, threads } = contender;
    const timesCpu = backend.name === 'cpu' ? null : timesOf('cpu', contenders, spreads, spreads[i].medianMs);
    return {
      name: 'full-scan',
      backend: backend.name,
      ...subject.size,
      threads,
      ...spreads[i],
      ...rates(subject, contender, spreads[i], machine),
      verified: verified[i],
      figures: {
        timesPlainLoop: loop.medianMs / spreads[i].medianMs,
        ...(timesCpu === null ? {} : { timesCpu }),
        liquidatable,
        falseNominations,
        falseShare: falseNominations / liquidatable,
      },
    };
  });
  return [
    ...results,
    {
      name: 'full-scan',
      backend: 'plain-loop',
      ...subject.size,
      threads: 1,
      ...loop,
      positionsPerSecond: (subject.size.positions / loop.medianMs) * 1000,
      bytesPerSecond: null,
      shareOfReadBandwidth: null,
      // It has no bound: it may be off by those within a rounding of the line.
      verified: Math.abs(plainFound - liquidatable) <= 2,
      figures: { liquidatable: plainFound },
    },
  ];
}
