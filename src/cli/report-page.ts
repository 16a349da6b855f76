/** What runs and what styles inside the report's HTML file. Plain text here: it is executed by a browser, never by Node. */

export const PAGE_STYLE = `
:root { --ground: #fcfcfb; --card: #ffffff; --ink: #1a1d21; --muted: #646b73; --line: #e4e6e8; --before: #b4bcc6; --after: #2a6fdb; --bar: #c2452d;
  --series: #2a6fdb #d1622b #17876d #9a4fc0 #a88a12 #cf3d74 #5d6b7a #4b9ac9; }
@media (prefers-color-scheme: dark) {
  :root { --ground: #14171a; --card: #1b1f23; --ink: #e8eaec; --muted: #969fa8; --line: #2c3238; --before: #57616c; --after: #5b9bf3; --bar: #e8705a;
    --series: #5b9bf3 #f08a52 #3fbd9d #c384e4 #d4b53c #f0709f #9aa7b5 #7cc4ee; }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--ink); font: 15px/1.5 system-ui, -apple-system, 'Segoe UI', sans-serif; }
main { max-width: 1080px; margin: 0 auto; padding: 40px 24px 64px; }
h1 { margin: 0 0 12px; font-size: 28px; line-height: 1.2; font-weight: 650; letter-spacing: -0.015em; overflow-wrap: anywhere; }
h2 { margin: 0; font-size: 17px; font-weight: 600; }
section { margin-top: 20px; padding: 20px 24px; background: var(--card); border: 1px solid var(--line); border-radius: 10px; }
section > p { margin: 2px 0 14px; color: var(--muted); font-size: 13px; }
dl, dd { margin: 0; }
dt { color: var(--muted); font-size: 13px; }
dd { font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }
.parameters { display: flex; flex-wrap: wrap; gap: 4px 24px; font-size: 13px; }
.parameters div { display: flex; gap: 6px; }
.summary { display: grid; grid-template-columns: repeat(auto-fit, minmax(190px, 1fr)); margin-top: 24px; overflow: hidden;
  background: var(--card); border: 1px solid var(--line); border-radius: 10px; }
.summary div { padding: 13px 18px; box-shadow: 1px 1px 0 var(--line); }
.summary dd { font-size: 18px; font-weight: 600; letter-spacing: -0.01em; }
.note { margin: 12px 2px 0; color: var(--muted); font-size: 13px; overflow-wrap: anywhere; }
.plot { min-height: 40px; }
.empty { color: var(--muted); }
.u-legend { font-size: 13px; text-align: left; margin-top: 8px; }
.u-legend .u-value { min-width: 5.5em; font-variant-numeric: tabular-nums; }
.u-legend.u-inline tr { margin-right: 14px; }
details { margin-top: 12px; font-size: 13px; }
summary { cursor: pointer; color: var(--muted); }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
section table { margin-top: 8px; }
details th, details td { padding: 5px 8px; text-align: right; border-bottom: 1px solid var(--line); font-weight: 400; }
details thead th { color: var(--muted); }
details th:first-child { text-align: left; }
.bands th { width: 1%; padding: 3px 14px 3px 0; text-align: right; white-space: nowrap; font-size: 13px; font-weight: 400; }
.bands td { padding: 5px 64px 5px 0; border-left: 1px solid var(--line); }
.bar { display: flex; align-items: center; height: 14px; }
.bar i { flex: none; height: 11px; min-width: 1px; border-radius: 0 3px 3px 0; }
.bar span { padding-left: 6px; font-size: 12px; color: var(--muted); white-space: nowrap; }
.bar.before i, .key .before::before { background: var(--before); }
.bar.loss i { background: var(--bar); }
.bands small { display: block; color: var(--muted); font-size: 12px; overflow-wrap: anywhere; }
.bar.after i, .key .after::before { background: var(--after); }
.key span { margin-right: 18px; font-size: 13px; }
.key span::before { content: ''; display: inline-block; width: 10px; height: 10px; margin-right: 6px; border-radius: 2px; }
`;

