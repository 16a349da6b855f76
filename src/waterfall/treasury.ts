/** Moves money: every transfer goes into the ledger, into the book where a portfolio is part of it, and into the effects, all three or none. */
import type { Outbox } from '../dispatch/outbox.js';
import type { BalanceMove, BookChange, BookPort, InternalTrade } from '../model/book-port.js';
import type { Instruments } from '../model/instruments.js';
import { ALL_PORTFOLIOS, type MoneyAccount, type Transfer, type TransferReason } from '../model/money.js';
import { type Cash, cash } from '../model/portfolio.js';
import type { BookedFill, PortfolioReport, Release } from '../model/records.js';
import type { Ledger } from './ledger.js';

export class Treasury {
  readonly ledger: Ledger;
  readonly port: BookPort;
  /** Portfolios that were changed in here since somebody last emptied it: what was reported of them is old. */
  readonly touched = new Set<string>();
  private readonly instruments: Instruments;
  /** Told of every portfolio that is changed in here: it may be in a case of its own. */
  private readonly onReport: (report: PortfolioReport) => void;

  constructor(instruments: Instruments, ledger: Ledger, port: BookPort, onReport: (report: PortfolioReport) => void) {
    this.instruments = instruments;
    this.ledger = ledger;
    this.port = port;
    this.onReport = onReport;
  }

  /** Makes transfers that nobody has booked yet; reports of the portfolios that they touch, in the order of their first one. */
  move(transfers: readonly Transfer[], out: Outbox): readonly PortfolioReport[] {
    const moves: BalanceMove[] = [];
    for (const transfer of transfers) {
      this.record(transfer, out);
      const { debit, credit, asset, amount } = transfer;
      if (debit.kind === 'portfolio') moves.push({ portfolio: debit.portfolio, asset, amount: cash(-amount) });
      if (credit.kind === 'portfolio') moves.push({ portfolio: credit.portfolio, asset, amount });
    }
    return moves.length === 0 ? [] : this.touch(this.port.move(moves));
  }

  /** Trades inside: books both sides and records what that moved. Reports of the portfolios that they touch. */
  trade(trades: readonly InternalTrade[], caseId: string, out: Outbox): readonly PortfolioReport[] {
    const { booked, releases, reports } = this.port.trade(trades);
    const withVenue = new Set(trades.filter(({ counterparty }) => counterparty === null).map(({ tradeId }) => tradeId));
    for (const each of booked) this.onBooked(each, withVenue.has(each.fill.tradeId) ? 'venue' : 'clearing', caseId, out);
    for (const release of releases) this.onRelease(release, caseId, out);
    return this.touch(reports);
  }

  /** Notes reports of what was changed in here. */
  touch(reports: readonly PortfolioReport[]): readonly PortfolioReport[] {
    for (const report of reports) {
      this.touched.add(report.portfolio);
      this.onReport(report);
    }
    return reports;
  }

  /** A trade that the book has booked: its money and its other side. */
  onBooked(booked: BookedFill, holder: 'clearing' | 'venue', caseId: string | null, out: Outbox): void {
    const { fill, realised, funding, lotsChange, costChange } = booked;
    const { market } = fill;
    const asset = this.instruments.markets[market].settleAsset;
    const portfolio: MoneyAccount = { kind: 'portfolio', portfolio: booked.portfolio };
    const other: MoneyAccount = holder === 'venue' ? { kind: 'venue' } : { kind: 'clearing', market };
    this.ledger.trade(holder, market, BigInt(lotsChange), costChange);
    this.recordSigned(other, portfolio, asset, realised, 'realised', caseId, out);
    this.recordSigned({ kind: 'funding', market }, portfolio, asset, funding, 'funding', caseId, out);
    this.recordSigned(portfolio, { kind: 'fees' }, asset, fill.fee, 'fee', caseId, out);
  }

  /** What the book became from outside: before the first record, and by account rows. */
  onOutside({ balances, markets }: BookChange, reason: 'opening' | 'book', out: Outbox): void {
    const everybody: MoneyAccount = { kind: 'portfolio', portfolio: ALL_PORTFOLIOS };
    for (const { asset, amount } of balances) this.recordSigned({ kind: 'outside' }, everybody, asset, amount, reason, null, out);
    for (const { market, lots, cost } of markets) this.ledger.trade('outside', market, lots, cost);
  }

  /** Collateral that the book has given back. Between portfolios: the sum of them all stays. */
  onRelease({ portfolio, account, asset, amount }: Release, caseId: string | null, out: Outbox): void {
    const [debit, credit]: MoneyAccount[] = [
      { kind: 'portfolio', portfolio },
      { kind: 'portfolio', portfolio: account },
    ];
    this.record({ debit, credit, asset, amount, reason: 'release', caseId }, out);
    this.touched.add(account);
  }

  /** From one account to another; the other way when the amount is below zero, and nothing when it is zero. What the book has booked already. */
  recordSigned(
    debit: MoneyAccount,
    credit: MoneyAccount,
    asset: number,
    amount: Cash,
    reason: TransferReason,
    caseId: string | null,
    out: Outbox,
  ): void {
    if (amount > 0n) this.record({ debit, credit, asset, amount, reason, caseId }, out);
    else if (amount < 0n) this.record({ debit: credit, credit: debit, asset, amount: cash(-amount), reason, caseId }, out);
  }

  /** What no case led to is not told: the record itself says it. */
  private record(transfer: Transfer, out: Outbox): void {
    this.ledger.transfer(transfer);
    if (transfer.caseId !== null || transfer.reason === 'fund-change') out.transfers.push(transfer);
  }
}
