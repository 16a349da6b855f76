/** `rules` and `--rules` from outside: list, show, check, import, and a scan and an explanation under a set. */
import { describe, expect, test } from 'vitest';
import { account, book, market } from './hand-books.js';
import { inProcess, pathOf, write } from './plimsoll.js';

const set = (name: string, parts: object = {}): string =>
  write(name, {
    version: 1,
    name: 'mine',
    title: 'Mine',
    sources: ['https://example.org/margin'],
    formulas: ['maintenance = rate · notional − deduction'],
    rules: {},
    markets: {},
    assets: {},
    ...parts,
  });
const flat = (rate: string) => ({
  maintenance: { method: 'bracket', basis: 'mark', closeFee: '0', tiers: [{ floor: '0', rate }] },
});

const BOOK = write(
  'book.json',
  book({ BTCUSDT: market(), ETHUSDT: market() }, [
    account('alice', '1000', [['BTCUSDT', '0.5', '30000']]),
    account('bob', '500', [['ETHUSDT', '-1', '2000']]),
  ]),
);
const MARKS = write('marks.json', { version: 1, marks: { BTCUSDT: '28500', ETHUSDT: '2100' } });

describe('rules list', () => {
  test('names the shipped sets, as a table and as JSON', async () => {
    const { code, stdout, stderr } = await inProcess('rules', 'list');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const names = ['coinm-bracket', 'perp-half-initial', 'usdm-bracket', 'uta-multi-asset'];
    expect(
      stdout
        .split('\n')
        .slice(2, 6)
        .map((row) => row.split(' ')[0]),
    ).toEqual(names);
    const { version, rules } = JSON.parse((await inProcess('rules', 'list', '--json')).stdout);
    expect(version).toBe(1);
    expect(rules.map(({ name }: { name: string }) => name)).toEqual(names);
    expect(rules[3]).toMatchObject({ markets: ['XYZUSDT'], assets: ['BTC', 'USDT'] });
  });
});

describe('rules show', () => {
  test('a shipped set with formulas, sources and derived deductions', async () => {
    const { code, stdout } = await inProcess('rules', 'show', 'usdm-bracket');
    expect(code).toBe(0);
    for (const part of [
      'https://www.binance.com/en/support/faq/b3c689c1f50a44cabb3a84e663b81d93\n',
      'maintenance = notional · rate of its bracket − maintenance amount of its bracket\n',
      'equity<=maintenance',
      'BTCUSDT: maintenance (bracket on the mark, closing fee 0, taker fee 0)\n',
      'XEMUSDT: initial margin (step)\n',
    ]) {
      expect(stdout).toContain(part);
    }
    expect(stdout).toMatch(/^ *250000 +0\.01 +1300$/m);
  });

  test('a file as JSON, with what it leaves out', async () => {
    const assets = { ETH: { haircut: '0.1' } };
    const path = set('shown.json', { markets: { X: flat('1/3') }, assets });
    const { stdout } = await inProcess('rules', 'show', path, '--json');
    expect(JSON.parse(stdout)).toEqual({
      version: 1,
      name: 'mine',
      title: 'Mine',
      sources: ['https://example.org/margin'],
      formulas: ['maintenance = rate · notional − deduction'],
      rules: { liquidateWhen: 'equity<maintenance', hedgeMargin: 'both', orderMargin: 'initial' },
      markets: {
        X: {
          maintenance: {
            method: 'bracket',
            basis: 'mark',
            closeFee: '0',
            tiers: [{ floor: '0', rate: '1/3', deduction: '0' }],
          },
          initial: null,
          takerFee: '0',
        },
      },
      assets: { ETH: { haircut: [{ floor: '0', haircut: '0.1' }], borrow: null } },
    });
  });

  test('a set without entries shows none', async () => {
    const { stdout } = await inProcess('rules', 'show', set('empty.json'), '--json');
    expect(JSON.parse(stdout)).toMatchObject({ markets: {}, assets: {} });
  });

  test('every shipped set', async () => {
    for (const name of ['coinm-bracket', 'perp-half-initial', 'uta-multi-asset']) {
      const { code, stdout } = await inProcess('rules', 'show', name);
      expect({ name, code, begins: stdout.startsWith(`${name}: `) }).toEqual({ name, code: 0, begins: true });
    }
  });
});

