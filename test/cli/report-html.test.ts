import { Script } from 'node:vm';
import { describe, expect, test } from 'vitest';
import { type ReplayReportData, renderReplayReport } from '../../src/cli/report-html.js';

const HOUR = 1_569_348_000_000;
const NASTY = '</script><script>alert("1")</script> & <!-- \u2028';

const DATA: ReplayReportData = {
  title: NASTY,
  parameters: [['seed', '7']],
  summary: [[NASTY, '<b>12</b>']],
  notes: [NASTY],
  byHour: [
    { hour: HOUR, liquidations: 0, notional: 0, deficit: 0, badDebt: 0 },
    { hour: HOUR + 3_600_000, liquidations: 12, notional: 1_234_567.8, deficit: 9.5, badDebt: 1 },
  ],
  prices: { timesMs: [HOUR, HOUR + 60_000], series: [{ market: NASTY, values: [null, 9700.5] }] },
  waterfall: {
    summary: {
      stages: [
        { entry: 0, stage: 'full', entered: 12, skipped: 0, reasons: { unfilled: 4 } },
        { entry: 1, stage: NASTY, entered: 3, skipped: 6, reasons: { [NASTY]: 6 } },
      ],
      transfers: [
        { reason: 'fund', asset: 'USD', count: 2, amount: '400.500000' },
        { reason: 'realised', asset: 'USD', count: 9, amount: '9000.000000' },
        { reason: 'socialised', asset: 'USD', count: 5, amount: '100.125000' },
        { reason: 'venue-loss', asset: NASTY, count: 1, amount: '7.000000' },
      ],
      adl: [{ asset: 'USD', trades: 3, counterparties: 2, notional: '801.000000', overshoot: '1.000000', forgone: '5.000000' }],
      funds: [{ asset: NASTY, start: '1000.000000', lowest: '599.500000', end: '600.000000' }],
      fundByHour: [],
      venuePositions: [{ market: NASTY, size: '-1.5', asset: 'USD', entryCost: '-3', mark: null, unrealizedPnl: null }],
      conservation: [
        {
          asset: 'USD',
          accounts: { portfolios: '5.000000000000000000', [NASTY]: '-5.000000000000000000' },
          sum: '0.000000000000000000',
        },
      ],
    },
    fund: { asset: NASTY, balances: [1000, 599.5] },
  },
  equity: { bandLabels: ['0 – 1', '<1>'], before: [0, 40_000], after: [10, 3] },
};

/** Every script element as an HTML parser finds it: it ends at the first end tag, whatever the script means. */
function scripts(html: string): { attributes: string; text: string }[] {
  return [...html.matchAll(/<script([^>]*)>([\s\S]*?)<\/script/gi)].map((match) => ({ attributes: match[1], text: match[2] }));
}

