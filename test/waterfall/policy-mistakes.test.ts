/** What is refused of a policy and where, all of it at once, and the JSON Schema beside the reader. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  ADL,
  AUCTION,
  FULL,
  FUND,
  fitsSchema,
  PARTIAL,
  policyOf,
  readPolicy,
  SOCIALISE,
  STAIR,
  withStages,
} from './policy-support.js';

const ALL_STAGES = 'margin-call, cancel, partial, full, auction, backstop, convert, fund, adl, socialise, issuance';

/** Wrong in its shape: both the reader and the JSON Schema refuse it. One problem each. */
const SHAPES: readonly (readonly [input: unknown, problem: string])[] = [
  [[], 'p.json: expected an object: a policy, was []'],
  [policyOf({ version: 2 }), 'p.json: version: expected the number 1, was 2'],
  [
    policyOf({ name: 'A policy' }),
    'p.json: name: expected a name of 1 to 64 of a-z, 0-9 and -, not beginning with -, was "A policy"',
  ],
  [policyOf({ sources: ['http://x.org'] }), 'p.json: sources[0]: expected an https address'],
  [policyOf({ stages: [] }), 'p.json: stages: expected at least one stage, was 0'],
  [policyOf({ stages: {} }), 'p.json: stages: expected an array of stages, was {}'],
  [policyOf({ venue: 'x' }), 'p.json: venue: expected no such key (a policy has $schema, version, name'],
  [policyOf({ liquidationTarget: 0.05 }), 'p.json: liquidationTarget: expected a rate from 0 to 1'],
  [policyOf({ liquidationTarget: '1.1' }), 'p.json: liquidationTarget: expected a rate from 0 to 1'],
  [policyOf({ rank: 'size' }), 'p.json: rank: expected "deficit" or "expected-bad-debt", was "size"'],
  [policyOf({ fees: { liquidation: '0.01' } }), 'p.json: fees.surplus: expected "account" or "fund", was nothing'],
  [policyOf({ dust: { orderMin: '-1' } }), 'p.json: dust.orderMin: expected a decimal string'],
  [policyOf({ watch: { below: '1.1', everyMs: 0 } }), 'p.json: watch.everyMs: expected a whole number of milliseconds from 1 to'],
  [
    policyOf({ limits: { global: { count: 0, perMs: 1 } } }),
    'p.json: limits.global.count: expected a whole number from 1 to 1000000000, was 0',
  ],
  [
    policyOf({ limits: { global: { count: 1.5, perMs: 1 } } }),
    'p.json: limits.global.count: expected a whole number from 1 to 1000000000, was 1.5',
  ],
  [
    policyOf({ limits: { notional: { share: '0', perMs: 1 } } }),
    'p.json: limits.notional.share: expected a decimal string or a fraction such as "7/6", above 0',
  ],
  [
    policyOf({ limits: { depth: { M0: '0' } } }),
    'p.json: limits.depth.M0: expected a decimal string of at most 18 decimals, at most 10^30, above zero, was "0"',
  ],
  [withStages(FULL, 'full'), 'p.json: stages[1]: expected an object: a stage, was "full"'],
  [withStages(FULL, { stage: 'venue-loss' }), `p.json: stages[1].stage: expected one of ${ALL_STAGES}, was "venue-loss"`],
  [withStages(FULL, {}), `p.json: stages[1].stage: expected one of ${ALL_STAGES}, was nothing`],
  [
    withStages({ ...FULL, lots: 1 }),
    'p.json: stages[0].lots: expected no such key (a full liquidation has stage, markets, price, ttlMs, retries), was 1',
  ],
  [
    withStages({ ...FULL, price: { kind: 'best' } }),
    'p.json: stages[0].price.kind: expected one of bankruptcy, fillable, slippage, market, was "best"',
  ],
  [withStages({ ...FULL, price: 'market' }), 'p.json: stages[0].price: expected an object: a price, was "market"'],
  [
    withStages({ ...FULL, price: { kind: 'fillable', adjustment: '1' } }),
    'p.json: stages[0].price.spread: expected a rate from 0 to 1',
  ],
  [
    withStages({ ...FULL, ttlMs: '5s' }),
    'p.json: stages[0].ttlMs: expected a whole number of milliseconds from 1 to 31622400000, was "5s"',
  ],
  [withStages({ ...FULL, ttlMs: 31_622_400_001 }), 'p.json: stages[0].ttlMs: expected a whole number of milliseconds'],
  [withStages({ ...FULL, markets: [] }), 'p.json: stages[0].markets: expected at least one id (left out: every one), was 0'],
  [withStages({ ...FULL, assets: ['USDT'] }), 'p.json: stages[0].assets: expected no such key'],
  [
    withStages({ ...PARTIAL, method: { kind: 'half' } }, FULL),
    'p.json: stages[0].method.kind: expected one of restore, fraction, tier, increment, was "half"',
  ],
  [
    withStages({ ...PARTIAL, method: { kind: 'tier', tiers: 0 } }, FULL),
    'p.json: stages[0].method.tiers: expected a whole number from 1 to 64, was 0',
  ],
  [
    withStages({ ...AUCTION, curve: { ...STAIR, cut: '1' } }),
    'p.json: stages[0].curve.cut: expected a decimal string above 0 and below 1',
  ],
  [
    withStages({ ...AUCTION, curve: { ...STAIR, cut: '0.0' } }),
    'p.json: stages[0].curve.cut: expected a decimal string above 0 and below 1',
  ],
  [
    withStages({ ...AUCTION, curve: { ...STAIR, cut: '1/2' } }),
    'p.json: stages[0].curve.cut: expected a decimal string above 0 and below 1',
  ],
  [
    withStages({ ...AUCTION, reserve: '0' }),
    'p.json: stages[0].reserve: expected a decimal string or a fraction such as "7/6", above 0',
  ],
  [withStages(FULL, { stage: 'backstop', account: 'a b', below: '1' }), 'p.json: stages[1].account: expected an account id'],
  [
    withStages(FULL, { stage: 'backstop', account: 'a', below: '0' }),
    'p.json: stages[1].below: expected a decimal string or a fraction',
  ],
  [withStages(FULL, { ...ADL, price: 'last' }), 'p.json: stages[1].price: expected "bankruptcy" or "mark", was "last"'],
  [withStages(FULL, { ...FUND, perMarket: 'yes' }), 'p.json: stages[1].perMarket: expected true or false, was "yes"'],
  [
    withStages({ stage: 'margin-call', thresholds: [] }, FULL),
    'p.json: stages[0].thresholds: expected at least one threshold, was 0',
  ],
];

