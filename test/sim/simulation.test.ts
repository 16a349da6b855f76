/** The simulator over many seeds: in CI as many as there is time for, more by `npm run sim`. */
import { execFile } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

/** Some 100,000 records, a minute or so on two cores. */
const SEEDS = 500;
const RECORDS = 150;

/** What must have been seen on the way: else the seeds prove nothing. */
const SEEN = [
  ...[
    'margin-call',
    'cancel',
    'partial',
    'full',
    'auction',
    'backstop',
    'convert',
    'fund',
    'adl',
    'socialise',
    'issuance',
    'venue-loss',
  ].map((stage) => `stage ${stage} entered`),
  ...['fund', 'socialised', 'issuance', 'venue-loss', 'conversion', 'liquidation-fee', 'surplus', 'release', 'auction'].map(
    (reason) => `transfer ${reason}`,
  ),
  ...['opened', 'ended closed', 'ended recovered'].map((event) => `case ${event}`),
  ...['new full', 'new partial', 'new fund', 'cancel full', 'query full'].map((event) => `order ${event}`),
  ...['opened', 'reset', 'taken', 'ended'].map((event) => `auction ${event}`),
  ...['tick', 'book', 'fills', 'acks', 'clock', 'bids', 'orders-gone', 'figures', 'admin', 'restart'].map(
    (type) => `record ${type}`,
  ),
  'adl',
  'shadow-orders',
  'margin-calls',
];

describe('the simulator', () => {
  it(`holds every invariant over ${SEEDS} seeds of ${RECORDS} records, and ends every case`, { timeout: 600_000 }, async () => {
    const args = ['dist/test/sim/main.js', '--seeds', String(SEEDS), '--records', String(RECORDS), '--threads', '2'];
    const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: ROOT, maxBuffer: 2 ** 26 }).catch(
      (error: { readonly stdout: string }) => error,
    );
    expect(stdout.split('\n').filter((line) => line.startsWith('seed '))).toEqual([]);
    expect(stdout).toMatch(/^0 failures/m);
    const seen = stdout.split('\n');
    expect(SEEN.filter((what) => !seen.some((line) => line.startsWith(`${what}: `)))).toEqual([]);
  });
});
