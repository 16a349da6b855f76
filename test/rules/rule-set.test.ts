/** Rule sets: the shipped ones, what is refused and where, what one makes of a header, and the JSON Schema beside the reader. */
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fraction } from '../../src/model/fraction.js';
import { instrumentsFromInput, rateText } from '../../src/model/instrument-input.js';
import { ProblemList } from '../../src/model/problems.js';
import { tableAt } from '../../src/model/requirement.js';
import { applyRules, type RuleSet, tablesOf } from '../../src/rules/rule-set.js';
import { fitsSchema, maintenance, readSet, SHIPPED, setOf } from './support.js';

const shipped = (name: string): RuleSet => readSet(SHIPPED.find(({ file }) => file === `${name}.json`)?.input).set as RuleSet;
const deductions = (set: RuleSet, id: string): string[] => {
  const { markets, marketIndex } = tablesOf(set);
  return markets[marketIndex.get(id) as number].maintenance.tiers.map(({ deduction }) => rateText(deduction));
};

describe('the shipped rule sets', () => {
  test('are the four schemes', () => {
    expect(SHIPPED.map(({ file }) => file)).toEqual([
      'coinm-bracket.json',
      'perp-half-initial.json',
      'usdm-bracket.json',
      'uta-multi-asset.json',
    ]);
  });

  test.each(SHIPPED)('$file is valid, has its own name and fits the JSON Schema', ({ file, input }) => {
    const { set, problems } = readSet(input);
    expect(problems).toEqual([]);
    expect(set?.name).toBe(basename(file, '.json'));
    expect(fitsSchema(input)).toBe(true);
    expect((input as { $schema: string }).$schema).toBe('../schema/rules.schema.json');
  });

  test('usdm-bracket derives the maintenance amounts of its page', () => {
    // The page's own: 1,300 of the bracket from 250,000.
    expect(deductions(shipped('usdm-bracket'), 'BTCUSDT').slice(0, 5)).toEqual(['0', '50', '1300', '16300', '266300']);
  });

  test('coinm-bracket derives the maintenance amounts of its page', () => {
    // The page's own: 0.56, 1.81 and 11.81 BTC of the brackets from 30, 50 and 200 BTC.
    const found = deductions(shipped('coinm-bracket'), 'BTCUSD');
    expect([found[3], found[4], found[6]]).toEqual(['0.56', '1.81', '11.81']);
  });

  test('perp-half-initial: maintenance is half of the initial margin at the greatest leverage, and continuous', () => {
    const { markets } = tablesOf(shipped('perp-half-initial'));
    expect(markets.length).toBe(39);
    for (const { maintenance: table, initial } of markets) {
      expect(table.tiers.map(({ rate }) => rateText({ n: rate.n * 2n, d: rate.d }))).toEqual(
        initial?.tiers.map(({ rate }) => rateText(rate)),
      );
    }
    // BTC: 150M · (1/40 − 1/80).
    expect(deductions(shipped('perp-half-initial'), 'BTC')).toEqual(['0', '1875000']);
  });

  test('uta-multi-asset: tiered collateral, a debt with maintenance, a closing fee', () => {
    const { markets, assets } = tablesOf(shipped('uta-multi-asset'));
    const [btc] = assets;
    expect(btc.haircuts.map(({ haircut }) => rateText(haircut))).toEqual(['0.02', '0.05', '0.1', '0.15', '0.2', '1']);
    expect(rateText(tableAt(btc.borrow as NonNullable<typeof btc.borrow>, fraction(40n)))).toBe('2.5');
    // 2,500 of XYZUSDT: 1,000 at 2 %, 1,000 at 2.5 % and 500 at 3 %.
    expect(rateText(tableAt(markets[0].maintenance, fraction(2500n)))).toBe('60');
    expect(rateText(markets[0].maintenance.closeFee)).toBe('0.00055');
  });
});