/** Right in its shape: only the reader knows that its parts do not go together, or do not fit the book. */
const RELATIONS: readonly (readonly [input: unknown, problem: string])[] = [
  [
    policyOf({ watch: { below: '1', everyMs: 1 } }),
    'p.json: watch.below: expected a decimal string or a fraction such as "7/6", above 1',
  ],
  [withStages({ ...FULL, markets: ['M0', 'X'] }, FULL), 'p.json: stages[0].markets[1]: expected a market of the book, was "X"'],
  [withStages({ ...FULL, markets: ['M0', 'M0'] }, FULL), 'p.json: stages[0].markets[1]: expected each id once, was "M0" again'],
  [
    withStages(FULL, { stage: 'convert', assets: ['ETH'] }),
    'p.json: stages[1].assets[0]: expected an asset of the book, was "ETH"',
  ],
  [policyOf({ limits: { depth: { X: '1' } } }), 'p.json: limits.depth.X: expected a market of the book, was "X"'],
  [withStages({ ...FULL, price: { kind: 'slippage', rate: '1' } }), 'p.json: stages[0].price.rate: expected a rate from 0 to 1'],
  [
    withStages({ ...AUCTION, start: '2' }),
    'p.json: stages[0].start: expected a decimal string or a fraction such as "7/6", above 0 and below 2, was "2"',
  ],
  [
    withStages({ ...AUCTION, reserve: '1.01' }),
    'p.json: stages[0].reserve: expected a share not above the start\'s 1, was "1.01"',
  ],
  [
    withStages({ ...AUCTION, curve: { ...STAIR, stepMs: 60_001 } }),
    "p.json: stages[0].curve.stepMs: expected at most the duration's 60000, was 60001",
  ],
  [
    withStages(FULL, { ...FUND, drawdown: { trigger: '0.3', stop: '1/3', peakMs: 1 } }),
    'p.json: stages[1].drawdown.stop: expected a share not above the trigger\'s 0.3, was "1/3"',
  ],
  [
    withStages({ stage: 'margin-call', thresholds: ['1.1', '1.2'] }, FULL),
    'p.json: stages[0].thresholds[1]: expected a threshold below the last one\'s 1.1, was "1.2"',
  ],
  [
    withStages({ stage: 'margin-call', thresholds: ['1.1', '1.1'] }, FULL),
    'p.json: stages[0].thresholds[1]: expected a threshold below the last one\'s 1.1, was "1.1"',
  ],
  [
    withStages({ stage: 'margin-call', thresholds: ['1'] }, FULL),
    'p.json: stages[0].thresholds[0]: expected a decimal string or a fraction such as "7/6", above 1',
  ],
  [
    withStages(FULL, { stage: 'margin-call', thresholds: ['1.1'] }),
    'p.json: stages[1].stage: expected margin-call as the first stage, and once, was "margin-call"',
  ],
  [
    withStages(FULL, { stage: 'cancel', waitMs: 0 }),
    'p.json: stages[1].stage: expected cancel before any stage that closes positions, was "cancel" after full',
  ],
  [
    withStages({ stage: 'cancel', waitMs: 0 }, { stage: 'cancel', waitMs: 0 }, FULL),
    'p.json: stages[1].stage: expected cancel once, was "cancel" again',
  ],
  [
    policyOf({ fees: { liquidation: '0.5', surplus: 'account' }, stages: [{ ...PARTIAL, slippage: '0.5' }, FULL] }),
    'p.json: stages[0].slippage: expected a slippage that is below 1 together with the liquidation fee of 0.5, was "0.5"',
  ],
  [
    withStages(FULL, PARTIAL),
    'p.json: stages[1].stage: expected partial before full, which closes everything, was "partial" after full',
  ],
  [
    withStages(SOCIALISE, FULL),
    'p.json: stages[1].stage: expected full before socialise, as a loss is known only when its positions are closed, was "full" after socialise',
  ],
  [
    withStages(FULL, { stage: 'issuance' }, ADL),
    'p.json: stages[2].stage: expected adl before issuance, as a loss is known only when its positions are closed, was "adl" after issuance',
  ],
  [
    withStages(FUND, { stage: 'convert' }),
    'p.json: stages[1].stage: expected convert before fund, as an account’s own assets go before what others pay, was "convert" after fund',
  ],
  [
    withStages({ stage: 'cancel', waitMs: 0 }, SOCIALISE),
    'p.json: stages: expected a stage that closes positions (partial, full, auction, backstop, fund, adl), was cancel, socialise',
  ],
  [
    withStages({ ...FULL, markets: ['M0'] }, SOCIALISE),
    'p.json: stages: expected a stage that closes positions for every market, was none for "M1"',
  ],
];

