/** What the user did wrong: exit codes, a line per problem that names the place, and never an internal error. */
import { mkdirSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { account, book, EXAMPLE, market } from './hand-books.js';
import { inProcess, pathOf, spawned, write } from './plimsoll.js';

const GOOD = EXAMPLE.book;
const MARKS = { version: 1, time: 1569350000000, marks: { BTCUSDT: '35000' }, indexes: { USDT: '1', ETH: '201.1' } };

/** A deep copy with the value at a path replaced, or removed when it is undefined. */
function changed(value: object, path: string, to: unknown): object {
  const copy = structuredClone(value) as Record<string, unknown>;
  const keys = path.split('/');
  const last = keys.pop() as string;
  const holder = keys.reduce<Record<string, unknown>>((at, key) => at[key] as Record<string, unknown>, copy);
  if (to === undefined) delete holder[last];
  else holder[last] = to;
  return copy;
}

const scanOf = (bookPath: string, marks: string) => ['scan', '--book', bookPath, '--marks', marks, '--json'];
const goodMarks = () => write('good-marks.json', MARKS);
const goodBook = () => write('good.json', GOOD);

function newFolder(): string {
  mkdirSync(pathOf('folder'));
  return pathOf('folder');
}

const POSITION = 'accounts/0/positions/0';
const RULE = 'markets/BTCUSDT/maintenance';

/** Each kind of mistake that the contract names: where it is made, and the place and the find that the line must name. */
const BOOK_MISTAKES: readonly (readonly [path: string, to: unknown, place: string, found: string])[] = [
  ['version', 2, 'version', '2'],
  ['surprise', true, 'surprise', 'true'],
  ['valuation', 'EUR', 'valuation', '"EUR"'],
  ['rules/liquidateWhen', 'never', 'rules.liquidateWhen', '"never"'],
  ['assets/USDT/decimals', 19, 'assets.USDT.decimals', '19'],
  ['assets/ETH/haircut', '1.5', 'assets.ETH.haircut', '"1.5"'],
  ['markets/BTCUSDT/kind', 'linaer', 'markets.BTCUSDT.kind', '"linaer"'],
  ['markets/BTCUSDT/settle', 'EUR', 'markets.BTCUSDT.settle', '"EUR"'],
  ['markets/BTCUSDT/lot', '0', 'markets.BTCUSDT.lot', '"0"'],
  ['markets/BTCUSDT/tick', 0.01, 'markets.BTCUSDT.tick', '0.01'],
  [`${RULE}/method`, 'flat', 'markets.BTCUSDT.maintenance.method', '"flat"'],
  [`${RULE}/closeFee`, '1/0', 'markets.BTCUSDT.maintenance.closeFee', '"1/0"'],
  [`${RULE}/tiers/0/floor`, '1', 'markets.BTCUSDT.maintenance.tiers[0].floor', '"1"'],
  [`${RULE}/tiers/1/floor`, '0', 'markets.BTCUSDT.maintenance.tiers[1].floor', '"0"'],
  [`${RULE}/tiers/1/rate`, '0.001', 'markets.BTCUSDT.maintenance.tiers[1].rate', '"0.001"'],
  [`${RULE}/tiers/1/deduction`, '49', 'markets.BTCUSDT.maintenance.tiers[1].deduction', '"49"'],
  ['accounts/0/id', 'al/ice', 'accounts[0].id', '"al/ice"'],
  ['accounts/1', GOOD.accounts[0], 'accounts[1].id', '"alice"'],
  ['accounts/0/balances/USDT', '1000.0000001', 'accounts[0].balances.USDT', '"1000.0000001"'],
  ['accounts/0/balances/USDT', 1000, 'accounts[0].balances.USDT', '1000'],
  ['accounts/0/balances/USDT', '1e3', 'accounts[0].balances.USDT', '"1e3"'],
  ['accounts/0/balances/USDT', '-0', 'accounts[0].balances.USDT', '"-0"'],
  ['accounts/0/balances/USDT', '999999999999999999999999', 'accounts[0].balances.USDT', '"999999999999999999999999"'],
  ['accounts/0/balances/DOGE', '1', 'accounts[0].balances.DOGE', '"DOGE"'],
  [`${POSITION}/market`, 'NOPE', 'accounts[0].positions[0].market', '"NOPE"'],
  [`${POSITION}/size`, '0', 'accounts[0].positions[0].size', '"0"'],
  [`${POSITION}/size`, '0.0001', 'accounts[0].positions[0].size', '"0.0001"'],
  [`${POSITION}/size`, '99999999999999999999', 'accounts[0].positions[0].size', '"99999999999999999999"'],
  [`${POSITION}/entry`, '0', 'accounts[0].positions[0].entry', '"0"'],
  [`${POSITION}/entry`, 'NaN', 'accounts[0].positions[0].entry', '"NaN"'],
  [`${POSITION}/margin`, 'both', 'accounts[0].positions[0].margin', '"both"'],
  [`${POSITION}/collateral`, '1', 'accounts[0].positions[0].collateral', '"1"'],
  ['accounts/0/positions/1/collateral', '-1', 'accounts[0].positions[1].collateral', '"-1"'],
  ['accounts/0/positions/1/collateral', undefined, 'accounts[0].positions[1].collateral', 'nothing'],
  ['accounts/0/positions/1/margin', undefined, 'accounts[0].positions[1]', ''],
  ['accounts/0/positions/2', { market: 'BTCUSDT', size: '1', entry: '1' }, 'accounts[0].positions[2]', 'another of size 1'],
];

const MARK_MISTAKES: readonly (readonly [path: string, to: unknown, place: string, found: string])[] = [
  ['version', '1', 'version', '"1"'],
  ['time', '2019-09-24', 'time', '"2019-09-24"'],
  ['marks', undefined, 'marks', 'nothing'],
  ['marks/BTCUSDT', 35000, 'marks.BTCUSDT', '35000'],
  ['marks/BTCUSDT', '0', 'marks.BTCUSDT', '"0"'],
  ['marks/BTCUSDT', '-1', 'marks.BTCUSDT', '"-1"'],
  ['marks/BTCUSDT', 'Infinity', 'marks.BTCUSDT', '"Infinity"'],
  ['indexes/USDT', '0.99', 'indexes.USDT', '"0.99"'],
  ['indexes/DOGE', '0', 'indexes.DOGE', '"0"'],
  ['prices', {}, 'prices', '{}'],
];

describe('each kind of mistake in a file', () => {
  test.each(BOOK_MISTAKES)('book %s = %j', async (path, to, place, found) => {
    const file = write('bad.json', changed(GOOD, path, to));
    for (const args of [scanOf(file, goodMarks()), ['explain', ...scanOf(file, goodMarks()).slice(1), '--account', 'alice']]) {
      const { code, stdout, stderr } = await inProcess(...args);
      expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
      expect(stderr).toMatch(/^([^\n]+: expected [^\n]+, was [^\n]+\n)+$/);
      expect(stderr).toContain(`${file}: ${place}`);
      expect(stderr).toContain(`was ${found}`);
    }
  });

  test.each(MARK_MISTAKES)('marks %s = %j', async (path, to, place, found) => {
    const file = write('bad-marks.json', changed(MARKS, path, to));
    const { code, stdout, stderr } = await inProcess(...scanOf(goodBook(), file));
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/^[^\n]+: expected [^\n]+, was [^\n]+\n$/);
    expect(stderr).toContain(`${file}: ${place}: expected `);
    expect(stderr).toContain(`was ${found}\n`);
  });

  test('syntax is told by line and column, a duplicate key by its path, a line of JSON Lines by its number', async () => {
    const told = async (name: string, content: string) => (await inProcess(...scanOf(write(name, content), goodMarks()))).stderr;
    const { accounts, ...header } = GOOD;
    expect(await told('comma.json', '{ "version": 1,\n  }')).toMatch(/comma\.json:2:3: expected .+, was "}"\n$/);
    expect(await told('twice.json', '{ "version": 1, "version": 1 }')).toContain('twice.json: version: expected each key once');
    const lines = `${JSON.stringify(header)}\n${JSON.stringify(accounts[0])}\n{"id":"bob"}\nnot json\n`;
    const stderr = await told('lines.jsonl', lines);
    expect(stderr).toContain('lines.jsonl:3: balances: expected an object of amounts by asset, was nothing\n');
    expect(stderr).toMatch(/lines\.jsonl:4:1: expected valid JSON, was "not"\n$/);
  });

  test('all problems are told at once, and after 100 the count of the rest', async () => {
    const bad = Array.from({ length: 130 }, (_, i) => account(`u${i}`, '1', [['X', '0', '1']]));
    const { code, stderr } = await spawned(...scanOf(write('many.json', book({ X: market() }, bad)), goodMarks()));
    const lines = stderr.trimEnd().split('\n');
    expect(code).toBe(2);
    expect(lines).toHaveLength(101);
    expect(lines[99]).toContain('accounts[99].positions[0].size: expected a multiple of the lot 0.001, not zero, was "0"');
    expect(lines[100]).toBe('and 30 more problems');
  });
});

