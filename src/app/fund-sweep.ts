/** What fund would have sufficed: the same replay with insurance funds of several sizes. */
import { compareDecimals, formatDecimal } from '../model/decimal.js';
import { badInput } from '../model/errors.js';
import { boundedDecimal } from '../model/instrument-schema.js';
import { show } from '../model/problems.js';
import { type ReplayOptions, type ReplaySummary, replay } from './replay.js';

/** One size. Amounts are strings in the valuation asset's decimals. */
export interface FundSweepRow {
  readonly fund: string;
  /** Least that the fund had at any time, and what it had at the end. */
  readonly lowest: string;
  readonly end: string;
  /** What it paid into cases. */
  readonly paid: string;
  /** Notional that counterparties lost to deleveraging. */
  readonly deleveraged: string;
  readonly socialised: string;
  readonly issued: string;
  readonly venueLoss: string;
  /** Whether nobody but the fund had to bear anything, and nobody was deleveraged. */
  readonly sufficed: boolean;
}

/** What `replay --fund-sweep --json` prints. */
export interface FundSweep {
  readonly version: 1;
  readonly seed: number | null;
  readonly policy: string;
  readonly ticks: number;
  readonly positions: number;
  readonly rows: readonly FundSweepRow[];
  /** The least of the sizes that sufficed; null: none did. */
  readonly least: string | null;
}

const NOTHING = '0';

/** Sizes as they were written, ascending, each once. Throws bad usage for what is no amount. */
export function fundSizes(text: string): string[] {
  const sizes = text.split(',').map((each) => {
    const amount = boundedDecimal(each);
    if (amount === null || amount.units < 0n)
      throw badInput('--fund-sweep', 'amounts such as "0,1000000,5000000"', show(text), 'bad-usage');
    return amount;
  });
  const ascending = sizes.sort(compareDecimals);
  return ascending.filter((size, i) => i === 0 || compareDecimals(size, ascending[i - 1]) !== 0).map(formatDecimal);
}

/** Replays once for each size; everything else is as `options` say. */
export async function fundSweep(
  options: Omit<ReplayOptions, 'fund'>,
  sizes: readonly string[],
  onRow: (row: FundSweepRow) => void = () => undefined,
): Promise<FundSweep> {
  const rows: FundSweepRow[] = [];
  let last: ReplaySummary | null = null;
  for (const fund of sizes) {
    const { summary } = await replay({ ...options, fund });
    last = summary;
    rows.push(rowOf(fund, summary));
    onRow(rows[rows.length - 1]);
  }
  if (last === null) throw badInput('--fund-sweep', 'at least one amount', 'none', 'bad-usage');
  const { seed, policy, ticks, positions } = last;
  return { version: 1, seed, policy, ticks, positions, rows, least: rows.find(({ sufficed }) => sufficed)?.fund ?? null };
}

function rowOf(fund: string, { valuation, waterfall }: ReplaySummary): FundSweepRow {
  const { transfers, funds, adl } = waterfall;
  const moved = (reason: string): string =>
    transfers.find((row) => row.reason === reason && row.asset === valuation)?.amount ?? NOTHING;
  const others = transfers.filter(({ reason }) => ['socialised', 'issuance', 'venue-loss'].includes(reason));
  const own = funds.find(({ asset }) => asset === valuation);
  return {
    fund,
    lowest: own?.lowest ?? NOTHING,
    end: own?.end ?? NOTHING,
    paid: moved('fund'),
    deleveraged: adl.find(({ asset }) => asset === valuation)?.notional ?? NOTHING,
    socialised: moved('socialised'),
    issued: moved('issuance'),
    venueLoss: moved('venue-loss'),
    sufficed: adl.length === 0 && others.every(({ amount }) => !/[1-9]/.test(amount)),
  };
}
