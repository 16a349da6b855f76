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
    expect(JSON.parse(data.text)).toEqual({ byHour: DATA.byHour, prices: DATA.prices });
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

  test('draws the bands to the scale of the largest', () => {
    expect(html).toContain('<i style="width:100.00%"></i><span title="40,000">40.0 k</span>');
    expect(html).toContain('<i style="width:0.03%"></i><span title="10">10</span>');
    expect(html).toContain('<th scope="row">&lt;1&gt;</th>');
  });
});