describe('a policy that is wrong', () => {
  test.each(SHAPES)('in its shape: %j', (input, problem) => {
    const { policy, problems } = readPolicy(input);
    expect(policy).toBeNull();
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(problem);
    expect(fitsSchema(input)).toBe(false);
  });

  test.each(RELATIONS)('in what its parts are to each other: %j', (input, problem) => {
    const { policy, problems } = readPolicy(input);
    expect(policy).toBeNull();
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(problem);
    expect(fitsSchema(input)).toBe(true);
  });

  test('is told all of it at once', () => {
    const { problems } = readPolicy(
      policyOf({
        rank: 'size',
        limits: { depth: { X: '1' } },
        stages: [
          { ...FULL, markets: ['X'] },
          { ...AUCTION, reserve: '3/2' },
          { ...FULL, ttlMs: 0 },
          { stage: 'margin-call', thresholds: ['1.1'] },
        ],
      }),
    );
    expect(problems.map((problem) => problem.split(': ')[1])).toEqual([
      'rank',
      'stages[2].ttlMs',
      'stages[0].markets[0]',
      'stages[1].reserve',
      'stages[3].stage',
      'limits.depth.X',
    ]);
  });

  test('never throws, whatever it is', () => {
    const noise = fc.anything({ maxDepth: 4 });
    const almost = fc.record(
      {
        version: fc.constant(1),
        name: fc.constant('x'),
        title: fc.constant('x'),
        sources: fc.constant([]),
        stages: fc.array(fc.oneof(noise, fc.constantFrom(FULL, FUND, ADL, PARTIAL, AUCTION))),
      },
      { requiredKeys: ['version'] },
    );
    fc.assert(
      fc.property(fc.oneof(noise, almost), (input) => {
        const { policy, problems } = readPolicy(input);
        expect(policy === null).toBe(problems.length > 0);
      }),
      { numRuns: 1_000 },
    );
  });
});
