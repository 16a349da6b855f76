/** The real crash of 24 September 2019 through the whole pipeline, where its prices are at hand. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { type ReplayOptions, replay } from '../../src/app/replay.js';

const CRASH = fileURLToPath(new URL('../../../shared/data/crash-2019-09-24', import.meta.url));
const isThere = existsSync(CRASH);
if (!isThere) process.stderr.write(`skipped: ${CRASH} is not there, so no real crash is replayed\n`);

it.runIf(isThere)(
  'liquidates most between 18:00 and 20:00 UTC, the same on the best backend and on js',
  async () => {
    const crash: ReplayOptions = { candles: CRASH, positions: 20_000, seed: 7, range: {} };
    const { summary } = await replay(crash);
    expect(summary.byHour.length).toBe(24);
    const hours = summary.byHour.map(({ liquidations }) => liquidations);
    const total = hours.reduce((a, b) => a + b);
    expect(total).toBe(summary.totals.liquidations);
    expect(total).toBeGreaterThan(500);
    expect((hours[18] + hours[19]) / total).toBeGreaterThan(0.4);
    expect(hours.indexOf(Math.max(...hours))).toBe(18);
    expect(Number(summary.totals.badDebt)).toBeGreaterThan(0);
    const again = await replay({ ...crash, backend: 'js' });
    expect(JSON.stringify(again.summary)).toBe(JSON.stringify(summary));
  },
  120_000,
);