describe('renderReplayReport', () => {
  const html = renderReplayReport(DATA);

  test('carries the data unharmed and nothing of it as markup', () => {
    const [data, ...code] = scripts(html);
    expect(data.attributes).toContain('id="data"');
    expect(JSON.parse(data.text)).toEqual({ byHour: DATA.byHour, prices: DATA.prices, fund: DATA.waterfall.fund });
    expect(code).toHaveLength(2);
    expect(html).not.toContain('alert("1")</script>');
    expect(html).not.toContain('<b>12</b>');
    expect(html).toContain(
      '<p class="note">&lt;/script&gt;&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt; &amp; &lt;!-- \u2028</p>',
    );
    expect(html).toContain('<h1>&lt;/script&gt;&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt; &amp; &lt;!-- \u2028</h1>');
  });

  test('has scripts that a browser can parse', () => {
    for (const { text } of scripts(html).slice(1)) expect(() => new Script(text)).not.toThrow();
  });

  test('asks for nothing from outside', () => {
    expect(html).toContain(`content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'"`);
    expect(html).not.toMatch(
      /<link|<img|<iframe|\ssrc=|\shref=|@import|url\(|\bfetch\(|XMLHttpRequest|\bimport\(|sendBeacon|WebSocket/,
    );
    // The one address is in the licence comment of uPlot.
    const withoutComments = html.replace(/\/\*![\s\S]*?\*\//g, '');
    expect(withoutComments).not.toMatch(/https?:|["'(]\/\//);
  });

  test('lists the hours in which something happened', () => {
    expect(html).toContain('<th scope="row">2019-09-24 19:00</th><td>12</td><td>1,234,568</td><td>10</td><td>1</td>');
    expect(html).not.toContain('<th scope="row">2019-09-24 18:00</th>');
    expect(renderReplayReport({ ...DATA, byHour: DATA.byHour.slice(0, 1) })).toContain('Nobody was liquidated.');
  });

  test('draws the stages, with why cases did not stay in them', () => {
    expect(html).toContain(
      '<tr><th scope="row">full</th><td><div class="bar after"><i style="width:100.00%"></i><span title="12">12</span></div>' +
        '<div class="bar before"><i style="width:0.00%"></i><span title="0">0</span></div><small>unfilled 4</small></td></tr>',
    );
    expect(html).toContain(
      '<small>&lt;/script&gt;&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt; &amp; &lt;!-- \u2028 6</small>',
    );
  });

  test('draws where the money went, to the scale of the largest in its asset, and writes it exactly', () => {
    const row = (what: string, width: string, label: string, exact: string, remark = '') =>
      `<tr><th scope="row">${what}</th><td><div class="bar loss"><i style="width:${width}%"></i><span title="${exact}">${label}</span></div><small>${exact}${remark}</small></td></tr>`;
    expect(html).toContain(row('paid by the fund', '50.00', '401 USD', '400.500000 USD'));
    expect(html).toContain(row('socialised losses', '12.50', '100 USD', '100.125000 USD'));
    const remark = ' of 2 portfolios in 3 trades, of it 1.000000 more than needed at the least';
    expect(html).toContain(row('deleveraged', '100.00', '801 USD', '801.000000 USD', remark));
    expect(html).toContain(`<tr><th scope="row">the venue's own loss</th><td><div class="bar loss"><i style="width:100.00%">`);
    // What a closing realised is neither borne by somebody else nor the fund's.
    expect(html).not.toContain('9000.000000');
  });

  test('says what the fund had and what the venue took over, and that money was conserved, account by account', () => {
    const nasty = '&lt;/script&gt;&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt; &amp; &lt;!-- \u2028';
    for (const line of [
      `insurance fund: 1000.000000 ${nasty} at the start, 599.500000 at its lowest, 600.000000 at the end`,
      `the venue took over: -1.5 ${nasty} at an entry cost of -3 USD; its mark is not known`,
      'conserved: Σ 0.000000000000000000 USD over 2 accounts of the ledger',
    ])
      expect(html).toContain(`<p class="note">${line}</p>`);
    expect(html).toContain(`<th scope="row">${nasty}</th><td>USD</td><td>-5.000000000000000000</td>`);
    expect(html).toContain('<th scope="row">Σ</th><td>USD</td><td>0.000000000000000000</td>');
  });

  test('says so where nobody defaulted', () => {
    const summary = { ...DATA.waterfall.summary, stages: [], transfers: [], adl: [] };
    const calm = renderReplayReport({ ...DATA, waterfall: { ...DATA.waterfall, summary } });
    expect(calm).toContain('Nobody defaulted.');
    expect(calm).toContain('No money moved: nobody bore anything.');
    for (const told of ['Nobody was deleveraged.', 'No loss was socialised.']) {
      expect(calm).toContain(`<p class="note">${told}</p>`);
      expect(html).not.toContain(told);
    }
  });

  test('draws the bands to the scale of the largest', () => {
    expect(html).toContain('<i style="width:100.00%"></i><span title="40,000">40.0 k</span>');
    expect(html).toContain('<i style="width:0.03%"></i><span title="10">10</span>');
    expect(html).toContain('<th scope="row">&lt;1&gt;</th>');
  });
});