const tier = (floor: string, rate: string, deduction?: string) => ({
  floor,
  rate,
  ...(deduction === undefined ? {} : { deduction }),
});
const withTiers = (...tiers: object[]) => setOf({ markets: { 'BTC/X': { maintenance: maintenance(tiers) } } });

/** Wrong in its shape: both the reader and the JSON Schema refuse it. */
const SHAPES: readonly (readonly [input: unknown, problem: string])[] = [
  [[], 'set.json: expected an object: a rule set, was []'],
  [setOf({ version: 2 }), 'set.json: version: expected the number 1, was 2'],
  [
    setOf({ name: 'Binance' }),
    'set.json: name: expected a name of 1 to 64 of a-z, 0-9 and -, not beginning with -, was "Binance"',
  ],
  [
    setOf({ title: '' }),
    'set.json: title: expected a line of text of at most 500 characters, without spaces at its ends, was ""',
  ],
  [setOf({ sources: [] }), 'set.json: sources: expected at least one source, was 0'],
  [
    setOf({ sources: ['http://example.org'] }),
    'set.json: sources[0]: expected an https address of at most 500 characters, was "http://example.org"',
  ],
  [setOf({ formulas: [] }), 'set.json: formulas: expected at least one formula, was 0'],
  [setOf({ rules: undefined }), 'set.json: rules: expected an object: rules, was nothing'],
  [
    setOf({ rules: { liquidateWhen: 'never' } }),
    'set.json: rules.liquidateWhen: expected "equity<maintenance" or "equity<=maintenance", was "never"',
  ],
  [setOf({ rules: { hedge: 'both' } }), 'set.json: rules.hedge: expected no such key'],
  [setOf({ venue: 'x' }), 'set.json: venue: expected no such key'],
  [setOf({ markets: { X: {} } }), 'set.json: markets.X.maintenance: expected an object: a margin rule, was nothing'],
  [
    setOf({ markets: { X: { maintenance: maintenance(), lot: '1' } } }),
    'set.json: markets.X.lot: expected no such key (the rules of a market has maintenance, initial, takerFee), was "1"',
  ],
  [setOf({ markets: { X: { maintenance: maintenance(), takerFee: 'x' } } }), 'set.json: markets.X.takerFee: expected a rate'],
  [withTiers(), 'set.json: markets["BTC/X"].maintenance.tiers: expected at least one tier, was 0'],
  [withTiers({ floor: '0' }), 'set.json: markets["BTC/X"].maintenance.tiers[0].rate: expected a rate from 0 to 1'],
  [withTiers(tier('0', '1.5')), 'set.json: markets["BTC/X"].maintenance.tiers[0].rate: expected a rate from 0 to 1'],
  [withTiers({ floor: 0, rate: '0' }), 'set.json: markets["BTC/X"].maintenance.tiers[0].floor: expected a decimal string'],
  [withTiers(tier('-1', '0')), 'set.json: markets["BTC/X"].maintenance.tiers[0].floor: expected a decimal string'],
  [withTiers(tier('0', '0', 'x')), 'set.json: markets["BTC/X"].maintenance.tiers[0].deduction: expected a decimal string'],
  [setOf({ markets: { 'a b': { maintenance: maintenance() } } }), 'set.json: markets["a b"]: expected "*" or an id'],
  [setOf({ markets: { 'a:long': { maintenance: maintenance() } } }), 'set.json: markets["a:long"]: expected "*" or an id'],
  [setOf({ assets: { BTC: { haircut: [] } } }), 'set.json: assets.BTC.haircut: expected at least one haircut band, was 0'],
  [setOf({ assets: { BTC: { haircut: '2' } } }), 'set.json: assets.BTC.haircut: expected a rate from 0 to 1'],
  [
    setOf({ assets: { BTC: { borrow: { method: 'flat', tiers: [] } } } }),
    'set.json: assets.BTC.borrow.method: expected "bracket" or "step", was "flat"',
  ],
];

