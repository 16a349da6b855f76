/** Statistics of a full scan as HTTP has them: metrics, JSON, and the page that draws them. */
import { setImmediate } from 'node:timers/promises';
import { runInNewContext } from 'node:vm';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { BookStatistics } from '../../src/engine/link.js';
import { type Rig, startRig } from './helpers.js';

const STATISTICS: BookStatistics = {
  equity: 1234.5,
  maintenance: 67.25,
  bandEnds: [0, 0.5, 1, 1.05, 1.1],
  bandCount: [0, 2, 1, 0, 30, 0],
  bandNotional: [0, 200.5, 100, 0, 3e6, 0],
  sides: [
    { market: 'BTCUSDT', side: 'long', positions: 20, notional: 2e6 },
    { market: 'BTCUSDT', side: 'short', positions: 12, notional: 1_000_300.5 },
  ],
};

let rig: Rig;
beforeEach(async () => {
  rig = await startRig();
});
afterEach(async () => {
  await rig.gateway.close();
});

/** Lines that are no comments, of some names. */
async function metrics(names: RegExp): Promise<string[]> {
  const text = await (await fetch(`${rig.http}/metrics`)).text();
  return text.split('\n').filter((line) => !line.startsWith('#') && names.test(line));
}

const OF_THE_BOOK = /^plimsoll_(equity|maintenance|margin_ratio|market)/;
const OF_STATISTICS = [
  'plimsoll_equity 1234.5',
  'plimsoll_maintenance 67.25',
  'plimsoll_margin_ratio_portfolios{below="0"} 0',
  'plimsoll_margin_ratio_portfolios{below="0.5"} 2',
  'plimsoll_margin_ratio_portfolios{below="1"} 1',
  'plimsoll_margin_ratio_portfolios{below="1.05"} 0',
  'plimsoll_margin_ratio_portfolios{below="1.1"} 30',
  'plimsoll_margin_ratio_portfolios{below="+Inf"} 0',
  'plimsoll_margin_ratio_notional{below="0"} 0',
  'plimsoll_margin_ratio_notional{below="0.5"} 200.5',
  'plimsoll_margin_ratio_notional{below="1"} 100',
  'plimsoll_margin_ratio_notional{below="1.05"} 0',
  'plimsoll_margin_ratio_notional{below="1.1"} 3000000',
  'plimsoll_margin_ratio_notional{below="+Inf"} 0',
  'plimsoll_market_positions{market="BTCUSDT",side="long"} 20',
  'plimsoll_market_positions{market="BTCUSDT",side="short"} 12',
  'plimsoll_market_notional{market="BTCUSDT",side="long"} 2000000',
  'plimsoll_market_notional{market="BTCUSDT",side="short"} 1000300.5',
];

test('metrics: absent before the first statistics, then the same at every scrape', async () => {
  expect(await metrics(OF_THE_BOOK)).toEqual([]);
  expect(await metrics(OF_THE_BOOK)).toEqual([]);
  rig.link.bookStatistics = STATISTICS;
  expect(await metrics(OF_THE_BOOK)).toEqual(OF_STATISTICS);
  expect(await metrics(OF_THE_BOOK)).toEqual(OF_STATISTICS);
  // A side that nobody holds any more is no zero, it is gone.
  rig.link.bookStatistics = { ...STATISTICS, sides: STATISTICS.sides.slice(1) };
  expect(await metrics(/^plimsoll_market_positions/)).toEqual(OF_STATISTICS.slice(15, 16));
  expect(await (await fetch(`${rig.http}/metrics`)).text()).toMatch(/^# HELP plimsoll_margin_ratio_portfolios .*Not cumulative/m);
});

test('metrics: alerts of backends are counted, and the backend is that of now', async () => {
  const names = /^plimsoll_(info|backend_alerts_total)/;
  expect(await metrics(names)).toEqual(['plimsoll_backend_alerts_total 0', 'plimsoll_info{version="0.1.0-test",backend="js"} 1']);
  rig.link.backend = 'cpu';
  rig.link.alert('cuda: lost the device');
  const after = ['plimsoll_backend_alerts_total 1', 'plimsoll_info{version="0.1.0-test",backend="cpu"} 1'];
  expect(await metrics(names)).toEqual(after);
  expect(await metrics(names)).toEqual(after);
});

test('/v1/statistics: null before the first, then all of them', async () => {
  const get = async () => (await (await fetch(`${rig.http}/v1/statistics`)).json()) as Record<string, unknown>;
  const before = await get();
  expect(before).toEqual({ version: 1, epoch: expect.stringMatching(/^[0-9a-f]{16}$/), statistics: null });
  rig.link.bookStatistics = STATISTICS;
  expect(await get()).toEqual({ ...before, statistics: STATISTICS });
});

/** What the page's script uses of a document. */
class Element {
  textContent = '';
  title = '';
  className = '';
  hidden = false;
  readonly style = { height: '' };
  readonly children: Element[] = [];
  append(...children: Element[]): void {
    this.children.push(...children);
  }
}

/** The script of the served page after its first poll. */
async function drawnPage(): Promise<(id: string) => Element> {
  const page = await (await fetch(rig.http)).text();
  const script = /<script>(.+)<\/script>/s.exec(page)?.[1] ?? '';
  const elements = new Map([...page.matchAll(/id="([^"]+)"/g)].map(([, id]) => [id, new Element()]));
  const byId = (id: string): Element => elements.get(id) ?? expect.unreachable(`no element ${id}`);
  byId('ratios').hidden = page.includes('<section id="ratios" hidden>');
  const polled = new Promise<void>((resolve) => {
    runInNewContext(script, {
      document: { getElementById: byId, createElement: () => new Element() },
      fetch: (path: string) => fetch(rig.http + path),
      // The next poll is asked for: this one is drawn.
      setTimeout: () => resolve(),
    });
  });
  await polled;
  await setImmediate();
  return byId;
}

test('the page draws a bar a band: the liquidatable ones apart, without empty ones at the edges', async () => {
  rig.link.ticks = 1;
  rig.link.bookStatistics = STATISTICS;
  const element = await drawnPage();
  expect(element('status').textContent).toBe('js backend, prices of 2019-09-24T18:33:20.000Z');
  expect(element('ratios').hidden).toBe(false);
  const bars = element('bars').children;
  expect(bars.map(({ hidden }) => hidden)).toEqual([true, false, false, false, false, true]);
  expect(bars.slice(1, 5).map(({ className }) => className)).toEqual(['some liquidatable', 'some liquidatable', '', 'some']);
  expect(bars.slice(1, 5).map(({ title }) => title)).toEqual([
    '0 to 0.5: portfolios 2, notional 201',
    '0.5 to 1: portfolios 1, notional 100',
    '1 to 1.05: portfolios 0, notional 0',
    '1.05 to 1.1: portfolios 30, notional 3,000,000',
  ]);
  const heights = bars.map(({ style }) => Number.parseFloat(style.height));
  expect(heights[4]).toBe(100);
  expect(heights[3]).toBe(0);
  expect(heights[1]).toBeGreaterThan(heights[2]);
  expect(element('scale').children.map(({ textContent }) => textContent)).toEqual(['', '', '', 1, '', '']);
  expect(element('ratio-text').textContent).toContain('some 3 of 33 portfolios');
});

test('the page has figures and no bars before the first statistics', async () => {
  const element = await drawnPage();
  expect(element('status').textContent).toBe('js backend, waiting for the first prices');
  expect(element('figures').children.length).toBeGreaterThan(10);
  expect(element('ratios').hidden).toBe(true);
});