export const PAGE_SCRIPT = `'use strict';
(() => {
  const { byHour, prices, fund } = JSON.parse(document.getElementById('data').textContent);
  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const utc = (seconds) => uPlot.tzDate(new Date(seconds * 1000), 'Etc/UTC');
  const short = new Intl.NumberFormat('en-US', { notation: 'compact', maximumFractionDigits: 2 });
  const whole = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });
  const asWhole = (_, value) => (value === null ? '–' : whole.format(value));
  const cents = new Intl.NumberFormat('en-US', { maximumFractionDigits: 2 });
  const asCents = (_, value) => (value === null ? '–' : cents.format(value));
  const stamp = (_, seconds) => (seconds === null ? '–' : new Date(seconds * 1000).toISOString().slice(0, 16).replace('T', ' '));
  let plots = [];

  const axis = (more) => {
    const line = { stroke: colour('--line'), width: 1 };
    return { stroke: colour('--muted'), font: '12px system-ui, sans-serif', grid: line, ticks: line, ...more };
  };
  const timeAxis = () => axis({ values: [
    [86400, '{D} {MMM}', null, null, null, null, null, null, 1],
    [3600, '{HH}:{mm}', '\\n{D} {MMM}', null, '\\n{D} {MMM}', null, null, null, 1],
    [60, '{HH}:{mm}', '\\n{D} {MMM}', null, '\\n{D} {MMM}', null, null, null, 1],
    [1, '{HH}:{mm}:{ss}', '\\n{D} {MMM}', null, '\\n{D} {MMM}', null, null, null, 1],
  ] });

  function plot(id, height, options, columns) {
    const place = document.getElementById(id);
    place.replaceChildren();
    if (columns[0].length === 0 || columns.length < 2) {
      place.append('No data.');
      return;
    }
    const size = { width: place.clientWidth, height };
    const drawn = new uPlot({ ...size, tzDate: utc, ...options }, columns, place);
    plots.push({ place, height, drawn });
  }

  function drawPrices() {
    const colours = colour('--series').split(/\\s+/);
    const percent = prices.series.map(({ values }) => {
      const first = values.find((value) => value !== null);
      return values.map((value) => (value === null ? null : (value / first) * 100));
    });
    const series = prices.series.map(({ market }, index) => ({
      label: market,
      stroke: colours[index % colours.length],
      width: 1.5,
      points: { show: false },
      spanGaps: true,
      value: (_, value) => (value === null ? '–' : value.toFixed(2) + ' %'),
    }));
    plot('prices', 320, {
      cursor: { y: false },
      series: [{ label: 'UTC', value: stamp }, ...series],
      axes: [timeAxis(), axis({ size: 60, values: (_, ticks) => ticks.map((tick) => tick + ' %') })],
    }, [prices.timesMs.map((ms) => ms / 1000), ...percent]);
  }

  function drawFund() {
    plot('fund', 260, {
      cursor: { y: false },
      series: [
        { label: 'UTC', value: stamp },
        { label: fund.asset, stroke: colour('--after'), width: 1.5, points: { show: false }, paths: uPlot.paths.stepped({ align: 1 }), value: asCents },
      ],
      axes: [timeAxis(), axis({ size: 100, values: (_, ticks) => ticks.map((tick) => asCents(_, tick)) })],
    }, [prices.timesMs.map((ms) => ms / 1000), fund.balances]);
  }

  function drawHours() {
    // Series without a path of their own put their value under the cursor into the legend.
    const unseen = (label) => ({ label, scale: label, paths: () => null, points: { show: false }, value: asWhole });
    plot('hours', 260, {
      cursor: { y: false, points: { show: false } },
      scales: { x: { range: (_, from, to) => [from, to + 3600] }, y: { range: (_, __, most) => [0, most > 0 ? most * 1.08 : 1] } },
      series: [
        { label: 'Hour (UTC)', value: stamp },
        { label: 'Notional', stroke: colour('--bar'), fill: colour('--bar'), width: 0, value: asWhole, points: { show: false },
          paths: uPlot.paths.bars({ align: 1, size: [0.82, 60], radius: 0.12 }) },
        unseen('Liquidations'),
        unseen('Deficit'),
        unseen('Bad debt'),
      ],
      axes: [timeAxis(), axis({ size: 60, values: (_, ticks) => ticks.map((tick) => short.format(tick)) })],
    }, [
      byHour.map((each) => each.hour / 1000),
      ...['notional', 'liquidations', 'deficit', 'badDebt'].map((key) => byHour.map((each) => each[key])),
    ]);
  }

  function draw() {
    for (const { drawn } of plots) drawn.destroy();
    plots = [];
    drawPrices();
    drawHours();
    drawFund();
  }

  draw();
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', draw);
  addEventListener('resize', () => {
    for (const { place, height, drawn } of plots) drawn.setSize({ width: place.clientWidth, height });
  });
})();
`;