describe('rules check', () => {
  test('a good file: one line', async () => {
    const path = set('good.json', { markets: { X: flat('0.5'), Y: flat('0.5') } });
    expect(await inProcess('rules', 'check', path)).toEqual({
      code: 0,
      stdout: `${path}: rule set mine, markets 2, assets 0\n`,
      stderr: '',
    });
    expect(JSON.parse((await inProcess('rules', 'check', path, '--json')).stdout)).toMatchObject({
      name: 'mine',
      markets: ['X', 'Y'],
    });
  });

  test('a bad one: every problem with its place, exit 2', async () => {
    const path = set('bad.json', { name: 'No', markets: { X: flat('2') }, venue: 'y' });
    const { code, stdout, stderr } = await inProcess('rules', 'check', path);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    for (const place of ['name', 'markets.X.maintenance.tiers[0].rate', 'venue']) {
      expect(stderr).toContain(`${path}: ${place}: expected `);
    }
  });

  test('a key twice, and what is no JSON', async () => {
    const twice = write('twice.json', '{"version":1,"version":1}');
    expect((await inProcess('rules', 'check', twice)).stderr).toContain(
      `${twice}: version: expected each key once, was "version" again`,
    );
    const broken = write('broken.json', '{"version":');
    expect((await inProcess('rules', 'check', broken)).code).toBe(2);
  });
});

