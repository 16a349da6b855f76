/** WF-ADL: opposing positions are closed against the bankrupt one. */
import { dec, rate } from '../../support/books.js';
import { policyOf } from '../../support/policies.js';
import { adl, BANKRUPTCY, backstop, full, fund, SECONDS, socialise } from './stages.js';
import { scenario } from './table.js';

/** Alice is bankrupt below 90. Short of her: bob has the most profit a unit, carol the most leverage, dave has lost. */
const accounts = {
  alice: '1000; A 100 @100',
  bob: '2000; A -50 @100',
  carol: '370; A -30 @86',
  dave: '1000; A -20 @80',
};
const stages = (over: Parameters<typeof adl>[0] = {}) => policyOf([adl(over)]);

scenario(
  'WF-ADL-001',
  'queue: by profit in percent times leverage, then losers by profit divided by it (BitMEX), until nothing is left',
  {
    accounts,
    policy: stages(),
    script: `
    tick A 85
      case alice opened, deficit 585
      case alice closed, bad debt 0
      alice adl entered
      adl alice against bob A 50 needed 50 @90 forgone 250
      adl alice against carol A 30 needed 30 @90 forgone 150
      adl alice against dave A 20 needed 20 @90 forgone 100
      realised alice -> clearing:A 500
      realised clearing:A -> bob 500
      realised alice -> clearing:A 300
      realised carol -> clearing:A 120
      realised alice -> clearing:A 200
      realised dave -> clearing:A 200
    end
      USDT: bob 2500 + carol 250 + dave 800 + clearing:A 820 = 4370, was 4370
  `,
  },
);

scenario('WF-ADL-002', 'at the bankruptcy price nobody else pays: the counterparties give up the loss', {
  accounts: { alice: '1000; A 100 @100', bob: '2000; A -100 @100' },
  policy: stages(),
  script: `
    tick A 85
      case alice opened, deficit 585
      case alice closed, bad debt 0
      alice adl entered
      adl alice against bob A 100 needed 100 @90 forgone 500
      realised alice -> clearing:A 1000
      realised clearing:A -> bob 1000
    end
      USDT: bob 3000 = 3000, was 3000
  `,
});

scenario('WF-ADL-003', 'at the mark the counterparties keep all, and the loss goes to the next stage', {
  accounts: { alice: '1000; A 100 @100', bob: '2000; A -100 @100' },
  policy: policyOf([adl({ price: 'mark' }), fund()]),
  script: `
    admin fund 200
      fund-change outside -> fund 200
    tick A 85
      case alice opened, deficit 585
      case alice closed, bad debt 500
      alice adl entered
      alice adl left no-position
      alice fund entered
      alice fund left insufficient
      alice venue-loss entered
      adl alice against bob A 100 needed 100 @85 forgone 0
      realised alice -> clearing:A 1500
      realised clearing:A -> bob 1500
      fund fund -> alice 200
      venue-loss venue -> alice 300
      alert venue-loss
    end
      USDT: bob 3500 + venue -300 = 3200, was 3200
  `,
});

scenario(
  'WF-ADL-004',
  'hyperliquid: by entry over mark of a short, mark over entry of a long, times notional over account value',
  {
    accounts,
    policy: stages({ method: 'hyperliquid' }),
    script: `
    tick A 85
      case alice opened, deficit 585
      case alice closed, bad debt 0
      alice adl entered
      adl alice against carol A 30 needed 30 @90 forgone 150
      adl alice against bob A 50 needed 50 @90 forgone 250
      adl alice against dave A 20 needed 20 @90 forgone 100
      realised alice -> clearing:A 300
      realised carol -> clearing:A 120
      realised alice -> clearing:A 500
      realised clearing:A -> bob 500
      realised alice -> clearing:A 200
      realised dave -> clearing:A 200
    end
      USDT: bob 2500 + carol 250 + dave 800 + clearing:A 820 = 4370, was 4370
  `,
  },
);

