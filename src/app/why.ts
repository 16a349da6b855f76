/** Why an order was made, or what became of a case: the journal's records applied again by the real engine. Reads only; prints nothing. */
import { openBackend } from '../backends/open.js';
import { JournalReader } from '../journal/reader.js';
import { badInput, PlimsollError } from '../model/errors.js';
import { show } from '../model/problems.js';
import { engineOfJournal, type JournalSources } from './journal-engine.js';
import { replayJournal, startBefore } from './journal-replay.js';
import { CaseStory, type WhyCase } from './why-story.js';

export interface WhyOptions extends JournalSources {
  /** Of an order, `alice@1700000000000000.1#1`, or of a case, the same without `#1`. */
  readonly id: string;
  /** The journal's folder. */
  readonly journal: string;
}

/** What `why --json` prints. */
export interface Why {
  readonly version: 1;
  readonly id: string;
  /** What it was decided by. */
  readonly basis: {
    readonly journal: string;
    readonly createdBy: string;
    readonly instrumentsHash: string;
    readonly policy: string;
    readonly policyHash: string;
    readonly valuation: string;
    /** Records that were applied again: those behind the snapshot after record `snapshot`; null: from the beginning. */
    readonly snapshot: number | null;
    readonly lastSeq: number;
  };
  /** Its `orders` are all, or only the one asked for. */
  readonly case: WhyCase;
  /** What is broken of the journal behind what is told here; null: nothing that was come across. */
  readonly damage: string | null;
}

/** Portfolio, time, number; of an order its own number. */
const ID = /^((.+)@([0-9]{1,16})\.[0-9]+)(#[0-9]+)?$/;

/**
 * Tells it. Throws `PlimsollError`: `nothing-to-do` for an order or a case that the journal does not have, bad input for a broken journal with
 * nothing of it in what is whole.
 */
export async function why({ id, journal: folder, ...sources }: WhyOptions): Promise<Why> {
  const parts = ID.exec(id);
  if (parts === null) {
    const expected = 'the id of an order, such as alice@1700000000000000.1#1, or of a case, the same without #1';
    throw badInput('id', expected, show(id), 'bad-usage');
  }
  const [, caseId, portfolio, openedText, number] = parts;
  const openedUs = Number(openedText);
  const reader = new JournalReader(folder);
  const { backend } = await openBackend('auto', () => undefined);
  try {
    const { header } = reader.head;
    // What is broken before the case opened is thrown: nothing of the case can be known then.
    const start = startBefore(reader, openedUs);
    const journal = await engineOfJournal(header, sources, backend, start !== null);
    const story = new CaseStory(caseId, portfolio, openedUs, journal);
    const damage = attempt(() => replayJournal(reader, journal.engine, start, story));
    const told = story.story();
    const found = told !== null && number !== undefined ? onlyOrder(told, id) : told;
    if (found === null) {
      if (damage !== null) throw damage;
      throw notFound(id, folder, start?.seq ?? 0, story.lastSeq);
    }
    return {
      version: 1,
      id,
      basis: {
        journal: folder,
        createdBy: header.createdBy,
        instrumentsHash: header.instrumentsHash,
        policy: journal.engine.caseHalf.policy.id,
        policyHash: journal.policyHash,
        valuation: journal.engine.instruments.valuation.id,
        snapshot: start?.seq ?? null,
        lastSeq: story.lastSeq,
      },
      case: found,
      damage: damage?.message ?? null,
    };
  } finally {
    backend.close();
    reader.close();
  }
}

/** What is broken; anything else is thrown. */
function attempt(read: () => void): PlimsollError | null {
  try {
    read();
    return null;
  } catch (error) {
    if (error instanceof PlimsollError && error.code === 'bad-input') return error;
    throw error;
  }
}

function onlyOrder(told: WhyCase, orderId: string): WhyCase | null {
  const orders = told.orders.filter((order) => order.orderId === orderId);
  return orders.length === 0 ? null : { ...told, orders };
}

function notFound(id: string, folder: string, from: number, lastSeq: number): PlimsollError {
  const where = from === 0 ? `up to record ${lastSeq}` : `from record ${from + 1} to ${lastSeq}`;
  return badInput(folder, `${show(id)}, looked for ${where}`, 'nothing', 'nothing-to-do');
}
