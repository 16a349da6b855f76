/** WF-VEN: the venue's own loss account; WF-ISS: claims against the reserve token; WF-CONV: collateral sold. */
import { dec, tiersOf } from '../../support/books.js';
import { policyOf } from '../../support/policies.js';
import { BANKRUPTCY, convert, full, fund, issuance, MARKET } from './stages.js';
import { venue } from './steps.js';
import { scenario } from './table.js';

const one = { alice: '1000; A 100 @100', bob: '3000; A -100 @100' };

scenario('WF-VEN-001', 'takes over what nobody would close, at the bankruptcy price, and then owes nothing', {
  accounts: one,
  policy: policyOf([full({ price: BANKRUPTCY })]),
  script: `
    tick A 90.5
      new alice A sell 100 @90 (full)
      case alice opened, deficit 40.5
      alice full entered
    ack alice A unfilled
      ended alice A sell 100 @90 (full)
      case alice closed, bad debt 0
      alice full left unfilled
      alice venue-loss entered
      realised alice -> venue 1000
      alert venue-loss
    end
      USDT: bob 3000 + venue 1000 = 4000, was 4000
      A: bob -100 + venue 100 = 0, was 0
  `,
});

scenario('WF-VEN-001', 'takes over what is worth less than nothing at the mark, above the mark', {
  accounts: one,
  policy: policyOf([full({ price: BANKRUPTCY })]),
  script: `
    tick A 85
      new alice A sell 100 @90 (full)
      case alice opened, deficit 585
      alice full entered
    ack alice A unfilled
      ended alice A sell 100 @90 (full)
      case alice closed, bad debt 0
      alice full left unfilled
      alice venue-loss entered
      realised alice -> venue 1000
      alert venue-loss
    end
      USDT: bob 3000 + venue 1000 = 4000, was 4000
      A: bob -100 + venue 100 = 0, was 0
  `,
});

scenario('WF-VEN-002', 'bears to the last unit what nobody else has paid, with an alert', {
  accounts: one,
  policy: policyOf([full({ price: MARKET })]),
  script: `
    tick A 90.5
      new alice A sell 100 (full)
      case alice opened, deficit 40.5
      alice full entered
    fill alice A @89.333333333333333333
      ended alice A sell 0 (full)
      case alice closed, bad debt 66.6666666666666667
      alice full left no-position
      alice venue-loss entered
      realised alice -> clearing:A 1066.6666666666666667
      venue-loss venue -> alice 66.6666666666666667
      alert venue-loss
    end
      USDT: bob 3000 + clearing:A 1066.6666666666666667 + venue -66.6666666666666667 = 4000, was 4000
      A: bob -100 + clearing 100 = 0, was 0
  `,
});

scenario('WF-VEN-003', 'takes over the whole open interest of a market that is in one account', {
  accounts: { alice: '1000; A 100 @100' },
  policy: policyOf([full({ price: BANKRUPTCY }), fund()]),
  script: `
    admin fund 100
      fund-change outside -> fund 100
    tick A 50
      new alice A sell 100 @90 (full)
      case alice opened, deficit 4050
      alice full entered
    ack alice A unfilled
      ended alice A sell 100 @90 (full)
      case alice closed, bad debt 0
      alice full left unfilled
      alice fund skipped insufficient
      alice venue-loss entered
      realised alice -> venue 1000
      alert venue-loss
    end
      USDT: fund 100 + venue 1000 = 1100, was 1100
      A: venue 100 = 100, was 100
  `,
});

scenario('WF-VEN-004', 'sells what is left of other assets before it pays', {
  accounts: { alice: '100; ETH 1; A 100 @100', bob: '3000; A -100 @100' },
  policy: policyOf([full({ price: MARKET })]),
  script: `
    tick A 100 ETH 1000
    tick A 90.5 ETH 1000
      new alice A sell 100 (full)
      case alice opened, deficit 40.5
      alice full entered
    fill alice A @88
      ended alice A sell 0 (full)
      case alice closed, bad debt 200
      alice full left no-position
      alice venue-loss entered
      realised alice -> clearing:A 1200
      conversion alice -> conversion 1 ETH
      conversion conversion -> alice 900
      venue-loss venue -> alice 200
      alert venue-loss
    end
      USDT: bob 3000 + clearing:A 1200 + conversion -900 + venue -200 = 3100, was 3100
      ETH: conversion 1 = 1, was 1
      A: bob -100 + clearing 100 = 0, was 0
  `,
});