/** Right in its shape: only the reader knows that its parts do not go together. */
const RELATIONS: readonly (readonly [input: unknown, problem: string])[] = [
  [
    withTiers(tier('0', '0.01'), tier('0', '0.02')),
    'set.json: markets["BTC/X"].maintenance.tiers[1].floor: expected a floor above the last tier\'s 0, was "0"',
  ],
  [
    withTiers(tier('0', '0.02'), tier('5', '0.01')),
    'set.json: markets["BTC/X"].maintenance.tiers[1].rate: expected a rate not below the last tier\'s 0.02, was "0.01"',
  ],
  [
    withTiers(tier('0', '0.01'), tier('100', '0.02', '2')),
    'set.json: markets["BTC/X"].maintenance.tiers[1].deduction: expected 1, which the floors and rates give, was "2"',
  ],
  [
    setOf({ assets: { BTC: { haircut: [{ floor: '1', haircut: '0' }] } } }),
    'set.json: assets.BTC.haircut[0].floor: expected "0" in the first band, was "1"',
  ],
];

describe('a rule set that is wrong', () => {
  test.each(SHAPES.map(([input, problem]) => ({ input, problem })))('in its shape: $problem', ({ input, problem }) => {
    const { set, problems } = readSet(input);
    expect(set).toBeNull();
    expect(problems[0]).toContain(problem);
    expect(fitsSchema(input)).toBe(false);
  });

  test.each(RELATIONS.map(([input, problem]) => ({ input, problem })))('between its parts: $problem', ({ input, problem }) => {
    expect(readSet(input)).toEqual({ set: null, problems: [problem] });
    expect(fitsSchema(input)).toBe(true);
  });

  test('the JSON Schema refuses no number that the reader takes', () => {
    const digits = fc.string({ unit: fc.constantFrom(...'00112599'), minLength: 1, maxLength: 33 });
    const text = fc.oneof(
      digits,
      fc.tuple(digits, digits).map(([whole, part]) => `${whole}.${part}`),
      fc.tuple(digits, digits).map(([n, d]) => `${n}/${d}`),
      fc.constantFrom('0.5', '1', '1.0', '0', '3/4', '1/1000000000', '0.000000000000000001', '0.1000000000000000000'),
    );
    let taken = 0;
    fc.assert(
      fc.property(text, text, (floor, rate) => {
        const set = setOf({
          markets: {
            X: {
              maintenance: maintenance([tier('0', '0'), tier(floor, rate)]),
              initial: { method: 'step', tiers: [tier('0', '1')] },
            },
          },
        });
        if (readSet(set).set === null) return;
        taken += 1;
        expect({ floor, rate, fits: fitsSchema(set) }).toEqual({ floor, rate, fits: true });
      }),
      { numRuns: 3000, seed: 5 },
    );
    expect(taken).toBeGreaterThan(200);
  });

  test('has all its problems told at once', () => {
    const { problems } = readSet({
      ...withTiers(tier('0', '0.02'), tier('5', '0.01')),
      version: 3,
      assets: { BTC: { haircut: '7' }, ETH: { haircut: [{ floor: '1', haircut: '0' }] } },
    });
    expect(problems.map((problem) => problem.split(': expected')[0])).toEqual([
      'set.json: version',
      'set.json: assets.BTC.haircut',
      'set.json: assets.ETH.haircut[0].floor',
      'set.json: markets["BTC/X"].maintenance.tiers[1].rate',
    ]);
  });
});

