/** Money is moved in the ledger, in the book and in the effects, or nowhere. */
import { beforeEach, expect, it } from 'vitest';
import { Outbox } from '../../src/dispatch/outbox.js';
import type { BalanceMove, BookPort, InternalTrade } from '../../src/model/book-port.js';
import type { MoneyAccount, Transfer } from '../../src/model/money.js';
import { cash, cost, lots } from '../../src/model/portfolio.js';
import type { BookedFill } from '../../src/model/records.js';
import { Ledger } from '../../src/waterfall/ledger.js';
import { Treasury } from '../../src/waterfall/treasury.js';
import { report } from '../dispatch/support.js';
import { fill } from '../engine/support.js';
import { instrumentsOf, marketOf } from '../support/books.js';

const instruments = instrumentsOf([marketOf(0)]);
const own = (portfolio: string): MoneyAccount => ({ kind: 'portfolio', portfolio });
let ledger: Ledger;
let treasury: Treasury;
let out: Outbox;
let moved: BalanceMove[];

/** As the book would book a trade: what it realised on a portfolio. */
const bookedOf = (portfolio: string, tradeId: string, size: number, realised: bigint): BookedFill => ({
  ...{ fill: fill(tradeId, { account: portfolio, fee: cash(2n) }), portfolio, mark: null, index: null },
  ...{ realised: cash(realised), funding: cash(-1n), lotsChange: lots(size), costChange: cost(BigInt(size) * 10n) },
  isOpening: false,
});

beforeEach(() => {
  ledger = new Ledger(instruments);
  out = new Outbox();
  moved = [];
  const none = (): never => {
    throw new Error('expected no question to the book');
  };
  const port: BookPort = {
    ...{ report: none, follow: none, adlQueue: none, winners: none, after: none },
    move: (moves) => {
      moved.push(...moves);
      return moves.map(({ portfolio }) => report(portfolio, 'healthy', []));
    },
    trade: (trades: readonly InternalTrade[]) => ({
      booked: trades.flatMap(({ tradeId, portfolio, counterparty }) => [
        bookedOf(portfolio, tradeId, -5, -30n),
        ...(counterparty === null ? [] : [bookedOf(counterparty, tradeId, 5, 30n)]),
      ]),
      releases: [{ portfolio: 'b/M0', account: 'b', asset: 0, amount: cash(4n) }],
      reports: [report('a', 'healthy', []), report('b', 'healthy', [])],
    }),
  };
  treasury = new Treasury(instruments, ledger, port, () => undefined);
});

const transfer = (debit: MoneyAccount, credit: MoneyAccount, amount: bigint, over: Partial<Transfer> = {}): Transfer => ({
  ...{ debit, credit, asset: 0, amount: cash(amount), reason: 'fund', caseId: 'c' },
  ...over,
});
const lines = () => out.transfers.map(({ debit, credit, amount, reason }) => `${reason} ${debit.kind} ${credit.kind} ${amount}`);

it('moves in the book what portfolios have, both ways, and nothing where none is part of it', () => {
  const reports = treasury.move(
    [
      transfer({ kind: 'fund', market: null }, own('a'), 5n),
      transfer(own('a'), own('b'), 3n),
      transfer({ kind: 'venue' }, { kind: 'fund', market: null }, 9n),
    ],
    out,
  );
  expect(moved).toEqual([
    { portfolio: 'a', asset: 0, amount: 5n },
    { portfolio: 'a', asset: 0, amount: -3n },
    { portfolio: 'b', asset: 0, amount: 3n },
  ]);
  expect([ledger.balanceOf({ kind: 'fund', market: null }, 0), ledger.balanceOf({ kind: 'venue' }, 0)]).toEqual([4n, -9n]);
  expect(reports.map(({ portfolio }) => portfolio)).toEqual(['a', 'a', 'b']);
  expect([...treasury.touched]).toEqual(['a', 'b']);
  expect(lines()).toHaveLength(3);
});

it('does not ask the book when no portfolio is part of it', () => {
  expect(treasury.move([transfer({ kind: 'venue' }, { kind: 'fees' }, 9n)], out)).toEqual([]);
  expect([moved, treasury.touched.size]).toEqual([[], 0]);
});

it('books a trade with its profit, funding and fee, and the other side with whoever holds it', () => {
  const trade = { portfolio: 'a', side: 'sell', market: 0, lots: lots(5), price: { units: 1n, decimals: 0 } } as const;
  treasury.trade([{ ...trade, tradeId: 'x', counterparty: 'b' }], 'c', out);
  expect(lines()).toEqual([
    'realised portfolio clearing 30',
    'funding portfolio funding 1',
    'fee portfolio fees 2',
    'realised clearing portfolio 30',
    'funding portfolio funding 1',
    'fee portfolio fees 2',
    'release portfolio portfolio 4',
  ]);
  expect(ledger.holdingOf('clearing', 0)).toEqual({ lots: 0n, cost: 0n, inverseWorth: 0n });
  expect([...treasury.touched].sort()).toEqual(['a', 'b']);
  treasury.trade([{ ...trade, tradeId: 'y', counterparty: null }], 'c', out);
  expect(ledger.holdingOf('venue', 0)).toEqual({ lots: 5n, cost: 50n, inverseWorth: 0n });
  expect(ledger.balanceOf({ kind: 'venue' }, 0)).toBe(30n);
});

it("tells what a case led to and what an operator did to a fund, and nothing of the accounts' own doing", () => {
  treasury.onBooked(bookedOf('a', 'x', 1, 7n), 'clearing', null, out);
  expect(lines()).toEqual([]);
  const change = transfer({ kind: 'outside' }, { kind: 'fund', market: null }, 5n, { reason: 'fund-change', caseId: null });
  treasury.move([change], out);
  expect(lines()).toEqual(['fund-change outside fund 5']);
  expect(ledger.sums()).toEqual({ balances: [0n], lots: [0n], costs: [0n] });
});

it('takes what came from outside as owed to it, whichever way', () => {
  treasury.onOutside(
    { balances: [{ asset: 0, amount: cash(-6n) }], markets: [{ market: 0, lots: 3n, cost: cost(30n) }] },
    'book',
    out,
  );
  expect(ledger.balanceOf({ kind: 'outside' }, 0)).toBe(6n);
  ledger.check({ balances: [-6n], lots: [3n], costs: [30n] });
});