scenario('WF-VEN-001', 'takes over even what has cost more than everything: the mark is far beyond the bankruptcy price', {
  accounts: { alice: '10; A -100 @1', bob: '1000; A 100 @1' },
  policy: policyOf([full({ price: BANKRUPTCY })]),
  script: `
    tick A 5
      new alice A buy 100 @1.1 (full)
      case alice opened, deficit 395
      alice full entered
    ack alice A unfilled
      ended alice A buy 100 @1.1 (full)
      case alice closed, bad debt 0
      alice full left unfilled
      alice venue-loss entered
      realised alice -> venue 10
      alert venue-loss
    end
      USDT: bob 1000 + venue 10 = 1010, was 1010
      A: bob 100 + venue -100 = 0, was 0
  `,
});

scenario('WF-VEN-005', 'takes over each leg of a hedge at its own bankruptcy price', {
  accounts: { alice: 'hedge; 500; A 100 @100; A -50 @100', bob: '1000; A -50 @100' },
  policy: policyOf([]),
  script: `
    tick A 90.5
      case alice opened, deficit 110.75
      case alice closed, bad debt 0
      alice venue-loss entered
      realised alice -> venue 966.6666666666666666
      realised venue -> alice 466.6666666666666667
      alert venue-loss
    end
      USDT: alice 0.0000000000000001 + bob 1000 + venue 499.9999999999999999 = 1500, was 1500
      A: bob -50 + venue 50 = 0, was 0
  `,
});

scenario(
  'WF-VEN-006',
  'open orders alone keep it in default: they are asked to be cancelled, again after 5 s, until they are gone',
  {
    accounts: { alice: '1000; A 100 @100; order A 500 @100', bob: '3000; A -100 @100' },
    instruments: { ...venue(), orderMargin: 'maintenance' },
    policy: policyOf([full({ price: MARKET })]),
    script: `
    tick A 95
      new alice A sell 100 (full)
      case alice opened, deficit 95
      alice full entered
    fill alice A @93
      ended alice A sell 0 (full)
      cancel open orders of alice
      alice full left no-position
      alice venue-loss entered
      realised alice -> clearing:A 700
    +4 clock
    +1 clock
      cancel open orders of alice
    clock
    +4 tick A 95
      cancel open orders of alice
    gone alice
      case alice closed, bad debt 0
    end
      USDT: alice 300 + bob 3000 + clearing:A 700 = 4000, was 4000
      A: bob -100 + clearing 100 = 0, was 0
  `,
  },
);

scenario('WF-CONV-003', 'nothing is sold while other assets cover what is owed: the case is over', {
  accounts: { alice: '100; ETH 2; A 100 @100', bob: '3000; A -100 @100' },
  policy: policyOf([full({ price: MARKET }), convert(), fund()]),
  script: `
    admin fund 5000
      fund-change outside -> fund 5000
    tick A 100 ETH 1000
    tick A 81.5 ETH 1000
      new alice A sell 100 (full)
      case alice opened, deficit 31.5
      alice full entered
    fill alice A @81
      ended alice A sell 0 (full)
      case alice closed, bad debt 0
      realised alice -> clearing:A 1900
    end
      USDT: alice -1800 + bob 3000 + clearing:A 1900 + fund 5000 = 8100, was 8100
      ETH: alice 2 = 2, was 2
      A: bob -100 + clearing 100 = 0, was 0
  `,
});

scenario('WF-CONV-001', 'other assets are sold at index price less haircut for what is owed, and the fund pays the rest', {
  accounts: { alice: '100; ETH 1; A 100 @100', bob: '3000; A -100 @100' },
  policy: policyOf([full({ price: MARKET }), convert(), fund()]),
  script: `
    admin fund 5000
      fund-change outside -> fund 5000
    tick A 100 ETH 1000
    tick A 90.5 ETH 1000
      new alice A sell 100 (full)
      case alice opened, deficit 40.5
      alice full entered
    fill alice A @88
      ended alice A sell 0 (full)
      case alice closed, bad debt 200
      alice full left no-position
      alice convert entered
      alice convert left nothing-to-sell
      alice fund entered
      realised alice -> clearing:A 1200
      conversion alice -> conversion 1 ETH
      conversion conversion -> alice 900
      fund fund -> alice 200
    end
      USDT: bob 3000 + clearing:A 1200 + conversion -900 + fund 4800 = 8100, was 8100
      ETH: conversion 1 = 1, was 1
      A: bob -100 + clearing 100 = 0, was 0
  `,
});

