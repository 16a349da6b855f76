/** The one-page status at `/`: self-contained, it polls `/v1/stats`, `/v1/statistics` and `/v1/mode`. The dashboard comes later. */

export const STATUS_PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Plimsoll</title>
<style>
  :root { color-scheme: light dark; --dim: #6b7280; --line: #8884; --bar: #5b86b8; --liquidatable: #d1495b; }
  body { font: 15px/1.5 system-ui, sans-serif; max-width: 46rem; margin: 3rem auto; padding: 0 1rem; }
  h1 { font-size: 1.4rem; margin: 0; }
  h2 { font-size: 1rem; margin: 2rem 0 0; }
  #status { color: var(--dim); margin: 0 0 1.5rem; }
  dl { display: grid; grid-template-columns: repeat(auto-fill, minmax(10rem, 1fr)); gap: 0 1.5rem; margin: 0; }
  dl div { border-top: 1px solid var(--line); padding: .6rem 0; }
  dt { color: var(--dim); font-size: .85rem; }
  dd { margin: 0; font-size: 1.3rem; font-variant-numeric: tabular-nums; }
  #ratio-text { color: var(--dim); font-size: .85rem; margin: 0 0 .5rem; }
  #bars, #scale { display: flex; gap: 1px; }
  #bars { height: 9rem; align-items: flex-end; border-bottom: 1px solid var(--line); }
  #bars i { flex: 1; background: var(--bar); }
  #bars i.some { min-height: 2px; }
  #bars i.liquidatable { background: var(--liquidatable); }
  #scale span { flex: 1; width: 0; color: var(--dim); font-size: .75rem; white-space: nowrap; }
  footer { margin-top: 2rem; color: var(--dim); font-size: .85rem; }
  #mode { margin: 0 0 1rem; padding: .4rem .7rem; border: 1px solid var(--line); }
  #mode.shadow, #mode.kill { border-color: var(--liquidatable); color: var(--liquidatable); font-weight: 600; }
  #waterfall { color: var(--dim); margin: 1rem 0 0; }
  a { color: inherit; }
</style>
</head>
<body>
<h1>Plimsoll</h1>
<p id="status" role="status">connecting</p>
<p id="mode" role="status" hidden></p>
<dl id="figures"></dl>
<p id="waterfall"></p>
<section id="ratios" hidden>
  <h2>Portfolios by margin ratio</h2>
  <p id="ratio-text"></p>
  <div id="bars" role="img" aria-labelledby="ratio-text"></div>
  <div id="scale" aria-hidden="true"></div>
</section>
<footer>
  <a href="/v1/signals">signals</a> · <a href="/v1/orders">orders</a> · <a href="/v1/stats">stats</a> ·
  <a href="/v1/statistics">statistics</a> · <a href="/v1/alerts">alerts</a> · <a href="/v1/cases">cases</a> ·
  <a href="/v1/fund">fund</a> · <a href="/v1/watch">watch</a> · <a href="/v1/mode">mode</a> · <a href="/metrics">metrics</a> · stream: <code>/v1/stream</code>, docs/protocol.md
</footer>
<script>
  const FIGURES = [
    ['positions', 'positions'], ['portfolios', 'portfolios'], ['accounts', 'accounts'],
    ['ticks', 'ticks'], ['tickMs', 'ms a tick'], ['lagMs', 'ms behind'], ['nominees', 'nominees'],
    ['liquidatable', 'liquidatable'], ['deficit', 'deficit'], ['insolvent', 'insolvent'], ['unpriced', 'unpriced'],
    ['openCases', 'open cases'], ['liveOrders', 'live orders'], ['liquidations', 'liquidations'],
  ];
  const element = (id) => document.getElementById(id);
  const status = element('status');
  const cells = FIGURES.map(([, label]) => {
    const box = document.createElement('div');
    const term = document.createElement('dt');
    const value = document.createElement('dd');
    term.textContent = label;
    value.textContent = '–';
    box.append(term, value);
    element('figures').append(box);
    return value;
  });
  const show = (value, digits = 2) => value.toLocaleString('en', { maximumFractionDigits: digits });
  // A bar a band, made once: whoever points at one keeps its text.
  const bars = [];
  const marks = [];
  function makeBars(ends) {
    const one = ends.indexOf(1) + 1;
    for (let i = 0; i <= ends.length; i += 1) {
      const bar = document.createElement('i');
      const mark = document.createElement('span');
      if ((i - one) % 6 === 0) mark.textContent = i === 0 ? '' : ends[i - 1];
      bars.push(bar);
      marks.push(mark);
    }
    element('bars').append(...bars);
    element('scale').append(...marks);
    element('ratios').hidden = false;
  }
  function drawBands({ bandEnds, bandCount, bandNotional }) {
    if (bars.length === 0) makeBars(bandEnds);
    const first = bandCount.findIndex((count) => count > 0);
    const last = bandCount.findLastIndex((count) => count > 0);
    const most = Math.max(1, ...bandCount);
    let [below, all] = [0, 0];
    bandCount.forEach((count, i) => {
      const isLiquidatable = i < bandEnds.length && bandEnds[i] <= 1;
      all += count;
      if (isLiquidatable) below += count;
      const from = i === 0 ? 'below ' : show(bandEnds[i - 1], 3) + (i < bandEnds.length ? ' to ' : ' and above');
      const band = from + (i < bandEnds.length ? show(bandEnds[i], 3) : '');
      bars[i].hidden = marks[i].hidden = i < first || i > last;
      bars[i].className = (count > 0 ? 'some' : '') + (isLiquidatable ? ' liquidatable' : '');
      // The few near the line matter, and would not be seen beside the many far above it.
      bars[i].style.height = (100 * Math.log1p(count)) / Math.log1p(most) + '%';
      bars[i].title = band + ': portfolios ' + show(count) + ', notional ' + show(bandNotional[i], 0);
    });
    element('ratio-text').textContent = 'At the last full scan some ' + show(below) + ' of ' + show(all)
      + ' portfolios with a requirement were below 1: liquidatable. Heights are logarithmic, the highest is ' + show(most) + '.';
  }
  const MODES = { shadow: 'SHADOW: decides and tells, sends and moves nothing', live: 'live: orders go out, money moves' };
  function drawMode({ mode, kill, policy, paused, stages, funds }) {
    const parts = [MODES[mode], 'policy ' + policy];
    if (kill) parts.unshift('KILL SWITCH ON: nothing is liquidated');
    for (const [what, names] of Object.entries(paused)) if (names.length > 0) parts.push('paused ' + what + ': ' + names.join(', '));
    element('mode').textContent = parts.join(' · ');
    element('mode').className = kill ? 'kill' : mode;
    element('mode').hidden = false;
    const money = funds.map(({ asset, balance, reserved }) => show(Number(balance)) + ' ' + asset + ' (' + show(Number(reserved)) + ' reserved)');
    const open = Object.entries(stages).map(([stage, count]) => show(count) + ' in ' + stage);
    element('waterfall').textContent = 'insurance fund ' + money.join(', ') + ' · open cases: ' + (open.join(', ') || 'none');
  }
  const read = async (path) => (await fetch(path)).json();
  async function poll() {
    try {
      const [{ stats }, { statistics }, mode] = await Promise.all(['/v1/stats', '/v1/statistics', '/v1/mode'].map(read));
      FIGURES.forEach(([key], i) => { cells[i].textContent = show(stats[key]); });
      const time = stats.ticks > 0 ? 'prices of ' + new Date(stats.tickTimeUs / 1000).toISOString() : 'waiting for the first prices';
      status.textContent = stats.backend + ' backend, ' + time;
      drawMode(mode);
      if (statistics !== null) drawBands(statistics);
    } catch {
      status.textContent = 'no answer from the scanner';
    }
    setTimeout(poll, 1000);
  }
  poll();
</script>
</body>
</html>
`;