scenario('WF-ADL-005', 'pro-rata: shares of positive profits in whole lots, and none of those who have lost', {
  accounts: { alice: '300; A 30 @100', bob: '2000; A -50 @100', carol: '1000; A -25 @101', dave: '1000; A -20 @80' },
  policy: stages({ method: 'pro-rata' }),
  script: `
    tick A 85
      case alice opened, deficit 175.5
      case alice closed, bad debt 0
      alice adl entered
      adl alice against bob A 19.566 needed 19.566 @90 forgone 97.83
      adl alice against carol A 10.434 needed 10.434 @90 forgone 52.17
      realised alice -> clearing:A 195.66
      realised clearing:A -> bob 195.66
      realised alice -> clearing:A 104.34
      realised clearing:A -> carol 114.774
    end
      USDT: bob 2195.66 + carol 1114.774 + dave 1000 + clearing:A -10.434 = 4300, was 4300
      A: bob -30.434 + carol -14.566 + dave -20 = -65, was -65
  `,
});

scenario('WF-ADL-006', 'hedge-aware: what a counterparty has hedged itself is taken last', {
  accounts: {
    alice: '500; A 50 @100',
    bob: 'hedge; 300; A -50 @110; A 40 @100',
    carol: '1000; A -50 @100',
    dave: '1000; A 10 @100',
  },
  policy: stages({ hedgeAware: true }),
  script: `
    tick A 85
      case alice opened, deficit 292.5
      case alice closed, bad debt 0
      alice adl entered
      adl alice against bob A 10 needed 10 @90 forgone 50
      adl alice against carol A 40 needed 40 @90 forgone 200
      realised alice -> clearing:A 100
      realised clearing:A -> bob 200
      realised alice -> clearing:A 400
      realised clearing:A -> carol 400
    end
      USDT: bob 500 + carol 1400 + dave 1000 + clearing:A -100 = 2800, was 2800
      A: carol -10 + dave 10 = 0, was 0
  `,
});

scenario('WF-ADL-006', 'not hedge-aware: the first in the queue is taken whole', {
  accounts: {
    alice: '500; A 50 @100',
    bob: 'hedge; 300; A -50 @110; A 40 @100',
    carol: '1000; A -50 @100',
    dave: '1000; A 10 @100',
  },
  policy: stages(),
  script: `
    tick A 85
      case alice opened, deficit 292.5
      case alice closed, bad debt 0
      alice adl entered
      adl alice against bob A 50 needed 50 @90 forgone 250
      realised alice -> clearing:A 500
      realised clearing:A -> bob 1000
    end
      USDT: bob 1300 + carol 1000 + dave 1000 + clearing:A -500 = 2800, was 2800
      A: bob 40 + carol -50 + dave 10 = 0, was 0
  `,
});

scenario('WF-ADL-007', 'does not start when the fund has come to cover the loss: another round at its expense', {
  accounts: { alice: '1000; A 100 @100', bob: '2000; A -100 @100' },
  policy: policyOf([fund({ retries: 1 }), adl()]),
  script: `
    admin pause stage adl
    tick A 90.5
      case alice opened, deficit 40.5
      alice fund skipped insufficient
      alice adl entered
    admin fund 500
      fund-change outside -> fund 500
    admin resume stage adl
      new alice A sell 100 (fund)
      alice adl left fund-covers
      alice fund entered
    fill alice A @90.1
      ended alice A sell 0 (fund)
      case alice closed, bad debt 0
      realised alice -> clearing:A 990
    end
      USDT: alice 10 + bob 2000 + clearing:A 990 + fund 500 = 3500, was 3500
      A: bob -100 + clearing 100 = 0, was 0
  `,
});

scenario('WF-ADL-007', 'starts when what the fund has left for this case no longer covers it', {
  accounts: { alice: '1000; A 100 @100', bob: '2000; A -100 @100' },
  policy: policyOf([full({ price: BANKRUPTCY }), fund(), adl()]),
  script: `
    admin fund 450
      fund-change outside -> fund 450
    tick A 90.5
      new alice A sell 100 @90 (full)
      case alice opened, deficit 40.5
      alice full entered
    ack alice A unfilled
      ended alice A sell 100 @90 (full)
      new alice A sell 100 (fund)
      alice full left unfilled
      alice fund entered
    tick A 89
      cancel alice A sell 100 (fund)
    ack alice A unfilled
      ended alice A sell 100 (fund)
      case alice closed, bad debt 0
      alice fund left insufficient
      alice adl entered
      adl alice against bob A 100 needed 0 @90 forgone 100
      realised alice -> clearing:A 1000
      realised clearing:A -> bob 1000
    end
      USDT: bob 3000 + fund 450 = 3450, was 3450
  `,
});

