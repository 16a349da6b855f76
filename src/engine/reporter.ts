/** Reports of portfolios: what the verdict says of one, with what the case half needs to know of it. It knows no cases. */
import { lossToZero } from '../model/bankruptcy.js';
import { add, divide, type Fraction, ZERO } from '../model/fraction.js';
import { isPlain } from '../model/instruments.js';
import type { AssetEquity, BreachRow, PortfolioReport, Standing, Valuation } from '../model/records.js';
import type { LiveBook } from '../scan/live-book.js';
import type { Scanner } from '../scan/scanner.js';

const NOTHING: Valuation = { equity: ZERO, maintenance: ZERO };

export class Reporter {
  /** Portfolios whose reports tell rows and amounts whatever their standing. */
  readonly followed: ReadonlySet<string>;
  private readonly scanner: Scanner;
  private readonly book: LiveBook;
  /** Whether every asset counts as it stands, and only positions need margin. */
  private readonly isPlain: boolean;

  constructor(scanner: Scanner, followed: ReadonlySet<string>) {
    this.scanner = scanner;
    this.book = scanner.book;
    this.followed = followed;
    const { orderMargin, assets } = this.book.instruments;
    this.isPlain = orderMargin === 'initial' && assets.every(isPlain);
  }

  /** The report at the present prices; of a portfolio that is no more, that there is nothing in it. */
  of(portfolio: string): PortfolioReport {
    const handle = this.book.store.find(portfolio);
    if (handle >= 0) return this.judged(handle, this.scanner.verdict.judge(handle));
    const nothing = { version: 0, ...NOTHING, positions: 0, lossToZero: null, rows: [], assets: [], openOrders: 0 };
    return { portfolio, standing: 'healthy', ...nothing };
  }

  /** Of the portfolio that the verdict judged last. */
  judged(handle: number, standing: Standing): PortfolioReport {
    const { book, followed } = this;
    const { verdict } = this.scanner;
    const portfolio = book.store.idOf(handle);
    const isPriced = standing !== 'unpriced';
    const isTold = isPriced && (standing === 'liquidatable' || followed.has(portfolio));
    const valuation = isPriced ? verdict.valuation() : NOTHING;
    const assets = isTold || standing === 'insolvent' ? verdict.assets() : [];
    const rows = isTold ? verdict.breachRows(handle) : [];
    return {
      portfolio,
      standing,
      version: book.store.versionOf(handle),
      ...valuation,
      positions: book.positionsIn(handle),
      lossToZero: rows.length > 0 ? this.lossToZero(valuation, rows, assets) : null,
      rows,
      assets,
      openOrders: book.openOrdersIn(handle),
    };
  }

  /** Without haircuts and margin for anything but positions it is the equity. Null also where no position needs any: nothing is to be shared by. */
  private lossToZero(valuation: Valuation, rows: readonly BreachRow[], held: readonly AssetEquity[]): Fraction | null {
    const { equity, maintenance } = valuation;
    if (this.isPlain) return equity;
    const { assets, markets, orderMargin } = this.book.instruments;
    if (orderMargin === 'initial' && held.every(({ asset }) => isPlain(assets[asset]))) return equity;
    if (maintenance.n === 0n) return null;
    return lossToZero(
      held.map(({ asset, index, equity: amount }) => {
        const own = rows.filter(({ market }) => markets[market].settleAsset === asset);
        const share = divide(
          own.reduce((total, row) => add(total, row.maintenance), ZERO),
          maintenance,
        );
        return { asset: assets[asset], index, equity: amount, share };
      }),
    );
  }
}
