/** Books written by hand, one for each rule of the contract; each with its marks. */

export type Tiers = readonly (readonly [floor: string, rate: string])[];

/** As a book file has it, so far as these tests write one. */
export interface BookInput {
  readonly version: 1;
  readonly valuation: string;
  readonly rules?: { readonly liquidateWhen: string; readonly hedgeMargin?: string; readonly orderMargin?: string };
  readonly assets: Readonly<Record<string, { readonly decimals: number; readonly haircut: string | readonly object[] }>>;
  readonly markets: Readonly<Record<string, object>>;
  readonly accounts: readonly object[];
}

export interface HandBook {
  readonly name: string;
  readonly book: BookInput;
  readonly marks: Readonly<Record<string, string>>;
  readonly indexes?: Readonly<Record<string, string>>;
  readonly funding?: Readonly<Record<string, string>>;
}

interface MarketOptions {
  readonly tiers?: Tiers;
  readonly method?: 'bracket' | 'step';
  readonly basis?: 'mark' | 'entry';
  readonly closeFee?: string;
  readonly contractSize?: string;
  readonly lot?: string;
  readonly tick?: string;
  readonly allowNonPositive?: true;
}

const TIERS: Tiers = [
  ['0', '0.004'],
  ['50000', '0.005'],
];
const LADDER: Tiers = [
  ['0', '0.005'],
  ['10000', '0.01'],
  ['20000', '0.025'],
  ['40000', '0.1'],
];

export function market(options: MarketOptions = {}): object {
  const { tiers = TIERS, method = 'bracket', basis = 'mark', closeFee = '0', ...rest } = options;
  const maintenance = { method, basis, closeFee, tiers: tiers.map(([floor, rate]) => ({ floor, rate })) };
  return { kind: 'linear', base: 'X', settle: 'USDT', contractSize: '1', lot: '0.001', tick: '0.01', ...rest, maintenance };
}

type Leg = readonly [market: string, size: string, entry: string, collateral?: string];

export function account(id: string, balance: string | null, legs: readonly Leg[], positionMode?: 'hedge'): object {
  return {
    id,
    ...(positionMode === undefined ? {} : { positionMode }),
    balances: balance === null ? {} : { USDT: balance },
    positions: legs.map(([on, size, entry, collateral]) => ({
      market: on,
      size,
      entry,
      ...(collateral === undefined ? {} : { margin: 'isolated', collateral }),
    })),
  };
}

export function book(markets: Record<string, object>, accounts: readonly object[], more: Partial<BookInput> = {}): BookInput {
  return { version: 1, valuation: 'USDT', assets: { USDT: { decimals: 6, haircut: '0' } }, markets, accounts, ...more };
}

/** The contract's own example. */
export const EXAMPLE: HandBook = {
  name: 'example',
  book: {
    ...book({ BTCUSDT: market() }, [
      account('alice', '1000', [
        ['BTCUSDT', '0.5', '30000'],
        ['BTCUSDT', '-0.1', '31000', '350'],
      ]),
    ]),
    rules: { liquidateWhen: 'equity<maintenance' },
    assets: { USDT: { decimals: 6, haircut: '0' }, ETH: { decimals: 8, haircut: '0.05' } },
  },
  marks: { BTCUSDT: '35000' },
};

const OR_EQUAL = { rules: { liquidateWhen: 'equity<=maintenance' } } as const;
/** Equity 40 at a mark of 10,000: exactly the requirement, from above and from below, and either side of it. */
const EDGE = [
  account('above', '40.000001', [['X', '1', '10000']]),
  account('at', '40', [['X', '1', '10000']]),
  account('at-short', '40', [['X', '-1', '10000']]),
  account('below', '39.999999', [['X', '1', '10000']]),
];