scenario('WF-ADL-008', 'takes from a counterparty at most what leaves it nothing, then from the next, then the next stage', {
  // At 90 against a mark of 84.8 a unit costs its taker 5.2: bob has 72 to lose, carol 148.
  accounts: { alice: '1000; A 100 @100', bob: '60; A -60 @85', carol: '100; A -40 @86' },
  policy: stages(),
  script: `
    tick A 84.8
      case alice opened, deficit 604.8
      case alice closed, bad debt 0
      case bob opened, deficit 39.137792
      case bob closed, bad debt 0
      case carol opened, deficit 9.782272
      case carol closed, bad debt 0
      alice adl entered
      alice adl left no-counterparty
      alice venue-loss entered
      bob adl skipped no-counterparty
      bob venue-loss entered
      carol adl skipped no-counterparty
      carol venue-loss entered
      adl alice against carol A 28.461 needed 28.461 @90 forgone 147.9972
      adl alice against bob A 13.846 needed 13.846 @90 forgone 71.9992
      realised alice -> clearing:A 284.61
      realised carol -> clearing:A 113.844
      realised alice -> clearing:A 138.46
      realised bob -> clearing:A 69.23
      realised alice -> venue 576.93
      realised venue -> bob 9.230000000000000006
      realised venue -> carol 13.844000000000000007
      alert venue-loss
      alert venue-loss
      alert venue-loss
    end
      USDT: bob 0.000000000000000006 + carol 0.000000000000000007 + clearing:A 606.144 + venue 553.855999999999999987 = 1160, was 1160
  `,
});

scenario('WF-ADL-009', 'finds nobody where the whole open interest is in one account: the venue takes it over', {
  accounts: { alice: '1000; A 100 @100', bob: '2000' },
  policy: policyOf([full({ price: BANKRUPTCY }), fund(), adl()]),
  script: `
    tick A 50
      new alice A sell 100 @90 (full)
      case alice opened, deficit 4050
      alice full entered
    ack alice A unfilled
      ended alice A sell 100 @90 (full)
      case alice closed, bad debt 0
      alice full left unfilled
      alice fund skipped insufficient
      alice adl skipped no-counterparty
      alice venue-loss entered
      realised alice -> venue 1000
      alert venue-loss
    end
      USDT: bob 2000 + venue 1000 = 3000, was 3000
      A: venue 100 = 100, was 100
  `,
});

scenario('WF-ADL-010', 'counterparties are never in a case themselves, nor the backstop, nor of the same account', {
  accounts: {
    alice: '5000; A -10 @100; A 100 @100 isolated 1000',
    backstop: '5000; A -40 @100',
    bob: '10; B 50 @100; A -50 @85',
    carol: '1000; A -20 @100',
  },
  policy: policyOf([backstop({ below: rate('1'), lossLimit: dec(0) }), adl()]),
  script: `
    tick A 85 B 99
      case alice/A opened, deficit 585
      case alice/A closed, bad debt 0
      case bob opened, deficit 132
      case bob closed, bad debt 0
      alice/A backstop skipped loss-limit
      alice/A adl entered
      alice/A adl left no-counterparty
      alice/A venue-loss entered
      bob backstop skipped loss-limit
      bob adl skipped no-counterparty
      bob venue-loss entered
      adl alice/A against carol A 20 needed 20 @90 forgone 100
      realised alice/A -> clearing:A 200
      realised clearing:A -> carol 200
      realised alice/A -> venue 800
      realised venue -> bob 18.4782608695652174
      realised bob -> venue 28.47826086956521735
      alert venue-loss
      alert venue-loss
    end
      USDT: alice 5000 + backstop 5000 + bob 0.00000000000000005 + carol 1200 + venue 809.99999999999999995 = 12010, was 12010
      A: alice -10 + backstop -40 + venue 30 = -20, was -20
      B: venue 50 = 50, was 50
  `,
});

