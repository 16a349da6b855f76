/** The part of the report that says what the defaults led to: the fund, the stages, who bore what, and that no money was made or lost. */
import type { WaterfallSummary } from '../app/replay-waterfall.js';
import { compact, grouped } from './format.js';
import { barOf, escapeHtml } from './report-parts.js';
import { conservationLines, fundLines, moneyOf, reasonsText, venueLines } from './waterfall-text.js';

export interface ReplayReportWaterfall {
  readonly summary: WaterfallSummary;
  /** What the funds of the valuation asset had, one balance for each time of the prices. */
  readonly fund: { readonly asset: string; readonly balances: readonly number[] };
}

export function waterfallSections({ summary, fund }: ReplayReportWaterfall): string {
  return `<section><h2>Insurance fund</h2><p>What it had over time, in ${escapeHtml(fund.asset)}.</p><div class="plot" id="fund"></div>
${notes(fundLines(summary))}</section>
<section><h2>Cases by stage</h2><p>How many cases entered each stage of the policy, in its order, how many skipped it, and why it was skipped or left.</p>
${stageTable(summary)}</section>
<section><h2>Where the money went</h2><p>What the fund took in, and who bore the losses: the fund, counterparties that were deleveraged, those who shared, last the venue.</p>
${moneyTable(summary)}${notes([...absent(summary), ...venueLines(summary)])}</section>
<section><h2>Conservation</h2><p>What everybody has together; Σ is zero when no money was made or lost.</p>
${notes(conservationLines(summary))}${ledgerTable(summary)}</section>`;
}

/** What did not come to pass is said, too. */
function absent({ adl, transfers }: WaterfallSummary): string[] {
  const isShared = transfers.some(({ reason }) => reason === 'socialised');
  return [...(adl.length === 0 ? ['Nobody was deleveraged.'] : []), ...(isShared ? [] : ['No loss was socialised.'])];
}

function notes(lines: readonly string[]): string {
  return lines.map((line) => `<p class="note">${escapeHtml(line)}</p>`).join('\n');
}

function stageTable({ stages }: WaterfallSummary): string {
  if (stages.length === 0) return '<p class="empty">Nobody defaulted.</p>';
  const most = Math.max(1, ...stages.flatMap(({ entered, skipped }) => [entered, skipped]));
  const bar = (name: 'before' | 'after', count: number): string => barOf(name, count / most, grouped(count), compact(count));
  const rows = stages.map(({ stage, entered, skipped, reasons }) => {
    const why = escapeHtml(reasonsText(reasons));
    return `<tr><th scope="row">${escapeHtml(stage)}</th><td>${bar('after', entered)}${bar('before', skipped)}<small>${why}</small></td></tr>`;
  });
  const key = '<p class="key"><span class="after">entered</span><span class="before">skipped</span></p>';
  return `${key}<table class="bands"><tbody>${rows.join('')}</tbody></table>`;
}

/** A bar is to the scale of the largest in its asset. */
function moneyTable(summary: WaterfallSummary): string {
  const money = moneyOf(summary);
  if (money.length === 0) return '<p class="empty">No money moved: nobody bore anything.</p>';
  const most = new Map<string, number>();
  for (const { asset, amount } of money) most.set(asset, Math.max(most.get(asset) ?? 0, Number(amount)));
  const rows = money.map(({ what, amount, asset, remark }) => {
    const share = Number(amount) / (most.get(asset) || 1);
    const bar = barOf('loss', share, `${amount} ${asset}`, `${compact(Number(amount))} ${asset}`);
    return `<tr><th scope="row">${escapeHtml(what)}</th><td>${bar}<small>${escapeHtml(`${amount} ${asset}${remark}`)}</small></td></tr>`;
  });
  return `<table class="bands"><tbody>${rows.join('')}</tbody></table>`;
}

/** Account by account, exact, and their sum. */
function ledgerTable({ conservation }: WaterfallSummary): string {
  const rows = conservation.flatMap(({ asset, accounts, sum }) =>
    [...Object.entries(accounts), ['Σ', sum]].map(([account, amount]) => {
      const cells = [asset, amount].map((text) => `<td>${escapeHtml(text)}</td>`);
      return `<tr><th scope="row">${escapeHtml(account)}</th>${cells.join('')}</tr>`;
    }),
  );
  const header = ['Account', 'Asset', 'Amount'].map((title) => `<th scope="col">${title}</th>`);
  return `<details><summary>As a table</summary><table><thead><tr>${header.join('')}</tr></thead><tbody>${rows.join('')}</tbody></table></details>`;
}