scenario('WF-CONV-002', 'nothing is sold while positions are left, or when there is nothing', {
  accounts: one,
  policy: policyOf([convert(), full({ price: MARKET }), convert()]),
  script: `
    tick A 90.5
      new alice A sell 100 (full)
      case alice opened, deficit 40.5
      alice convert skipped positions-left
      alice full entered
    fill alice A @89
      ended alice A sell 0 (full)
      case alice closed, bad debt 100
      alice full left no-position
      alice convert skipped nothing-to-sell
      alice venue-loss entered
      realised alice -> clearing:A 1100
      venue-loss venue -> alice 100
      alert venue-loss
    end
      USDT: bob 3000 + clearing:A 1100 + venue -100 = 4000, was 4000
      A: bob -100 + clearing 100 = 0, was 0
  `,
});

const borrowed = { method: 'bracket' as const, tiers: tiersOf([[0, '0.1']]) };
const lending = { ...venue(), assets: venue().assets.map((each) => (each.index === 0 ? { ...each, borrow: borrowed } : each)) };

scenario('WF-CONV-004', 'a debt that is in default without a position is settled before any stage that closes', {
  accounts: { alice: '-850; ETH 1', bob: '1000' },
  instruments: lending,
  policy: policyOf([convert(), full({ price: MARKET })]),
  script: `
    tick ETH 1000
      case alice opened, deficit 35
      case alice recovered, bad debt 0
      alice convert entered
      conversion alice -> conversion 0.944444444444444445 ETH
      conversion conversion -> alice 850
    end
      USDT: bob 1000 + conversion -850 = 150, was 150
      ETH: alice 0.055555555555555555 + conversion 0.944444444444444445 = 1, was 1
  `,
});

scenario('WF-ISS-001', 'claims are recorded for what is missing, with an alert', {
  accounts: one,
  policy: policyOf([full({ price: MARKET }), issuance()]),
  script: `
    tick A 90.5
      new alice A sell 100 (full)
      case alice opened, deficit 40.5
      alice full entered
    fill alice A @89
      ended alice A sell 0 (full)
      case alice closed, bad debt 100
      alice full left no-position
      alice issuance entered
      realised alice -> clearing:A 1100
      issuance issuance -> alice 100
      alert issuance
    end
      USDT: bob 3000 + clearing:A 1100 + issuance -100 = 4000, was 4000
      A: bob -100 + clearing 100 = 0, was 0
  `,
});

scenario('WF-ISS-002', 'claims of all cases together stay within the cap; the venue bears the rest', {
  accounts: { alice: '1000; A 100 @100', carol: '1000; A 50 @100; B 50 @100', bob: '3000; A -150 @100; B -50 @100' },
  policy: policyOf([full({ price: MARKET }), issuance({ cap: dec(150) })]),
  script: `
    tick A 90.5 B 90
      new carol A sell 50 (full)
      new carol B sell 50 (full)
      new alice A sell 100 (full)
      case carol opened, deficit 65.25
      case alice opened, deficit 40.5
      carol full entered
      alice full entered
    fill alice A @89
      ended alice A sell 0 (full)
      case alice closed, bad debt 100
      alice full left no-position
      alice issuance entered
      realised alice -> clearing:A 1100
      issuance issuance -> alice 100
      alert issuance
    fill carol A @89
      ended carol A sell 0 (full)
      realised carol -> clearing:A 550
    fill carol B @88
      ended carol B sell 0 (full)
      case carol closed, bad debt 150
      carol full left no-position
      carol issuance entered
      carol issuance left capped
      carol venue-loss entered
      realised carol -> clearing:B 600
      issuance issuance -> carol 50
      venue-loss venue -> carol 100
      alert issuance
      alert venue-loss
    tick A 90
    end
      USDT: bob 3000 + clearing:A 1650 + clearing:B 600 + issuance -150 + venue -100 = 5000, was 5000
      A: bob -150 + clearing 150 = 0, was 0
      B: bob -50 + clearing 50 = 0, was 0
  `,
});
