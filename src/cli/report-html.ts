/**
 * The report of a replay as one HTML file that opens from disk: its scripts, styles and data are inside, and it asks nothing of a
 * network. Must not know how a replay is run.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { compact, grouped } from './format.js';
import { PAGE_SCRIPT, PAGE_STYLE } from './report-page.js';
import { barOf, escapeHtml } from './report-parts.js';
import { type ReplayReportWaterfall, waterfallSections } from './report-waterfall.js';

export interface ReplayReportHour {
  /** Start of the hour, milliseconds since 1970, UTC. */
  readonly hour: number;
  readonly liquidations: number;
  /** Amounts of the valuation asset. */
  readonly notional: number;
  readonly deficit: number;
  readonly badDebt: number;
}

export interface ReplayReportData {
  readonly title: string;
  /** Name and value, as they are to be read. */
  readonly parameters: readonly (readonly [string, string])[];
  readonly summary: readonly (readonly [string, string])[];
  /** Lines below the summary. */
  readonly notes: readonly string[];
  readonly byHour: readonly ReplayReportHour[];
  readonly prices: {
    readonly timesMs: readonly number[];
    /** One value a time; null where the market has no price yet. The page shows them as percent of the first. */
    readonly series: readonly { readonly market: string; readonly values: readonly (number | null)[] }[];
  };
  readonly waterfall: ReplayReportWaterfall;
  /** Portfolios by margin-ratio band, before the first tick and after the last. */
  readonly equity: {
    readonly bandLabels: readonly string[];
    readonly before: readonly number[];
    readonly after: readonly number[];
  };
}

/** The whole file. Numbers in it are for reading; the exact ones are those of `replay --json`. */
export function renderReplayReport(data: ReplayReportData): string {
  const plotted = { byHour: data.byHour, prices: data.prices, fund: data.waterfall.fund };
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(data.title)}</title>
<style>${uplotFile('uPlot.min.css')}${PAGE_STYLE}</style>
</head>
<body>
<main>
<header>
<h1>${escapeHtml(data.title)}</h1>
<dl class="parameters">${definitions(data.parameters)}</dl>
</header>
<dl class="summary">${definitions(data.summary)}</dl>
${data.notes.map((note) => `<p class="note">${escapeHtml(note)}</p>`).join('\n')}
<section><h2>Mark prices</h2><p>Percent of each market's first price.</p><div class="plot" id="prices"></div></section>
<section><h2>Liquidated notional by hour</h2><p>What was closed, at the mark, in the hour (UTC) in which the portfolio was breached.</p>
<div class="plot" id="hours"></div>${hourTable(data.byHour)}</section>
${waterfallSections(data.waterfall)}
<section><h2>Equity distribution</h2><p>Portfolios by margin ratio (equity / maintenance margin); below 1 is liquidatable.</p>
${bandTable(data.equity)}</section>
</main>
<script type="application/json" id="data">${scriptJson(plotted)}</script>
<script>${uplotFile('uPlot.iife.min.js')}</script>
<script>${PAGE_SCRIPT}</script>
</body>
</html>
`;
}

function uplotFile(name: string): string {
  return readFileSync(createRequire(import.meta.url).resolve(`uplot/dist/${name}`), 'utf8');
}

/** JSON in which no HTML parser can see the end of the script. */
function scriptJson(value: unknown): string {
  return JSON.stringify(value).replaceAll('<', '\\u003c');
}

function definitions(pairs: readonly (readonly [string, string])[]): string {
  return pairs.map(([name, value]) => `<div><dt>${escapeHtml(name)}</dt><dd>${escapeHtml(value)}</dd></div>`).join('');
}

/** The hours in which something happened: the same numbers as the plot, for reading and copying. */
function hourTable(hours: readonly ReplayReportHour[]): string {
  const rows = hours
    .filter((each) => each.liquidations > 0)
    .map(({ hour, liquidations, notional, deficit, badDebt }) => {
      const time = new Date(hour).toISOString().slice(0, 16).replace('T', ' ');
      const cells = [liquidations, notional, deficit, badDebt].map((value) => `<td>${grouped(value)}</td>`);
      return `<tr><th scope="row">${time}</th>${cells.join('')}</tr>`;
    });
  if (rows.length === 0) return '<p class="empty">Nobody was liquidated.</p>';
  const header = ['Hour (UTC)', 'Liquidations', 'Notional', 'Deficit', 'Bad debt'].map(
    (title) => `<th scope="col">${title}</th>`,
  );
  return `<details><summary>As a table</summary><table><thead><tr>${header.join('')}</tr></thead><tbody>${rows.join('')}</tbody></table></details>`;
}

/** Two bars a band. The numbers stand beside them, so that a band of three portfolios among a million can still be read. */
function bandTable({ bandLabels, before, after }: ReplayReportData['equity']): string {
  const most = Math.max(1, ...before, ...after);
  const bar = (name: 'before' | 'after', count: number): string => barOf(name, count / most, grouped(count), compact(count));
  // Bands that are empty at both times say nothing.
  const rows = bandLabels.flatMap((label, index) =>
    before[index] + after[index] === 0
      ? []
      : [
          `<tr><th scope="row">${escapeHtml(label)}</th><td>${bar('before', before[index])}${bar('after', after[index])}</td></tr>`,
        ],
  );
  const key = '<p class="key"><span class="before">before</span><span class="after">after</span></p>';
  return `${key}<table class="bands"><tbody>${rows.join('')}</tbody></table>`;
}
