/** The largest burst on record: 11,279 portfolios breached by one tick, until the last of them is decoded by a client. */
import type { BackendChoice } from '../src/backends/open.js';
import type { StandardBook } from './book.js';
import { type BenchResult, quantile, spreadOf } from './measure.js';
import { edgeAccount, moved, nowUs, startRig, wait } from './rig.js';

/** Portfolios liquidated under one timestamp on 2025-10-10 (design/budgets.md). */
const BURST = 11_279;
/** Each burst has its own market and accounts, so that none finds orders that are out already. */
const BURSTS = 12;

/** Ranks are of exact deficits; what is printed is rounded by up to two units of the sixth decimal. */
const PRINTED = 2.1e-6;

export async function benchBurst(book: StandardBook, positions: number, backend: BackendChoice): Promise<BenchResult> {
  const first = book.instruments.markets.length - BURSTS;
  let seen = new Set<string>();
  let isRanked = true;
  let done: () => void = () => undefined;
  const { link, close } = await startRig(book, positions, { backend, executor: 'external' }, (rows) => {
    const burst = rows.filter(({ portfolio, state }) => state === 'breached' && portfolio.startsWith('burst-'));
    for (const [i, { deficit }] of burst.entries()) if (i > 0 && deficit > burst[i - 1].deficit + PRINTED) isRanked = false;
    for (const { portfolio } of burst) seen.add(portfolio);
    if (seen.size === BURST) done();
  });
  const marks = book.prices.map((price, market) => ({ market, price }));
  for (let b = 0; b < BURSTS; b++) {
    const account = (i: number) => edgeAccount(book, first + b, `burst-${b}-${i}`, 1000 + i);
    const rows = Array.from({ length: BURST }, (_, i) => ({ version: 1, account: account(i) }));
    await link.submit({ type: 'book', timeUs: 0, rows });
  }
  await link.submit({ type: 'tick', timeUs: nowUs(), marks });
  await wait(500);
  const times: number[] = [];
  let isComplete = true;
  for (let b = 0; b < BURSTS; b++) {
    seen = new Set();
    const all = new Promise<void>((resolve) => {
      done = resolve;
    });
    const startUs = nowUs();
    const market = first + b;
    link.submit({ type: 'tick', timeUs: startUs, marks: [{ market, price: moved(book.prices[market]) }] }).catch(() => undefined);
    await Promise.race([all, wait(10_000)]);
    times.push((nowUs() - startUs) / 1000);
    isComplete &&= seen.size === BURST;
    // They recover, so that the next burst is alone.
    await link.submit({ type: 'tick', timeUs: nowUs(), marks: [{ market, price: book.prices[market] }] });
    await wait(300);
  }
  const { portfolios, backend: name } = link.stats();
  await close();
  const sorted = times.toSorted((a, b) => a - b);
  return {
    name: 'burst',
    backend: name,
    positions,
    portfolios,
    threads: 2,
    ...spreadOf(times),
    positionsPerSecond: null,
    bytesPerSecond: null,
    shareOfReadBandwidth: null,
    verified: isComplete && isRanked,
    figures: { breached: BURST, bursts: BURSTS, maxMs: quantile(sorted, 1) },
  };
}