const RULES: readonly HandBook[] = [
  {
    name: 'bracket',
    book: book({ X: market({ tiers: LADDER, tick: '0.5' }) }, [
      // The liquidation price lies one, two and no tiers below the mark's.
      account('one', '5000', [['X', '3', '10000']]),
      account('two', '40000', [['X', '5', '14000']]),
      account('none', '25000', [['X', '5', '12000']]),
      account('short', '9000', [['X', '-1.5', '11000']]),
      account('rich', '1000000', [['X', '1', '12000']]),
      account('deep', '-3000', [['X', '8', '9000']]),
    ]),
    // 40,000 / 12,000: a notional of exactly 40,000 is on the upper tier.
    marks: { X: '10000.0' },
  },
  {
    name: 'step',
    book: book({ X: market({ tiers: LADDER, method: 'step', closeFee: '0.0006' }) }, [
      account('jump-up', '900', [['X', '-1', '19500']]),
      account('jump-down', '1200', [['X', '2', '10200']]),
      account('on-the-floor', '499.999999', [['X', '2', '10000']]),
      account('gone', '10', [['X', '4', '10050.25']]),
    ]),
    marks: { X: '10000' },
  },
  {
    name: 'entry',
    book: book({ X: market({ tiers: LADDER, basis: 'entry' }), Y: market({ tiers: LADDER, basis: 'entry', method: 'step' }) }, [
      account('long', '700', [['X', '2', '12000']]),
      account('both', '3000', [
        ['Y', '-5', '8000'],
        ['X', '3', '9900'],
      ]),
      account('breached', '2000', [['Y', '-5', '7999.99']]),
    ]),
    marks: { X: '11700', Y: '8300' },
  },
  {
    name: 'fractions',
    book: book(
      {
        X: market({
          tiers: [
            ['0', '1/6'],
            ['1000', '1/3'],
          ],
          closeFee: '1/7',
        }),
        Y: market({ tiers: [['0', '1/999999937']], contractSize: '0.3', tick: '0.000001' }),
        Z: market({ tiers: [['0', '0.1']] }),
      },
      [
        account('sixths', '10', [['X', '0.001', '700']]),
        account('thirds', '900', [['X', '3', '1000.01']]),
        account('mixed', '77.77', [
          ['X', '-0.1', '999'],
          ['Z', '0.2', '1'],
          ['Y', '7', '3'],
        ]),
      ],
    ),
    marks: { X: '700', Y: '3.3333333333333333333333333333', Z: '1.5' },
  },
  {
    name: 'hedge',
    book: book({ X: market({ tiers: LADDER }), Y: market() }, [
      account(
        'both-sides',
        '500',
        [
          ['X', '-2', '9000'],
          ['X', '2.5', '9500'],
          ['Y', '1', '100'],
        ],
        'hedge',
      ),
      account(
        'flat',
        '10',
        [
          ['X', '2', '10100'],
          ['X', '-2', '9900'],
        ],
        'hedge',
      ),
      account(
        'peak',
        '350',
        [
          ['X', '2', '10000'],
          ['X', '-2', '10000'],
        ],
        'hedge',
      ),
      account(
        'isolated',
        null,
        [
          ['X', '1', '10500', '500'],
          ['X', '-1', '9500', '550.5'],
          ['Y', '-1', '100', '0'],
        ],
        'hedge',
      ),
    ]),
    marks: { X: '10000', Y: '101' },
  },
  { name: 'less', book: book({ X: market() }, EDGE), marks: { X: '10000' } },
  { name: 'or-equal', book: book({ X: market() }, EDGE, OR_EQUAL), marks: { X: '10000' } },
  {
    name: 'unpriced',
    book: book({ zeta: market(), 'Alpha/1': market(), X: market() }, [
      account('lost', '1', [
        ['zeta', '1', '10'],
        ['X', '1', '10'],
        ['Alpha/1', '-1', '10'],
        ['X', '1', '10', '0.5'],
        ['zeta', '1', '10', '0.5'],
      ]),
      account('Lost', '1', [['zeta', '1', '10']]),
      account('found', '1', [['X', '1', '10.99']]),
      account('idle', '5', []),
      account('nothing', '0', []),
    ]),
    marks: { X: '10', unknown: '3' },
  },
  {
    name: 'insolvent',
    book: book({ X: market(), free: market({ tiers: [['0', '0']] }) }, [
      account('debtor', '-0.000001', []),
      account('free-rider', '-7.5', [['free', '1', '10']]),
      account('free-loser', '1', [['free', '1', '12']]),
      account('fine', '1', [['free', '1', '10.5']]),
      account('Debtor', '-7', []),
      account('breached', '-7', [['X', '0.001', '10']]),
      account('saved', '-1', [['X', '1', '9']]),
      account('pinned', '2', [
        ['free', '10', '10'],
        ['X', '1', '13'],
      ]),
    ]),
    marks: { X: '10.01', free: '10' },
  },
];

