/** Reads a journal whose writer may be at work: its pages are held meanwhile, so that they are not written over. */
import { isAlive } from './owner.js';
import { type Head, JournalReader, logPath } from './reader.js';
import { openDatabase } from './writer.js';

/** A reader, and what lets go of it and of the pages. */
export interface HeldReader {
  readonly reader: JournalReader;
  close(): void;
}

function hasOtherWriter({ epochs }: Head): boolean {
  const owner = epochs.at(-1)?.owner ?? null;
  return owner !== null && owner.pid !== process.pid && isAlive(owner);
}

/** Throws as `JournalReader`. lmdb is opened only for a journal that another process has open: it is told which commit is still read. */
export function heldReader(folder: string): HeldReader {
  const first = new JournalReader(folder);
  if (!hasOtherWriter(first.head)) return { reader: first, close: () => first.close() };
  first.close();
  const database = openDatabase(logPath(folder), true);
  const transaction = database.useReadTransaction();
  const release = (): void => {
    transaction.done();
    void database.close();
  };
  try {
    const reader = new JournalReader(folder);
    return {
      reader,
      close: () => {
        reader.close();
        release();
      },
    };
  } catch (error) {
    release();
    throw error;
  }
}
