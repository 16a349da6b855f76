/** An explanation as tables that a trader can add up: what the equity is made of, what needs it, and where it ends. Knows no rules. */

import type { Explanation } from '../app/explain.js';
import type { ExplainedChange } from '../app/explain-since.js';
import type { ExplainedPortfolio, ExplainedPosition } from '../app/explanation.js';
import { formatTable } from './table.js';

/** A column's title and its cell of a row; no cell for what is unknown. */
type Column<Row> = readonly [title: string, cell: (row: Row) => string | null | undefined];

export function explanationText({ account, valuation, portfolios }: Explanation): string {
  if (portfolios.length === 0) return `${account} has no positions and no balance\n`;
  return portfolios.map((portfolio) => portfolioText(portfolio, valuation)).join('\n');
}

function portfolioText(portfolio: ExplainedPortfolio, valuation: string): string {
  const { positions, orders, assets, since } = portfolio;
  const blocks = [
    `${portfolio.portfolio} (${portfolio.mode}): ${standingOf(portfolio)}\n`,
    ...(since === undefined ? [] : [sinceText(portfolio, since, valuation)]),
    table(TOTALS, [portfolio]),
    ...(assets.length === 0 ? [] : [titled(`equity in ${valuation}`, withSum(ASSETS, assets, [portfolio.equity]))]),
    ...(positions.length === 0 ? [] : [titled('positions', table(POSITIONS, positions))]),
    ...(positions.length === 0 ? [] : [titled('where they end', table(endColumns(portfolio), positions))]),
    ...(orders.length === 0 ? [] : [titled('open orders', table(ORDERS, orders))]),
    ...(portfolio.unpriced ? [] : [needsText(portfolio, valuation)]),
  ];
  return blocks.join('\n');
}

function standingOf({ unpriced, missing, liquidatable, badDebt }: ExplainedPortfolio): string {
  if (unpriced) return `unpriced: no price of ${missing.join(', ')}`;
  if (liquidatable) return 'liquidatable';
  return Number(badDebt) > 0 ? 'insolvent: nothing left to liquidate' : 'not liquidatable';
}

function titled(title: string, text: string): string {
  return `${title}\n${text}`;
}

function table<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): string {
  return formatTable(
    columns.map(([title]) => title),
    rows.map((row) => columns.map(([, cell]) => cell(row) ?? '-')),
  );
}

/** The table with a last row for the sums of its last columns. */
function withSum<Row>(columns: readonly Column<Row>[], rows: readonly Row[], sums: readonly (string | null)[]): string {
  const empty = columns.slice(1, columns.length - sums.length).map(() => '');
  return formatTable(
    columns.map(([title]) => title),
    [...rows.map((row) => columns.map(([, cell]) => cell(row) ?? '-')), ['sum', ...empty, ...sums.map((sum) => sum ?? '-')]],
  );
}

const TOTALS: readonly Column<ExplainedPortfolio>[] = [
  ['equity', ({ equity }) => equity],
  ['maintenance', ({ maintenance }) => maintenance],
  ['ratio', ({ marginRatio }) => marginRatio],
  ['deficit', ({ deficit }) => deficit],
  ['bad debt', ({ badDebt }) => badDebt],
  ['initial margin', ({ initialMargin }) => initialMargin],
  ['order margin', ({ orderMargin }) => orderMargin],
  ['free collateral', ({ freeCollateral }) => freeCollateral],
];

const ASSETS: readonly Column<ExplainedPortfolio['assets'][number]>[] = [
  ['asset', ({ asset }) => asset],
  ['balance', ({ balance }) => balance],
  ['+ PnL', ({ unrealizedPnl }) => unrealizedPnl],
  ['+ funding', ({ funding }) => funding],
  ['= equity', ({ equity }) => equity],
  ['x index', ({ index }) => index],
  ['- haircut', ({ haircut }) => haircut],
  ['= counted', ({ counted }) => counted],
];

const POSITIONS: readonly Column<ExplainedPosition>[] = [
  ['market', ({ market }) => market],
  ['side', ({ side }) => side],
  ['size', ({ size }) => size],
  ['entry', ({ entry }) => entry],
  ['mark', ({ mark }) => mark],
  ['notional', ({ notional }) => notional],
  ['PnL', ({ unrealizedPnl }) => unrealizedPnl],
  ['funding', ({ funding }) => funding],
  ['in', ({ settle }) => settle],
  ['leverage', ({ leverage }) => leverage],
];

