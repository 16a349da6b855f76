/** What slices that changed since the last scan cost a device: uploaded with the scan, against a scan of a book that did not change. */
import { CudaBackend } from '../src/backends/cuda.js';
import { LANES, type Shelf } from '../src/store/shelf.js';
import type { Note } from './contenders.js';
import { type BenchResult, measureTogether } from './measure.js';
import { fullPass, nominations, type Subject } from './subject.js';

const DIRTY_SLICES = [1, 1_000, 10_000] as const;
/** Spreads them over the book. */
const STRIDE = 101;

/** Marks so many slices as changed, each once; returns how many there were to mark. */
function makeDirty(shelves: readonly Shelf[], count: number): number {
  let marked = 0;
  for (let start = 0; start < STRIDE; start++) {
    for (const shelf of shelves) {
      for (let slice = start; slice < shelf.sliceCount; slice += STRIDE) {
        if (marked === count) return marked;
        shelf.markDirty(slice * LANES);
        marked += 1;
      }
    }
  }
  return marked;
}

export async function benchUploads(subject: Subject, note: Note): Promise<BenchResult[]> {
  const contender = subject.contenders.find(({ backend }) => backend instanceof CudaBackend);
  if (!(contender?.backend instanceof CudaBackend)) {
    note('uploads: skipped, only a device has a copy of the book');
    return [];
  }
  const { backend } = contender;
  const { scanner } = subject;
  const shelves = scanner.book.store.shelves.filter((shelf) => shelf !== undefined);
  const found = nominations();
  const pass = fullPass(scanner, found);
  const scan = (): void => backend.scan(pass);
  scan();
  const results: BenchResult[] = [];
  for (const count of DIRTY_SLICES) {
    let slices = 0;
    let bytes = 0;
    const before = (): void => {
      slices = makeDirty(shelves, count);
    };
    const run = (): void => {
      scan();
      bytes = backend.lastCost.uploadedBytes;
    };
    before();
    run();
    const verified = subject.isRight(found) && bytes > 0;
    const [dirty, clean] = await measureTogether([{ before, run }, scan]);
    results.push({
      name: 'uploads',
      backend: backend.name,
      ...subject.size,
      threads: 1,
      ...dirty,
      positionsPerSecond: null,
      bytesPerSecond: null,
      shareOfReadBandwidth: null,
      verified,
      figures: { slices, uploadedBytes: bytes, cleanMs: clean.medianMs, uploadMs: dirty.medianMs - clean.medianMs },
    });
  }
  return results;
}
