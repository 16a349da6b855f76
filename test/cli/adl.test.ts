/** `adl`: the order, what is taken, places and lights by hand; what it refuses. */
import { describe, expect, test } from 'vitest';
import type { AdlSummary } from '../../src/app/adl.js';
import { account, book, market } from './hand-books.js';
import { inProcess, write } from './plimsoll.js';

/** At 110: ann gained 10 % at a leverage of 1.1, bob 10 % at 5.5, cat nothing at 11, dan lost; eve is below her maintenance. */
const BOOK = book({ M: market({ lot: '1' }) }, [
  account('ann', '90', [['M', '1', '100']]),
  account('bob', '20', [['M', '2', '100']]),
  account('cat', '20', [['M', '2', '110']]),
  account('dan', '500', [['M', '5', '120']]),
  account('eve', '-1999.8', [['M', '200', '100']]),
  account('fay', '10', [['M', '-1', '111']]),
]);

async function adl(...args: string[]): Promise<AdlSummary> {
  const paths = [write('adl-book.json', BOOK), write('adl-marks.json', { version: 1, marks: { M: '110' } })];
  const { code, stdout, stderr } = await inProcess(
    'adl',
    '--book',
    paths[0],
    '--marks',
    paths[1],
    '--market',
    'M',
    ...args,
    '--json',
  );
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return JSON.parse(stdout) as AdlSummary;
}

const taken = ({ targets }: AdlSummary): string[] => targets.map(({ portfolio, size, rank }) => `${rank} ${portfolio} ${size}`);

describe('adl', () => {
  test('takes the best ranked first, and no more than is asked for; who is liquidatable keeps a place and gives nothing', async () => {
    const all = await adl('--side', 'long');
    // PnL % · leverage: eve 10 % · 110000, bob 10 % · 5.5, ann 10 % · 1.1, cat 0; dan −8.3 % ÷ 1.2.
    expect(taken(all)).toEqual(['2 bob 2', '3 ann 1', '4 cat 2', '5 dan 5']);
    expect(all.targets.map(({ score }) => score)).toEqual(['0.550000', '0.110000', '0.000000', '-0.068182']);
    expect(taken(await adl('--side', 'long', '--size', '4'))).toEqual(['2 bob 2', '3 ann 1', '4 cat 1']);
  });

  test('takes from each at most what leaves its equity at zero', async () => {
    // Bob has 40: at 90 each lot costs him 20, and what is booked may be floored by a hair.
    const { targets } = await adl('--side', 'long', '--price', '90');
    expect(targets.map(({ portfolio, sizeMax }) => [portfolio, sizeMax])).toEqual([
      ['bob', '1'],
      ['ann', '1'],
      ['dan', '5'],
    ]);
  });

  test('shares by profit with pro-rata', async () => {
    expect(taken(await adl('--side', 'long', '--method', 'pro-rata', '--size', '3'))).toEqual(['2 bob 2', '3 ann 1']);
  });

  test("tells the places of an account's positions", async () => {
    const places = async (id: string) => (await adl('--side', 'long', '--account', id)).positions;
    expect(await places('fay')).toEqual([
      { portfolio: 'fay', market: 'M', side: 'short', size: '1', rank: 1, count: 1, lights: 1 },
    ]);
    // Of 210 lots eve has the first 200: she is in the last fifth, as are all behind her.
    expect(await places('bob')).toEqual([
      { portfolio: 'bob', market: 'M', side: 'long', size: '2', rank: 2, count: 5, lights: 1 },
    ]);
  });

  test.each([
    [
      ['--side', 'long', '--size', '0.5'],
      2,
      '--size: expected a positive multiple of the lot 1, at most 9007199254740991 of them, was "0.5"\n',
    ],
    [['--side', 'long', '--price', '-1'], 2, '--price: expected a price above zero of at most 18 decimals, was "-1"\n'],
    [['--side', 'long', '--account', 'nobody'], 3, /--account: expected an account of .*, was "nobody"/],
    [['--side', 'up'], 2, /--side/],
  ])('refuses %s', async (args, code, stderr) => {
    const paths = [write('adl-book.json', BOOK), write('adl-marks.json', { version: 1, marks: { M: '110' } })];
    const result = await inProcess('adl', '--book', paths[0], '--marks', paths[1], '--market', 'M', ...args);
    expect(result).toEqual({ code, stdout: '', stderr: typeof stderr === 'string' ? stderr : expect.stringMatching(stderr) });
  });

  test('says it for people', async () => {
    const paths = [write('adl-book.json', BOOK), write('adl-marks.json', { version: 1, marks: { M: '110' } })];
    const args = ['--market', 'M', '--side', 'long', '--size', '1', '--account', 'ann'];
    const { code, stdout } = await inProcess('adl', '--book', paths[0], '--marks', paths[1], ...args);
    expect(code).toBe(0);
    expect(stdout).toContain('bob');
    expect(stdout).toContain('3 of 5');
    expect(stdout).toContain('long M at 110, by queue: 1 would give 1, of 1\n');
  });
});