describe('files that are not there, or not what they are said to be', () => {
  test.each([
    ['a missing book', () => scanOf(pathOf('gone.json'), goodMarks()), 'gone.json: expected a book'],
    ['missing marks', () => scanOf(goodBook(), pathOf('gone-marks.json')), 'gone-marks.json: expected a file that can be read'],
    ['another kind of file', () => scanOf(write('book.csv', 'a,b'), goodMarks()), 'book.csv: expected a name that ends in'],
    ['an empty file', () => scanOf(write('empty.json', ''), goodMarks()), 'empty.json:1:1: expected a JSON value'],
    ['an empty JSON Lines file', () => scanOf(write('empty.jsonl', ''), goodMarks()), 'empty.jsonl:1: expected a header'],
    ['bytes that are no text', () => scanOf(write('bytes.json', Uint8Array.of(0x22, 0xff, 0x22)), goodMarks()), 'UTF-8'],
    ['an array', () => scanOf(write('array.json', '[]'), goodMarks()), 'array.json: expected an object'],
    ['a folder that is no book', () => scanOf(newFolder(), goodMarks()), 'header.json'],
  ])('%s exits 2', async (_, args, says) => {
    const { code, stdout, stderr } = await inProcess(...args());
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(says);
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
  });
});

describe('nothing to work on', () => {
  test('a book without accounts exits 3', async () => {
    const { accounts: _, ...header } = GOOD;
    const empty = [write('none.json', { ...GOOD, accounts: [] }), write('none.jsonl', `${JSON.stringify(header)}\n`)];
    for (const file of empty) {
      for (const args of [scanOf(file, goodMarks()), ['explain', ...scanOf(file, goodMarks()).slice(1), '--account', 'alice']]) {
        const { code, stdout, stderr } = await inProcess(...args);
        expect({ code, stdout }).toEqual({ code: 3, stdout: '' });
        expect(stderr).toBe(`${file}: expected at least one account, was a book without accounts\n`);
      }
    }
    expect((await spawned(...scanOf(empty[0], goodMarks()))).code).toBe(3);
  });

  test('an unknown account exits 3', async () => {
    const { code, stdout, stderr } = await spawned(
      'explain',
      ...scanOf(goodBook(), goodMarks()).slice(1),
      '--account',
      'alice/BTCUSDT',
    );
    expect({ code, stdout }).toEqual({ code: 3, stdout: '' });
    expect(stderr).toBe(`--account: expected an account of ${pathOf('good.json')}, was "alice/BTCUSDT"\n`);
  });
});

