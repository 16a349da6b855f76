/** `plimsoll explain`: one account at given marks, every portfolio and position with the terms of its figures. */
import { type ExplainedPortfolio, type ExplainedPosition, type Explanation, explain } from '../../app/explain.js';
import type { CommandModule } from '../command.js';
import { Progress } from '../progress.js';
import { formatTable } from '../table.js';

interface Options {
  readonly book: string;
  readonly marks: string;
  readonly account: string;
  readonly json?: true;
}

export const command: CommandModule = {
  examples: [
    'explain --book book.json --marks marks.json --account alice',
    'explain --book book.json --marks marks.json --account alice --json',
  ],
  configure: (command) => {
    command
      .requiredOption('--book <file>', 'the book: .json, .jsonl or a Parquet folder')
      .requiredOption('--marks <file>', 'mark prices as JSON')
      .requiredOption('--account <id>', 'the account to explain')
      .option('--json', 'print JSON, one line');
  },
  run: async (parsed, io) => {
    const { book, marks, account, json } = parsed.opts<Options>();
    const loading = new Progress(io.stderr, 'reading positions', Number.POSITIVE_INFINITY, Date.now);
    const onLoaded = (positions: number): void => loading.update(positions);
    const explanation = await explain({ book, marks, account, onLoaded }).finally(() => loading.finish());
    io.stdout.write(json ? `${JSON.stringify(explanation)}\n` : describe(explanation));
  },
};

function describe({ account, portfolios }: Explanation): string {
  if (portfolios.length === 0) return `${account} has no positions and no balance\n`;
  return portfolios.map(describePortfolio).join('\n');
}

function standingOf({ unpriced, liquidatable, badDebt }: ExplainedPortfolio): string {
  if (unpriced) return 'unpriced: a market lacks its mark';
  if (liquidatable) return 'liquidatable';
  return Number(badDebt) > 0 ? 'insolvent: nothing left to liquidate' : 'not liquidatable';
}

function describePortfolio(portfolio: ExplainedPortfolio): string {
  const { equity, maintenance, marginRatio, deficit, badDebt, positions } = portfolio;
  const terms: readonly (readonly [string, string | null])[] = [
    ['equity', equity],
    ['maintenance', maintenance],
    ['ratio', marginRatio],
    ['deficit', deficit],
    ['bad debt', badDebt],
  ];
  const head = `${portfolio.portfolio} (${portfolio.mode}): ${standingOf(portfolio)}\n`;
  const values = formatTable(
    terms.map(([name]) => name),
    [terms.map(([, value]) => value ?? '-')],
  );
  return positions.length === 0 ? `${head}\n${values}` : `${head}\n${values}\n${formatTable(COLUMNS, positions.map(cellsOf))}`;
}

const COLUMNS = [
  'market',
  'side',
  'size',
  'entry',
  'mark',
  'notional',
  'PnL',
  'maintenance',
  'liquidation',
  'other',
  'bankruptcy',
];

function cellsOf(position: ExplainedPosition): string[] {
  const { market, side, size, entry, mark, notional, unrealizedPnl, maintenance } = position;
  const { liquidationPrice, liquidationPriceOther, bankruptcyPrice } = position;
  const figures = [mark, notional, unrealizedPnl, maintenance, liquidationPrice, liquidationPriceOther, bankruptcyPrice];
  return [market, side, size, entry, ...figures.map((figure) => figure ?? '-')];
}
