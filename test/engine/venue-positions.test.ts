/** What the venue took over itself, at the mark. With what it has of money that is what it gained or lost by it. */
import { describe, expect, it } from 'vitest';
import { Engine } from '../../src/engine/engine.js';
import { inspect } from '../../src/engine/inspect.js';
import { printVenuePosition } from '../../src/engine/venue-positions.js';
import { formatFraction } from '../../src/model/fraction.js';
import type { Account } from '../../src/model/portfolio.js';
import { JsBackend } from '../../src/scan/js-backend.js';
import { instrumentsOf, marketOf } from '../support/books.js';
import { policyOf } from '../support/policies.js';
import { account, effectsOf, position, tick } from './support.js';

const instruments = instrumentsOf([marketOf(0), marketOf(1, { kind: 'inverse' })]);

/** Without stages: the venue takes over every breached position at once. */
function engineOf(...accounts: Account[]): Engine {
  const freshness = { staleUs: null, warmupTicks: 0 };
  const engine = new Engine({ instruments, backend: new JsBackend(), policy: policyOf([]), freshness, mode: 'live' });
  for (const each of accounts) engine.load(each);
  return engine;
}

const printed = (engine: Engine) => inspect(engine, 'venuePositions').map((each) => printVenuePosition(each, instruments));
/** In 10^-18. */
const money = (engine: Engine): bigint => engine.caseHalf.ledger.balanceOf({ kind: 'venue' }, 0);

describe('positions of the venue', () => {
  it('are none before it took any over', () => {
    const engine = engineOf(account('alice', 1_000, { cross: [position(100_000, 100)] }));
    effectsOf(engine, tick(1, 100, 100));
    expect(printed(engine)).toEqual([]);
  });

  it('are worth what the mark says: with the money that came with them they are its profit', () => {
    const engine = engineOf(
      account('alice', 1_000, { cross: [position(100_000, 100)] }),
      account('carol', 500, { cross: [position(-50_000, 70)] }),
      account('dave', 100, { cross: [position(-50_000, 78)] }),
    );
    // Alice's bankruptcy price is 90: the venue has her 1,000, and a position that has lost 2,400 since her entry.
    effectsOf(engine, tick(1, 76, 100));
    const [asset, market] = ['USDT', 'M0'];
    expect(printed(engine)).toEqual([{ market, size: '100', asset, entryCost: '10000', mark: '76', unrealizedPnl: '-2400' }]);
    expect(money(engine)).toBe(1_000n * 10n ** 18n);
    // Both shorts at their bankruptcy price of 80: bought at 90 and sold at 80 it has lost 1,000 altogether.
    effectsOf(engine, tick(2, 80, 100));
    const both = { market, size: '0', asset, entryCost: '2600', mark: '80', unrealizedPnl: '-2600' };
    expect(printed(engine)).toEqual([both]);
    expect(money(engine)).toBe(1_600n * 10n ** 18n);
    // Nothing is left that a mark could move.
    effectsOf(engine, tick(3, 5, 100));
    expect(printed(engine)).toEqual([{ ...both, mark: '5' }]);
  });

  it('of an inverse contract keep what each was worth at its own entry', () => {
    // 1,000 at 100 cost −10, at 200 −5: together −15, and not the −13.3 of 2,000 at their mean of 150.
    const engine = engineOf(
      account('alice', 1, { cross: [position(1_000_000, 100, 1)] }),
      account('carol', 6, { cross: [position(1_000_000, 200, 1)] }),
    );
    effectsOf(engine, tick(1, 100, 90));
    const pnl = formatFraction({ n: -65n, d: 9n }, 18, 'down');
    expect(printed(engine)).toEqual([
      { market: 'M1', size: '2000', asset: 'USDT', entryCost: '-15', mark: '90', unrealizedPnl: pnl },
    ]);
    const restored = engineOf();
    restored.caseHalf.ledger.restore(structuredClone(engine.caseHalf.ledger.save()));
    expect(restored.caseHalf.ledger.holdingOf('venue', 1)).toEqual(engine.caseHalf.ledger.holdingOf('venue', 1));
  });
});