describe('bad usage exits 2 before anything is read', () => {
  const files = ['--book', 'b.json', '--marks', 'm.json'];
  test.each([
    [['scan'], '--book'],
    [['scan', '--book', 'b.json'], '--marks'],
    [['scan', ...files, '--jsno'], 'Did you mean --json?'],
    [['scan', ...files, 'extra'], 'too many arguments'],
    [['scan', ...files, '--backend', 'quantum'], 'Expected one of auto, cuda, cpu, tfjs, js'],
    [['explain', ...files], '--account'],
    [['scan', ...files, '--rules', 'nobody'], '--rules: expected one of'],
    [['replay', '--candles', 'x', '--from', '5', '--to', '5'], '--from: expected a time before --to, which is 5, was 5\n'],
    [['generate', '--out', 'x'], '--positions'],
    [['generate', '--positions', '10'], '--out'],
    [['generate', '--positions', '0', '--out', 'x'], 'Expected a whole number from 1'],
    [['generate', '--positions', '1e6', '--out', 'x'], 'Expected a whole number from 1'],
    [['generate', '--positions', '10', '--out', 'x', '--seed', '-1'], 'Expected a whole number from 0'],
    [['generate', '--positions', '10', '--out', 'x', '--markets', '0'], 'Expected a whole number from 1'],
    [['generate', '--positions', '10', '--out', 'x', '--format', 'csv'], 'Allowed choices are jsonl, parquet'],
    [['tail'], "missing required argument 'url'"],
    [['tail', 'ws://127.0.0.1:1/', '--topic', 'gossip'], 'Allowed choices are signals, orders, stats'],
    [['tail', 'http://127.0.0.1:1/'], 'url: expected an address such as ws://'],
    [['tail', 'localhost'], 'url: expected an address such as ws://'],
    [['tail', 'ws://127.0.0.1:1/#x'], 'url: expected an address such as ws://'],
  ])('%j', async (args, says) => {
    const { code, stdout, stderr } = await inProcess(...args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(says);
  });
});

describe('whatever is done to a good book', () => {
  /** Never 1, and whoever is refused hears why in the form of the contract. */
  async function survives(bookPath: string, marks: string): Promise<void> {
    for (const args of [scanOf(bookPath, marks), ['explain', ...scanOf(bookPath, marks).slice(1), '--account', 'alice']]) {
      const { code, stdout, stderr } = await inProcess(...args);
      expect([0, 2, 3]).toContain(code);
      if (code === 0) expect(JSON.parse(stdout).version).toBe(1);
      else expect(stderr).toMatch(/^([^\n]+: expected [^\n]+, was [^\n]*\n)+(and \d+ more problems\n)?$/);
    }
  }

  const TEXTS = [
    '-1',
    '0',
    '1/3',
    '1e9',
    '0.1',
    '18446744073709551616',
    `${'9'.repeat(30)}`,
    'NaN',
    '',
    '∞',
    'alice',
    'USDT',
    '__proto__',
  ];
  const anyValue = fc.oneof(
    fc.constantFrom(...TEXTS),
    fc.constantFrom<unknown>(null, true, 0, -1, 1.5, 1e308, [], {}, [[]], { a: 1 }),
    fc.jsonValue({ maxDepth: 2 }),
  );
  const places = (value: unknown, path: readonly (string | number)[] = []): (readonly (string | number)[])[] => {
    if (typeof value !== 'object' || value === null) return [path];
    return [path, ...Object.entries(value).flatMap(([key, part]) => places(part, [...path, key]))];
  };

  test.each([
    ['book', GOOD],
    ['marks', MARKS],
  ])('a value of the %s changed for any other', async (what, good) => {
    const paths = places(good).filter((path) => path.length > 0);
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...paths), fc.option(anyValue, { nil: undefined, freq: 9 }), async (path, value) => {
        const file = write('mutant.json', changed(good, path.join('/'), value));
        await (what === 'book' ? survives(file, goodMarks()) : survives(goodBook(), file));
      }),
      { numRuns: 400 },
    );
  });

  test('bytes of its text removed, doubled and swapped', async () => {
    const text = JSON.stringify(GOOD);
    const edit = fc.record({
      at: fc.nat({ max: text.length - 1 }),
      length: fc.integer({ min: 0, max: 12 }),
      insert: fc.oneof(
        fc.constant(''),
        fc.string({ maxLength: 3 }),
        fc.constantFrom('"', '{', '}', '[', ',', ':', '\\', '0', '-', '.'),
      ),
      double: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(edit, { minLength: 1, maxLength: 3 }), async (edits) => {
        let mutant = text;
        for (const { at, length, insert, double } of edits) {
          const cut = mutant.slice(at, at + length);
          mutant = mutant.slice(0, at) + (double ? cut + cut : '') + insert + mutant.slice(at + length);
        }
        await survives(write('mutant.json', mutant), goodMarks());
        await survives(write('mutant.jsonl', mutant), goodMarks());
      }),
      { numRuns: 200 },
    );
  });
});