describe('bad usage', () => {
  test.each([
    [['rules'], "missing required argument 'action'"],
    [['rules', 'drop'], 'rules: expected list, show, check, import, was "drop"'],
    [['rules', 'constructor'], 'rules: expected list, show, check, import, was "constructor"'],
    [['rules', 'list', 'x'], 'rules list: expected nothing more, was "x"'],
    [['rules', 'show'], 'rules show: expected a name or a file, was nothing'],
    [['rules', 'check', 'usdm-bracket'], 'rules check: expected a .json file, was "usdm-bracket"'],
    [
      ['rules', 'show', 'binance'],
      'rules: expected one of coinm-bracket, perp-half-initial, usdm-bracket, uta-multi-asset, or a .json file, was "binance"',
    ],
    [['rules', 'show', '../package'], 'or a .json file, was "../package"'],
    [['rules', 'show', 'nowhere.json'], 'nowhere.json: expected a file that can be read, was missing (ENOENT)'],
    [['scan', '--book', BOOK, '--marks', MARKS, '--rules', 'book'], '--rules: expected one of coinm-bracket'],
    [['scan', '--book', BOOK, '--marks', MARKS, '--rules', 'book'], 'or a .json file, was "book"'],
  ])('%j', async (args, problem) => {
    const { code, stdout, stderr } = await inProcess(...args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(problem);
  });
});

describe('under a rule set', () => {
  const ETH_HARD = set('eth-hard.json', { markets: { ETHUSDT: flat('0.5') } });
  const liquidatable = async (...more: string[]) => {
    const { stdout, stderr } = await inProcess('scan', '--book', BOOK, '--marks', MARKS, '--json', ...more);
    return { found: JSON.parse(stdout).liquidatable.map((row: { portfolio: string }) => row.portfolio), stderr };
  };

  test('a scan judges by its tables, and says which markets keep the book’s', async () => {
    expect(await liquidatable()).toEqual({ found: [], stderr: '' });
    expect(await liquidatable('--rules', ETH_HARD)).toEqual({
      found: ['bob'],
      stderr: "rules mine has no tables for BTCUSDT: there the book's own margin rules stay\n",
    });
  });

  test('"*" leaves nothing to say', async () => {
    const all = set('all-hard.json', { markets: { '*': flat('0.5') } });
    expect(await liquidatable('--rules', all)).toEqual({ found: ['alice', 'bob'], stderr: '' });
  });

  test('explain does too', async () => {
    const run = (...more: string[]) =>
      inProcess('explain', '--book', BOOK, '--marks', MARKS, '--account', 'bob', '--json', ...more);
    expect(JSON.parse((await run()).stdout).portfolios).toMatchObject([{ maintenance: '8.400000', liquidatable: false }]);
    const { stdout, stderr } = await run('--rules', ETH_HARD);
    expect(JSON.parse(stdout).portfolios).toMatchObject([{ maintenance: '1050.000000', liquidatable: true }]);
    expect(stderr).toContain('rules mine has no tables for BTCUSDT');
  });

  test('a book without tables of its own can be valued', async () => {
    const { maintenance: _, ...facts } = market() as { maintenance: object };
    const bare = write('bare.json', book({ ETHUSDT: facts }, [account('bob', '500', [['ETHUSDT', '-1', '2000']])]));
    const run = (...more: string[]) => inProcess('scan', '--book', bare, '--marks', MARKS, '--json', ...more);
    expect((await run()).code).toBe(2);
    expect(JSON.parse((await run('--rules', ETH_HARD)).stdout).liquidatable).toMatchObject([
      { portfolio: 'bob', equity: '400.000000', maintenance: '1050.000000' },
    ]);
  });

  test('JSON Lines read the same', async () => {
    const { accounts, ...header } = book({ ETHUSDT: market() }, [account('bob', '500', [['ETHUSDT', '-1', '2000']])]);
    const lines = write('book.jsonl', [header, ...accounts].map((each) => `${JSON.stringify(each)}\n`).join(''));
    const { stdout } = await inProcess('scan', '--book', lines, '--marks', MARKS, '--rules', ETH_HARD, '--json');
    expect(JSON.parse(stdout).liquidatable).toMatchObject([{ portfolio: 'bob', maintenance: '1050.000000' }]);
  });
});

describe('rules import', () => {
  const tier = (
    minNotional: number,
    maxNotional: number | null,
    maintenanceMarginRate: number,
    maxLeverage: number,
    cum: string,
  ) => ({
    ...{ tier: 1, currency: 'USDT', minNotional, maxNotional, maintenanceMarginRate, maxLeverage, info: { cum } },
  });
  const TIERS = write('tiers.json', {
    'BTC/USDT:USDT': [tier(0, 10000, 0.01, 50, '0.0'), tier(10000, null, 0.1, 5, '900.0')],
    'ETH/USDT:USDT': [tier(0, null, 0.3, 2, '0.0')],
  });

  test('import, check, show, scan: the round trip', async () => {
    const { code, stdout, stderr } = await inProcess('rules', 'import', TIERS);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const path = write('imported.json', stdout);
    expect((await inProcess('rules', 'check', path)).stdout).toBe(`${path}: rule set imported-tiers, markets 2, assets 0\n`);
    const shown = JSON.parse((await inProcess('rules', 'show', path, '--json')).stdout);
    expect(shown.rules.liquidateWhen).toBe('equity<=maintenance');
    expect(shown.markets.BTCUSDT.maintenance.tiers).toEqual([
      { floor: '0', rate: '0.01', deduction: '0' },
      { floor: '10000', rate: '0.1', deduction: '900' },
    ]);
    // alice: 14,250 · 0.1 − 900 = 525 of 250; bob: 2,100 · 0.3 = 630 of 400.
    const scan = await inProcess('scan', '--book', BOOK, '--marks', MARKS, '--rules', path, '--json');
    expect(scan.stderr).toBe('');
    expect(JSON.parse(scan.stdout).liquidatable).toMatchObject([
      { portfolio: 'alice', equity: '250.000000', maintenance: '525.000000' },
      { portfolio: 'bob', equity: '400.000000', maintenance: '630.000000' },
    ]);
    expect(JSON.parse((await inProcess('rules', 'import', TIERS, '--json')).stdout)).toEqual(JSON.parse(stdout));
  });

  test('a gap is told with the file, the symbol and the tier', async () => {
    const path = write('gap.json', { 'A/B:B': [tier(0, 10, 0.01, 5, '0'), tier(20, null, 0.1, 5, '1.8')] });
    const { code, stdout, stderr } = await inProcess('rules', 'import', path);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toBe(`${path}: ["A/B:B"][1].minNotional: expected 10, the maxNotional of the tier before, was 20\n`);
  });

  test('tables that count in a coin are said to', async () => {
    const coin = write('coin.json', {
      'BTC/USD:BTC': [tier(0, null, 0.01, 50, '0')],
      'A/USDT:USDT': [tier(0, null, 0.1, 5, '0')],
    });
    const { code, stderr } = await inProcess('rules', 'import', coin);
    expect({ code, stderr }).toEqual({
      code: 0,
      stderr: 'tables of BTCUSD count in the coin that they settle in: they fit inverse markets of a book\n',
    });
  });

  test('a file without symbols is nothing to work on', async () => {
    expect((await inProcess('rules', 'import', write('none.json', {}))).code).toBe(3);
    expect((await inProcess('rules', 'import', pathOf('missing.json'))).code).toBe(2);
  });
});
