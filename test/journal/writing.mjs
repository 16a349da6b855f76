/** A writer to be killed: appends batches as fast as they are durable, and says on stdout, at once, up to where they are. Runs from dist. */
import { writeSync } from 'node:fs';
import { encodeRecord } from '../../dist/src/journal/codec.js';
import { openJournal } from '../../dist/src/journal/journal.js';
import { defaultMarkets, syntheticInstruments } from '../../dist/src/synthetic/instruments.js';

const folder = process.argv[2];
const instruments = syntheticInstruments(defaultMarkets(1), 'USDT');
const genesis = { book: 'made up', positions: 1000, seed: 1, policy: 'full-close' };
const journal = await openJournal({ folder, instruments, genesis, by: 'plimsoll test', startUs: 1, recordsKept: 0 });
const mark = (units) => ({ market: 0, price: { units: BigInt(units), decimals: 2 } });

for (let batch = 1; ; batch += 1) {
  for (let i = 0; i < 1 + (batch % 7); i += 1) {
    const timeUs = journal.lastSeq + 1;
    // Some take pages of their own.
    const marks = Array.from({ length: timeUs % 50 === 0 ? 3000 : 3 }, () => mark(timeUs));
    journal.append(encodeRecord({ type: 'tick', timeUs, marks }), Buffer.alloc(8));
  }
  const { lastSeq } = journal;
  await journal.flushed();
  writeSync(1, `${lastSeq}\n`);
  if (batch % 40 === 0)
    await journal.putSnapshot(`state ${lastSeq}`, [{ name: 'state', bytes: Buffer.alloc(200_000, lastSeq % 251) }]);
}