scenario('WF-ADL-011', 'says how much of what was taken was needed: the least that leaves the fund a loss that it can pay', {
  accounts: { alice: '1000; A 100 @100', bob: '2000; A -100 @100' },
  policy: policyOf([fund(), adl()]),
  script: `
    admin fund 100
      fund-change outside -> fund 100
    tick A 85
      case alice opened, deficit 585
      case alice closed, bad debt 0
      alice fund skipped insufficient
      alice adl entered
      adl alice against bob A 100 needed 80 @90 forgone 500
      realised alice -> clearing:A 1000
      realised clearing:A -> bob 1000
    end
      USDT: bob 3000 + fund 100 = 3100, was 3100
  `,
});

scenario('WF-ADL-012', 'waits while the mark is stale', {
  accounts: { alice: '1000; A 100 @100', bob: '2000; A -100 @100' },
  policy: policyOf([full({ price: BANKRUPTCY }), adl()]),
  freshness: { staleUs: 5 * SECONDS, warmupTicks: 0 },
  script: `
    tick A 85
      new alice A sell 100 @90 (full)
      case alice opened, deficit 585
      alice full entered
    +6 ack alice A unfilled
      ended alice A sell 100 @90 (full)
      alice full left unfilled
      alice adl entered
    tick A 86
      case alice closed, bad debt 0
      adl alice against bob A 100 needed 100 @90 forgone 400
      realised alice -> clearing:A 1000
      realised clearing:A -> bob 1000
    end
      USDT: bob 3000 = 3000, was 3000
  `,
});

scenario('WF-ADL-013', 'closes shorts against longs alike', {
  accounts: { alice: '1000; A -100 @100', bob: '2000; A 60 @100', carol: '300; A 40 @90' },
  policy: stages(),
  script: `
    tick A 115
      case alice opened, deficit 615
      case alice closed, bad debt 0
      alice adl entered
      adl alice against carol A 40 needed 40 @110 forgone 200
      adl alice against bob A 60 needed 60 @110 forgone 300
      realised alice -> clearing:A 400
      realised clearing:A -> carol 800
      realised alice -> clearing:A 600
      realised clearing:A -> bob 600
    end
      USDT: bob 2600 + carol 1100 + clearing:A -400 = 3300, was 3300
  `,
});

scenario('WF-ADL-014', 'of two bankrupt at once each takes from who is left, and none from the other', {
  accounts: { alice: '1000; A 100 @100', carol: '400; A 50 @100', bob: '2000; A -150 @100' },
  policy: policyOf([adl(), socialise()]),
  script: `
    tick A 85
      case alice opened, deficit 585
      case alice closed, bad debt 0
      case carol opened, deficit 392.5
      case carol closed, bad debt 0
      alice adl entered
      carol adl entered
      adl alice against bob A 100 needed 100 @90 forgone 500
      adl carol against bob A 50 needed 50 @92 forgone 350
      realised alice -> clearing:A 1000
      realised clearing:A -> bob 1000
      realised carol -> clearing:A 400
      realised clearing:A -> bob 400
    end
      USDT: bob 3400 = 3400, was 3400
  `,
});

scenario('WF-ADL-015', 'of isolated positions closes the isolated counterparty, whose collateral goes back to its account', {
  accounts: { alice: '0; A 100 @100 isolated 1000', bob: '7; A -100 @100 isolated 500' },
  policy: stages(),
  script: `
    tick A 85
      case alice/A opened, deficit 585
      case alice/A closed, bad debt 0
      alice/A adl entered
      adl alice/A against bob/A A 100 needed 100 @90 forgone 500
      realised alice/A -> clearing:A 1000
      realised clearing:A -> bob/A 1000
      release bob/A -> bob 1500
    end
      USDT: bob 1507 = 1507, was 1507
  `,
});
