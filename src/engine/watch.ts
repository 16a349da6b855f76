/**
 * Which portfolios are reported, and when: those that are liquidatable at every tick, those that have ceased to be anything else than healthy once,
 * insolvent ones once when they become so, followed ones at every tick. It knows no cases.
 */
import type { PortfolioReport, Standing } from '../model/records.js';
import type { LiveBook } from '../scan/live-book.js';
import type { Scanner } from '../scan/scanner.js';
import { Reporter } from './reporter.js';

/** Plain data: what a snapshot keeps. */
export interface WatchState {
  readonly followed: ReadonlySet<string>;
  readonly drained: ReadonlySet<string>;
  readonly untold: ReadonlySet<string>;
  readonly told: ReadonlyMap<string, Standing>;
}

export class Watch {
  /** Reported at every tick, with rows and amounts. */
  readonly followed = new Set<string>();
  /** Ids of portfolios without rows whose cash is negative: no mark moves them, so no scan looks at them. */
  readonly drained = new Set<string>();
  readonly reporter: Reporter;
  /** Drained ones of which nothing was told yet. */
  private readonly untold = new Set<string>();
  /** What was last told of those that were not healthy then. */
  private readonly told = new Map<string, Standing>();
  private readonly book: LiveBook;

  constructor(scanner: Scanner) {
    this.book = scanner.book;
    this.reporter = new Reporter(scanner, this.followed);
  }

  /** Notes a portfolio that has changed, or has come, without a report. */
  note(portfolio: string): void {
    const { store } = this.book;
    const handle = store.find(portfolio);
    if (handle >= 0 && store.rowsOf(handle) === 0 && store.cashOf(handle) < 0n) {
      if (this.told.get(portfolio) !== 'insolvent') this.untold.add(portfolio);
      this.drained.add(portfolio);
    } else {
      this.untold.delete(portfolio);
      this.drained.delete(portfolio);
    }
  }

  /** All reports of a tick, of the liquidatable and the handles of the insolvent ones that its scan found. */
  onScan(liquidatable: readonly PortfolioReport[], insolvent: readonly number[]): PortfolioReport[] {
    const reports = new Map(liquidatable.map((report) => [report.portfolio, report]));
    const wanted = new Set([...this.untold, ...this.followed]);
    const stillInsolvent = new Set<string>();
    for (const handle of insolvent) {
      const portfolio = this.book.store.idOf(handle);
      if (this.told.get(portfolio) === 'insolvent') stillInsolvent.add(portfolio);
      else wanted.add(portfolio);
    }
    for (const [portfolio, standing] of this.told) {
      const isSame = standing === 'insolvent' && (stillInsolvent.has(portfolio) || this.drained.has(portfolio));
      if (!isSame) wanted.add(portfolio);
    }
    for (const portfolio of wanted) if (!reports.has(portfolio)) reports.set(portfolio, this.reporter.of(portfolio));
    for (const report of reports.values()) this.tell(report);
    return [...reports.values()];
  }

  /** Reports of portfolios that a record has changed, each once. `all`: also of those that were healthy and are not followed, which else wait for the next tick. */
  onChange(changed: Iterable<string>, all: boolean): PortfolioReport[] {
    const reports: PortfolioReport[] = [];
    for (const portfolio of new Set(changed)) {
      this.note(portfolio);
      const isDue = this.told.has(portfolio) || this.followed.has(portfolio) || this.untold.has(portfolio);
      if (!all && !isDue) continue;
      const report = this.reporter.of(portfolio);
      this.tell(report);
      reports.push(report);
    }
    return reports;
  }

  save(): WatchState {
    const { followed, drained, untold, told } = this;
    return { followed, drained, untold, told };
  }

  restore({ followed, drained, untold, told }: WatchState): void {
    for (const portfolio of followed) this.followed.add(portfolio);
    for (const portfolio of drained) this.drained.add(portfolio);
    for (const portfolio of untold) this.untold.add(portfolio);
    for (const [portfolio, standing] of told) this.told.set(portfolio, standing);
  }

  private tell({ portfolio, standing }: PortfolioReport): void {
    this.untold.delete(portfolio);
    if (standing === 'healthy') this.told.delete(portfolio);
    else this.told.set(portfolio, standing);
  }
}
