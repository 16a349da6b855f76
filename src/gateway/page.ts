/** The one-page status at `/`: self-contained, it polls `/v1/stats`. The dashboard comes later. */

export const STATUS_PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Plimsoll</title>
<style>
  :root { color-scheme: light dark; --dim: #6b7280; --line: #8884; }
  body { font: 15px/1.5 system-ui, sans-serif; max-width: 46rem; margin: 3rem auto; padding: 0 1rem; }
  h1 { font-size: 1.4rem; margin: 0; }
  #status { color: var(--dim); margin: 0 0 1.5rem; }
  dl { display: grid; grid-template-columns: repeat(auto-fill, minmax(10rem, 1fr)); gap: 0 1.5rem; margin: 0; }
  div { border-top: 1px solid var(--line); padding: .6rem 0; }
  dt { color: var(--dim); font-size: .85rem; }
  dd { margin: 0; font-size: 1.3rem; font-variant-numeric: tabular-nums; }
  footer { margin-top: 2rem; color: var(--dim); font-size: .85rem; }
  a { color: inherit; }
</style>
</head>
<body>
<h1>Plimsoll</h1>
<p id="status" role="status">connecting</p>
<dl id="figures"></dl>
<footer>
  <a href="/v1/signals">signals</a> · <a href="/v1/orders">orders</a> · <a href="/v1/stats">stats</a> ·
  <a href="/metrics">metrics</a> · stream: <code>/v1/stream</code>, docs/protocol.md
</footer>
<script>
  const FIGURES = [
    ['positions', 'positions'], ['portfolios', 'portfolios'], ['accounts', 'accounts'],
    ['ticks', 'ticks'], ['tickMs', 'ms a tick'], ['lagMs', 'ms behind'], ['nominees', 'nominees'],
    ['liquidatable', 'liquidatable'], ['deficit', 'deficit'], ['insolvent', 'insolvent'], ['unpriced', 'unpriced'],
    ['openCases', 'open cases'], ['liveOrders', 'live orders'], ['liquidations', 'liquidations'],
  ];
  const status = document.getElementById('status');
  const cells = FIGURES.map(([, label]) => {
    const box = document.createElement('div');
    const term = document.createElement('dt');
    const value = document.createElement('dd');
    term.textContent = label;
    value.textContent = '–';
    box.append(term, value);
    document.getElementById('figures').append(box);
    return value;
  });
  const show = (value) => value.toLocaleString('en', { maximumFractionDigits: 2 });
  async function poll() {
    try {
      const { stats } = await (await fetch('/v1/stats')).json();
      FIGURES.forEach(([key], i) => { cells[i].textContent = show(stats[key]); });
      const time = stats.ticks > 0 ? 'prices of ' + new Date(stats.tickTimeUs / 1000).toISOString() : 'waiting for the first prices';
      status.textContent = stats.backend + ' backend, ' + time;
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
