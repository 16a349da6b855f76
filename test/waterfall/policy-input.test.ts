/** Policies: the shipped ones, and everything that a file can say. */
import { basename } from 'node:path';
import { describe, expect, test } from 'vitest';
import { fraction } from '../../src/model/fraction.js';
import type { StageEntry } from '../../src/waterfall/policy.js';
import { dec, rate } from '../support/books.js';
import {
  ADL,
  AUCTION,
  FULL,
  FUND,
  fitsSchema,
  PARTIAL,
  policyOf,
  readPolicy,
  SHIPPED,
  SOCIALISE,
  STAIR,
  withStages,
} from './policy-support.js';

describe('the shipped policies', () => {
  test('are these', () => {
    expect(SHIPPED.map(({ file }) => file)).toEqual([
      'central-perp.json',
      'chain-perp.json',
      'clearing-auction.json',
      'full-close.json',
    ]);
  });

  test.each(SHIPPED)('$file is valid for any book, has its own name and fits the JSON Schema', ({ file, input }) => {
    const { policy, problems } = readPolicy(input);
    expect(problems).toEqual([]);
    expect(policy?.id).toBe(basename(file, '.json'));
    expect(fitsSchema(input)).toBe(true);
    expect((input as { $schema: string }).$schema).toBe('../schema/policy.schema.json');
  });

  test('have sources, but for the one that mirrors nobody', () => {
    const without = SHIPPED.filter(({ input }) => (input as { sources: unknown[] }).sources.length === 0);
    expect(without.map(({ file }) => file)).toEqual(['full-close.json']);
  });

  test('full-close closes everything at bankruptcy, then at any price, and does nothing else', () => {
    const { policy } = readPolicy(SHIPPED.find(({ file }) => file === 'full-close.json')?.input);
    expect(policy).toEqual({
      id: 'full-close',
      sources: [],
      liquidationTarget: fraction(0n),
      rank: 'deficit',
      fees: { liquidation: fraction(0n), surplus: 'account' },
      dust: { orderMin: dec(0) },
      watch: null,
      limits: { perAccount: null, perMarket: null, global: null, notional: null, depth: new Map() },
      stages: [
        { stage: 'full', markets: null, assets: null, price: { kind: 'bankruptcy' }, ttlUs: 5_000_000, retries: 0 },
        { stage: 'full', markets: null, assets: null, price: { kind: 'market' }, ttlUs: 5_000_000, retries: 1_000_000 },
      ],
    });
  });
});