describe('a header under a rule set', () => {
  const facts = { kind: 'linear', base: 'X', settle: 'USDT', contractSize: '1', lot: '1', tick: '1' };
  const own = { method: 'step', basis: 'entry', closeFee: '0.1', tiers: [{ floor: '0', rate: '0.5' }] };
  const header = {
    version: 1,
    valuation: 'USDT',
    rules: { liquidateWhen: 'equity<maintenance', hedgeMargin: 'larger' },
    assets: { USDT: { decimals: 6, haircut: '0.5' }, BTC: { decimals: 8, haircut: '0' } },
    markets: {
      BTCUSDT: { ...facts, maintenance: own, initial: { method: 'step', tiers: [{ floor: '0', rate: '1' }] }, takerFee: '0.01' },
      ETHUSDT: { ...facts, maintenance: own },
    },
  };
  const set = readSet(setOf({ rules: { liquidateWhen: 'equity<=maintenance' } })).set as RuleSet;
  const applied = (changed: unknown, by = set) => applyRules(by, changed) as typeof header;

  test('has the set’s rules, its entries whole, and keeps what the set says nothing of', () => {
    const { rules, markets, assets } = applied(header);
    expect(rules).toEqual({ liquidateWhen: 'equity<=maintenance' });
    expect(markets.BTCUSDT).toEqual({ ...facts, maintenance: maintenance() });
    expect(markets.ETHUSDT).toEqual(header.markets.ETHUSDT);
    expect(assets).toEqual({
      USDT: header.assets.USDT,
      BTC: { decimals: 8, haircut: '0.05', borrow: { method: 'step', tiers: [{ floor: '0', rate: '0.03' }] } },
    });
    expect(Object.keys(markets)).toEqual(['BTCUSDT', 'ETHUSDT']);
    const problems = new ProblemList();
    expect(instrumentsFromInput(applied(header), '', problems)?.hedgeMargin).toBe('both');
    expect(problems.listed).toEqual([]);
  });

  test('"*" is every market and asset without an entry of its own', () => {
    const everything = { maintenance: maintenance([{ floor: '0', rate: '0.25' }]), takerFee: '0.002' };
    const parts = { markets: { '*': everything, ETHUSDT: { maintenance: own } }, assets: { '*': {} } };
    const { markets, assets } = applied(header, readSet(setOf(parts)).set as RuleSet);
    expect(markets.BTCUSDT).toEqual({ ...facts, ...everything });
    expect(markets.ETHUSDT).toEqual({ ...facts, maintenance: own });
    expect(assets).toEqual({ USDT: { decimals: 6, haircut: '0' }, BTC: { decimals: 8, haircut: '0' } });
  });

  test('an id that every object has is no entry', () => {
    const changed = { ...header, markets: { constructor: header.markets.ETHUSDT } };
    expect(applied(changed).markets).toEqual(changed.markets);
  });

  test('does not change the header it was given', () => {
    const before = structuredClone(header);
    applied(header);
    expect(header).toEqual(before);
  });

  test.each([[null], [[]], ['x'], [{ markets: 3, assets: [] }], [{ markets: { BTCUSDT: null }, assets: { BTC: 1 } }]])(
    '%j, which is no header, is left to its reader',
    (input) => {
      const changed = applyRules(set, input);
      if (input === null || typeof input !== 'object' || Array.isArray(input)) expect(changed).toBe(input);
      else expect(changed).toEqual({ ...input, rules: set.rules });
    },
  );
});

describe('docs/rules.md', () => {
  const page = readFileSync(join(import.meta.dirname, '../../docs/rules.md'), 'utf8');

  test('its example is a rule set', () => {
    const [, json] = /```json rules\n([\s\S]*?)```/.exec(page) as RegExpExecArray;
    const input: unknown = JSON.parse(json);
    expect(readSet(input).problems).toEqual([]);
    expect(fitsSchema(input)).toBe(true);
  });

  test('says which keys are required', () => {
    expect(page).toContain('Every key of this table is required but `$schema` and `"*"`');
    const whole = setOf({ $schema: 'x' });
    for (const key of Object.keys(whole)) {
      const { [key]: _, ...rest } = whole;
      expect({ key, count: readSet(rest).problems.length }).toEqual({ key, count: key === '$schema' ? 0 : 1 });
      expect(page).toContain(`\n| \`${key}\` |`);
    }
  });

  test('names every shipped set', () => {
    for (const { file } of SHIPPED) expect(page).toContain(`\n| \`${basename(file, '.json')}\` |`);
  });
});