/** Only what was asked for has the column of the margin to add. Of a portfolio that is liquidatable, the price is where it no longer is. */
function endColumns({ positions, liquidatable }: ExplainedPortfolio): Column<ExplainedPosition>[] {
  const asked = positions.some(({ marginToAdd }) => marginToAdd !== undefined);
  return [
    ['market', ({ market }) => market],
    ['side', ({ side }) => side],
    [liquidatable ? 'recovers at' : 'liquidation', ({ liquidationPrice }) => liquidationPrice],
    ['other', ({ liquidationPriceOther }) => liquidationPriceOther],
    ['bankruptcy', ({ bankruptcyPrice }) => bankruptcyPrice],
    ['after fee', ({ bankruptcyPriceAfterFee }) => bankruptcyPriceAfterFee],
    ...(asked ? [['margin to add', ({ marginToAdd }) => marginToAdd] satisfies Column<ExplainedPosition>] : []),
  ];
}

const ORDERS: readonly Column<ExplainedPortfolio['orders'][number]>[] = [
  ['market', ({ market }) => market],
  ['side', ({ side }) => side],
  ['size', ({ size }) => size],
  ['price', ({ price }) => price],
  ['notional', ({ notional }) => notional],
  ['initial margin', ({ initialMargin }) => initialMargin],
  ['in', ({ settle }) => settle],
  ['closes only', ({ reduceOnly }) => (reduceOnly ? 'yes' : 'no')],
];

interface Need {
  readonly what: string;
  readonly maintenance: string | null;
  readonly initialMargin: string | null;
  readonly asset: string;
  readonly index: string;
}

const NEEDS: readonly Column<Need>[] = [
  ['for', ({ what }) => what],
  ['maintenance', ({ maintenance }) => maintenance],
  ['initial margin', ({ initialMargin }) => initialMargin],
  ['in', ({ asset }) => asset],
  ['x index', ({ index }) => index],
];

/** Terms of the maintenance, each in its own asset, and their sum in the valuation asset. Orders hold initial margin of their own. */
function needsText(portfolio: ExplainedPortfolio, valuation: string): string {
  const indexOf = new Map(portfolio.assets.map(({ asset, index }) => [asset, index]));
  const need = (what: string, maintenance: string | null, initialMargin: string | null, asset: string): Need => {
    return { what, maintenance, initialMargin, asset, index: indexOf.get(asset) ?? '-' };
  };
  const rows = [
    ...portfolio.positions.map(({ market, side, maintenance, initialMargin, settle, marginWaived }) =>
      need(`${market} ${side}${marginWaived ? ' (waived)' : ''}`, maintenance, initialMargin, settle),
    ),
    ...portfolio.orders
      .filter(({ maintenance }) => Number(maintenance) > 0)
      .map(({ market, side, maintenance, settle }) => need(`order: ${market} ${side}`, maintenance, null, settle)),
    ...portfolio.assets
      .filter(({ borrowMaintenance }) => Number(borrowMaintenance) > 0)
      .map(({ asset, borrowed, borrowMaintenance }) => ({
        ...need(`owed: ${borrowed} ${asset}`, borrowMaintenance, borrowMaintenance, valuation),
        index: '1',
      })),
  ];
  const sum = { ...need('sum', portfolio.maintenance, portfolio.initialMargin, valuation), index: '' };
  return rows.length === 0 ? '' : titled(`maintenance in ${valuation}`, table(NEEDS, [...rows, sum]));
}

/** One sentence on why, and the steps from then to now. */
function sinceText(portfolio: ExplainedPortfolio, since: ExplainedChange, valuation: string): string {
  const { change } = since;
  if (change === null) return 'since then: unknown, as a price is missing\n';
  const steps = `marks ${change.marks}, funding ${change.funding}, index prices ${change.indexes}`;
  const moved = `since then equity less maintenance changed by ${steps} ${valuation}\n`;
  return portfolio.liquidatable ? `${causeText(since, valuation)}\n${moved}` : moved;
}

function causeText({ cause, slackAtMarksThen, slackAtIndexesThen }: ExplainedChange, valuation: string): string {
  const atMarks = `at the earlier marks its slack would be ${slackAtMarksThen} ${valuation}`;
  const atIndexes = `at the earlier index prices its slack would be ${slackAtIndexesThen} ${valuation}`;
  switch (cause) {
    case 'collateral':
      return `breached only because the collateral fell: ${atIndexes}`;
    case 'marks':
      return `breached only because its markets moved: ${atMarks}`;
    case 'both':
      return `breached by its markets and its collateral together: ${atMarks}, ${atIndexes}`;
    case 'either':
      return `breached by its markets as by its collateral alone: ${atMarks}, ${atIndexes}`;
    default:
      return 'it was liquidatable then already';
  }
}