describe('everything that a policy can say', () => {
  const all = { markets: null, assets: null };
  const orders = { price: { kind: 'market' }, ttlUs: 1_000_000, retries: 0 };
  const cases: readonly (readonly [input: object, expected: StageEntry | object])[] = [
    [
      { stage: 'margin-call', thresholds: ['1.25', '7/6'], graceMs: 5 },
      { ...all, stage: 'margin-call', thresholds: [rate('1.25'), rate('7/6')], graceUs: 5_000 },
    ],
    [
      { stage: 'cancel', waitMs: 3 },
      { ...all, stage: 'cancel', waitUs: 3_000 },
    ],
    [
      { ...PARTIAL, slippage: '0.01', markets: ['M1'] },
      { stage: 'partial', markets: new Set([1]), assets: null, method: { kind: 'restore' }, slippage: rate('0.01'), ...orders },
    ],
    [
      { ...PARTIAL, method: { kind: 'fraction', share: '1/5', above: '100000', cooldownMs: 30_000 } },
      {
        ...{ ...all, stage: 'partial', slippage: fraction(0n), ...orders },
        method: { kind: 'fraction', share: rate('1/5'), above: dec(100_000), cooldownUs: 30_000_000 },
      },
    ],
    [
      { ...PARTIAL, method: { kind: 'tier', tiers: 2 } },
      { ...all, stage: 'partial', slippage: fraction(0n), ...orders, method: { kind: 'tier', tiers: 2 } },
    ],
    [
      { ...PARTIAL, method: { kind: 'increment', lots: 7 } },
      { ...all, stage: 'partial', slippage: fraction(0n), ...orders, method: { kind: 'increment', lots: 7 } },
    ],
    [
      { stage: 'full', price: { kind: 'fillable', adjustment: '2', spread: '0.1' }, ttlMs: 1_000, retries: 3 },
      {
        ...{ ...all, stage: 'full', ttlUs: 1_000_000, retries: 3 },
        price: { kind: 'fillable', adjustment: rate('2'), spread: rate('0.1') },
      },
    ],
    [
      { stage: 'full', price: { kind: 'slippage', rate: '0.05' }, ttlMs: 1_000 },
      { ...all, stage: 'full', ...orders, price: { kind: 'slippage', rate: rate('0.05') } },
    ],
    [
      { ...AUCTION, curve: STAIR, biddersMin: 2, resetsMax: 1 },
      {
        ...{ ...all, stage: 'auction', of: 'position', biddersMin: 2, resetsMax: 1, resetAgeUs: 60_000_000 },
        curve: { kind: 'stair', cut: dec(99, 2), stepUs: 1_000_000, durationUs: 60_000_000 },
        ...{ start: rate('1'), reserve: rate('0.8'), resetDrop: rate('0.5') },
      },
    ],
    [
      { stage: 'backstop', account: 'lp_1', below: '2/3', lossLimit: '1000' },
      { ...all, stage: 'backstop', account: 'lp_1', below: rate('2/3'), lossLimit: dec(1_000) },
    ],
    [
      { stage: 'convert', assets: ['USDT'] },
      { stage: 'convert', markets: null, assets: new Set([0]) },
    ],
    [
      FUND,
      { ...all, stage: 'fund', ...orders, perMarket: false, reserve: rate('0.05'), caseMax: null, window: null, drawdown: null },
    ],
    [
      {
        ...{ ...FUND, perMarket: true, caseMax: '5.5', window: { amount: '10', durationMs: 2 } },
        drawdown: { trigger: '0.3', stop: '0.25', peakMs: 8 },
      },
      {
        ...{ ...all, stage: 'fund', ...orders, perMarket: true, reserve: rate('0.05'), caseMax: dec(55, 1) },
        window: { amount: dec(10), durationUs: 2_000 },
        drawdown: { trigger: rate('0.3'), stop: rate('0.25'), peakUs: 8_000 },
      },
    ],
    [
      { ...ADL, hedgeAware: true },
      { ...all, ...ADL, hedgeAware: true },
    ],
    [SOCIALISE, { ...all, ...SOCIALISE }],
    [
      { stage: 'issuance', cap: '9' },
      { ...all, stage: 'issuance', cap: dec(9) },
    ],
    [{ stage: 'issuance' }, { ...all, stage: 'issuance', cap: null }],
  ];

  test.each(cases)('%j', (input, expected) => {
    // Where a position-closing stage must be in it, and where it may be.
    const { stage } = input as { stage: string };
    const isFirst = stage === 'margin-call' || stage === 'cancel';
    const file = isFirst ? withStages(input, FULL) : stage === 'partial' ? withStages(input, FULL) : withStages(FULL, input);
    const { policy, problems } = readPolicy(file);
    expect(problems).toEqual([]);
    expect(policy?.stages[isFirst || stage === 'partial' ? 0 : 1]).toEqual(expected);
    expect(fitsSchema(file)).toBe(true);
  });

  test('and of the whole', () => {
    const file = policyOf({
      sources: ['https://example.org/waterfall'],
      liquidationTarget: '0.05',
      rank: 'expected-bad-debt',
      fees: { liquidation: '0.015', surplus: 'fund' },
      dust: { orderMin: '10' },
      watch: { below: '1.2', everyMs: 500 },
      limits: {
        perAccount: { count: 1, perMs: 10 },
        perMarket: { count: 2, perMs: 20 },
        global: { count: 3, perMs: 30 },
        notional: { share: '1.5', perMs: 60_000 },
        depth: { M1: '1000000' },
      },
    });
    expect(fitsSchema(file)).toBe(true);
    expect(readPolicy(file).policy).toMatchObject({
      id: 'test',
      sources: ['https://example.org/waterfall'],
      liquidationTarget: rate('0.05'),
      rank: 'expected-bad-debt',
      fees: { liquidation: rate('0.015'), surplus: 'fund' },
      dust: { orderMin: dec(10) },
      watch: { below: rate('1.2'), everyUs: 500_000 },
      limits: {
        perAccount: { count: 1, perUs: 10_000 },
        perMarket: { count: 2, perUs: 20_000 },
        global: { count: 3, perUs: 30_000 },
        notional: { share: rate('1.5'), perUs: 60_000_000 },
        depth: new Map([[1, dec(1_000_000)]]),
      },
    });
  });
});