const NUMBERS: readonly HandBook[] = [
  {
    name: 'eighteen',
    book: book(
      {
        X: market({ lot: '0.000000000000000001', tick: '0.000000000000000001' }),
        Y: market({ lot: '0.001', tick: '0.000000000000000001' }),
      },
      [
        account('wei', '0.000000000000000001', [['X', '0.000000000000000001', '0.000000000000000001']]),
        account('thin', '0.004', [['Y', '1.001', '1']]),
        account('short', '1.123456789012345678', [['Y', '-0.999', '2.000000000000000001']]),
        account('odd', '1', [['X', '-0.009007199254740991', '999.999999999999999999']]),
        account('poor', '-0.000000000000000003', [['X', '0.000000000000000002', '1.5']]),
      ],
      { assets: { USDT: { decimals: 18, haircut: '0' } } },
    ),
    marks: { X: '1.0000000000000000000000000000000000000001', Y: '1.123456789012345678901234567891' },
  },
  {
    name: 'whole-units',
    book: book(
      { X: market({ contractSize: '100', lot: '1', tick: '10' }) },
      [
        account('a', '1', [['X', '3', '10.125']]),
        account('b', '-15', [['X', '-3', '10.175']]),
        account('c', '0', [['X', '1', '9.995']]),
      ],
      { assets: { USDT: { decimals: 0, haircut: '0' }, ETH: { decimals: 18, haircut: '0.1' } } },
    ),
    marks: { X: '10.125' },
  },
  {
    name: 'huge',
    book: book(
      {
        BIG: market({
          lot: '1000000000000',
          contractSize: '1000000',
          tiers: [
            ['0', '0.01'],
            ['1000000000000000000000000000000', '0.5'],
          ],
        }),
        MANY: market({ lot: '0.000000000000000001' }),
        DEAR: market({ lot: '1', tick: '1000000000000000000000000000000' }),
      },
      [
        account('most-lots', '170141183460469231731.687303', [['BIG', '9007199254740991000000000000', '0.000001']]),
        account('most-short', '-170141183460469231731.687303', [['BIG', '-9007199254740991000000000000', '18000']]),
        account('dust', '0.000001', [['MANY', '0.009007199254740991', '18889']]),
        account('dear', '0', [['DEAR', '3', '50000000000000000000']]),
        account('dear-short', '99', [['DEAR', '-3', '50000000000000000000']]),
      ],
    ),
    marks: {
      BIG: '0.000000000000000000000000000000000001',
      MANY: '1000000000000000000000000000000',
      DEAR: '999999999999999999999999999999.5',
    },
  },
  {
    name: 'ranking',
    book: book({ X: market({ lot: '1' }) }, [
      account('b', '1', [['X', '1', '2']]),
      account('a', '1', [['X', '1', '2']]),
      account('A', '1', [['X', '1', '2']]),
      account('a-1', '1', [['X', '1', '2']]),
      account('a1', '1', [['X', '1', '2']]),
      // Less and more by the last digit that a book may have.
      account('least', '1', [['X', '1', '1.999999999999999999']]),
      account('most', '1', [['X', '1', '2.000000000000000001']]),
      account('a-2', null, [['X', '1', '2', '1']]),
    ]),
    marks: { X: '1' },
  },
  {
    name: 'below-zero',
    book: book({ OIL: market({ allowNonPositive: true, tiers: LADDER, lot: '1', contractSize: '1000' }), X: market() }, [
      account('long', '40000', [['OIL', '1', '-1.5']]),
      account('short', '38000', [['OIL', '-1', '0']]),
      account('more', '50000', [
        ['OIL', '2', '-20'],
        ['X', '1', '10'],
      ]),
      account('gone', '10', [['OIL', '1', '10', '100']]),
    ]),
    marks: { OIL: '-37.63', X: '10' },
  },
  {
    name: 'at-zero',
    book: book({ OIL: market({ allowNonPositive: true, tiers: LADDER, lot: '1', contractSize: '1000' }) }, [
      account('long', '100', [['OIL', '1', '0.05']]),
      account('debtor', '100', [['OIL', '1', '0.15']]),
    ]),
    marks: { OIL: '0' },
  },
];

export const HAND_BOOKS: readonly HandBook[] = [EXAMPLE, ...RULES, ...NUMBERS];
