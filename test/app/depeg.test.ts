/** The fall of USDC in March 2023 through the whole pipeline, where its prices are at hand: who is breached only because of it. */
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { type ReplayOptions, replay } from '../../src/app/replay.js';
import { inProcess, pathOf, write } from '../cli/plimsoll.js';

const DEPEG = fileURLToPath(new URL('../../../shared/data/depeg-2023-03', import.meta.url));
const isThere = existsSync(DEPEG);
if (!isThere) process.stderr.write(`skipped: ${DEPEG} is not there, so no real fall of a collateral is replayed\n`);

/** The first two days: BTC starts at 20,376, falls to 19,570 with USDC still near 1, is at 20,400 again when USDC goes, and ends near 20,500. */
const TWO_DAYS = { fromMs: Date.UTC(2023, 2, 10), toMs: Date.UTC(2023, 2, 12) };

const one = (size: string, entry: string) => ({ market: 'BTCUSD', size, entry });

/** 1 % of the notional is needed, some 204; USDC counts 98 %. Who has USD instead has as much as USDC counts when it is worth 1. */
const BOOK = {
  version: 1,
  valuation: 'USD',
  assets: {
    USD: {
      ...{ decimals: 6, haircut: '0' },
      borrow: {
        method: 'bracket',
        tiers: [
          { floor: '0', rate: '0' },
          { floor: '40000', rate: '0.05' },
        ],
      },
    },
    USDC: { decimals: 6, haircut: '0.02' },
  },
  markets: {
    BTCUSD: {
      ...{ kind: 'linear', base: 'BTC', settle: 'USD', contractSize: '1', lot: '0.001', tick: '0.01' },
      maintenance: { method: 'bracket', basis: 'mark', closeFee: '0', tiers: [{ floor: '0', rate: '0.01' }] },
      takerFee: '0.0005',
    },
  },
  accounts: [
    // Deep under water, so that it holds much USDC against what it owes; both outlive 19,570 and 20,900.
    { id: 'long', balances: { USDC: '30000' }, positions: [one('1', '48570')] },
    { id: 'long-usd', balances: { USD: '29400' }, positions: [one('1', '48570')] },
    { id: 'short', balances: { USDC: '10000' }, positions: [one('-1', '11400')] },
    { id: 'short-usd', balances: { USD: '9800' }, positions: [one('-1', '11400')] },
    // A long and a short of one size: no mark moves them.
    { id: 'flat', positionMode: 'hedge', balances: { USDC: '450' }, positions: [one('1', '20375'), one('-1', '20375')] },
    { id: 'flat-usd', positionMode: 'hedge', balances: { USD: '441' }, positions: [one('1', '20375'), one('-1', '20375')] },
    // No position: 200,000 borrowed need 8,000.
    { id: 'debtor', balances: { USD: '-200000', USDC: '230000' }, positions: [] },
    // Outlives each of the two alone.
    { id: 'long-both', balances: { USDC: '10000' }, positions: [one('1', '28800')] },
    // Gone on the first day.
    { id: 'long-thin', balances: { USDC: '700' }, positions: [one('1', '20375')] },
    { id: 'safe', balances: { USDC: '20000' }, positions: [one('-1', '20375')] },
  ],
};

it.runIf(isThere)(
  'the replay names those whom only the collateral breached: long, short, flat and without a position',
  async () => {
    const book = write('depeg.json', BOOK);
    const depeg: ReplayOptions = { candles: DEPEG, book, seed: 1, range: TWO_DAYS, policy: 'full-close' };
    const { summary } = await replay({ ...depeg, indexes: [{ asset: 'USDC', series: 'BTCUSD', over: 'BTCUSDC' }] });
    expect(summary.collateralOnly).toEqual(['debtor', 'flat', 'long', 'short']);
    // Who recovers before anything is closed, as the debtor that has nothing to close, may be breached again.
    expect(summary.byCause).toMatchObject({ marks: 1, either: 0, already: 0 });
    expect(summary.byCause?.collateral).toBeGreaterThanOrEqual(4);
    expect(summary.byCause?.both).toBeGreaterThanOrEqual(1);
    expect(summary.totals.liquidations).toBe(5);

    // The same day with a USDC that stays at 1: only the marks are left.
    const steady = pathOf('steady');
    mkdirSync(steady);
    copyFileSync(join(DEPEG, 'BTCUSD.csv'), join(steady, 'BTCUSD.csv'));
    const [header, first] = readFileSync(join(DEPEG, 'BTCUSD.csv'), 'utf8').split('\n');
    writeFileSync(join(steady, 'ONE.csv'), `${header}\n${first.split(',')[0]},1,1,1,1,0\n`);
    const calm = await replay({ ...depeg, candles: steady, indexes: [{ asset: 'USDC', series: 'ONE' }] });
    expect(calm.summary.collateralOnly).toEqual([]);
    expect(calm.summary.byCause).toEqual({ marks: 1, collateral: 0, either: 0, both: 0, already: 0 });
  },
);

/** Closes of a series in the two days, by minute. */
function closes(series: string): Map<number, string> {
  const lines = readFileSync(join(DEPEG, `${series}.csv`), 'utf8')
    .trim()
    .split('\n')
    .slice(1);
  const bars = lines.map((line) => line.split(',')).filter(([time]) => Number(time) < TWO_DAYS.toMs);
  return new Map(bars.map(([time, , , , close]) => [Number(time), close]));
}

it.runIf(isThere).each([
  ['long', 'breached only because the collateral fell'],
  ['long-usd', 'not liquidatable'],
])('explain of %s at the depth of it says: %s', async (account, said) => {
  const [marks, inUsdc] = [closes('BTCUSD'), closes('BTCUSDC')];
  // The price of USDC is BTCUSD / BTCUSDC: at its least, and when the replay starts.
  const worth = (time: number): number => Number(marks.get(time)) / Number(inUsdc.get(time));
  const both = [...marks.keys()].filter((time) => inUsdc.has(time));
  const low = both.reduce((least, time) => (worth(time) < worth(least) ? time : least));
  const fileAt = (name: string, time: number): string =>
    write(name, { version: 1, time, marks: { BTCUSD: marks.get(time) }, indexes: { USDC: worth(time).toFixed(8) } });
  const paths = [write('depeg-explained.json', BOOK), fileAt('depeg-low.json', low), fileAt('depeg-start.json', both[0])];
  const { stdout } = await inProcess(
    'explain',
    '--book',
    paths[0],
    '--marks',
    paths[1],
    '--since',
    paths[2],
    '--account',
    account,
  );
  expect(stdout).toContain(said);
});
