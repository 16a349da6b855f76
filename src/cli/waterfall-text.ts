/** What a replay's defaults led to, for people. */
import type { FundSweep } from '../app/fund-sweep.js';
import type { WaterfallSummary } from '../app/replay-waterfall.js';
import { grouped } from './format.js';
import { formatTable } from './table.js';

const NAMES: Readonly<Record<string, string>> = {
  'liquidation-fee': 'liquidation fees to the fund',
  surplus: 'surplus to the fund',
  fund: 'paid by the fund',
  auction: 'discounts to bidders',
  socialised: 'socialised losses',
  issuance: 'claims issued',
  'venue-loss': "the venue's own loss",
};

/** Stages with counts, then a line for everything that money did. */
export function waterfallText(waterfall: WaterfallSummary): string {
  const { stages } = waterfall;
  const table = formatTable(
    ['stage', 'entered', 'skipped', 'because'],
    stages.map(({ stage, entered, skipped, reasons }) => [stage, grouped(entered), grouped(skipped), reasonsText(reasons)]),
  );
  const money = moneyOf(waterfall).map(({ what, amount, asset, remark }) => `${what}: ${amount} ${asset}${remark}`);
  const lines = [...money, ...fundLines(waterfall), ...venueLines(waterfall), ...conservationLines(waterfall)];
  return `${stages.length === 0 ? '' : `\n${table}`}${lines.join('\n')}\n`;
}

/** What somebody bore, gave up or took in. The amount in the asset's decimals. */
interface MoneyRow {
  readonly what: string;
  readonly amount: string;
  readonly asset: string;
  /** Goes on from there; may be empty. */
  readonly remark: string;
}

/** Who bore what, and what went to the fund. */
export function moneyOf({ transfers, adl }: WaterfallSummary): MoneyRow[] {
  return [
    ...transfers.flatMap(({ reason, asset, amount }) =>
      reason in NAMES ? [{ what: NAMES[reason], amount, asset, remark: '' }] : [],
    ),
    ...adl.map(({ asset, trades, counterparties, notional, overshoot }) => ({
      what: 'deleveraged',
      amount: notional,
      asset,
      remark: ` of ${grouped(counterparties)} portfolios in ${grouped(trades)} trades, of it ${overshoot} more than needed at the least`,
    })),
  ];
}

export function fundLines({ funds }: WaterfallSummary): string[] {
  return funds.map(
    ({ asset, start, lowest, end }) =>
      `insurance fund: ${start} ${asset} at the start, ${lowest} at its lowest, ${end} at the end`,
  );
}

/** What the venue took over itself. */
export function venueLines({ venuePositions }: WaterfallSummary): string[] {
  return venuePositions.map(({ market, size, asset, entryCost, mark, unrealizedPnl }) => {
    const value = unrealizedPnl === null ? '; its mark is not known' : `, a PnL of ${unrealizedPnl} at the mark of ${mark}`;
    return `the venue took over: ${size} ${market} at an entry cost of ${entryCost} ${asset}${value}`;
  });
}

/** That no money was made or lost. */
export function conservationLines({ conservation }: WaterfallSummary): string[] {
  return conservation.map(
    ({ asset, accounts, sum }) =>
      `conserved: Σ ${sum} ${asset} over ${grouped(Object.keys(accounts).length)} accounts of the ledger`,
  );
}

export function reasonsText(reasons: Readonly<Record<string, number>>): string {
  return Object.entries(reasons)
    .map(([why, count]) => `${why} ${grouped(count)}`)
    .join(', ');
}

export function fundSweepText({ rows, least, policy, ticks, positions }: FundSweep): string {
  const table = formatTable(
    ['fund', 'lowest', 'at the end', 'paid', 'deleveraged', 'socialised', 'issued', 'venue loss', 'sufficed'],
    rows.map((row) => [
      row.fund,
      row.lowest,
      row.end,
      row.paid,
      row.deleveraged,
      row.socialised,
      row.issued,
      row.venueLoss,
      row.sufficed ? 'yes' : 'no',
    ]),
  );
  const verdict = least === null ? 'none of them would have sufficed' : `a fund of ${least} would have sufficed`;
  return `${table}\n${grouped(positions)} positions, ${grouped(ticks)} ticks, policy ${policy}: ${verdict}\n`;
}
