/** Engines that decide differently on the same record have different state hashes. */
import { expect, it } from 'vitest';
import type { Engine } from '../../src/engine/engine.js';
import { stateHash } from '../../src/engine/state-hash.js';
import { lots } from '../../src/model/portfolio.js';
import type { InputRecord } from '../../src/model/records.js';
import { account, engineWith, fill, fills, position, tick } from './support.js';

/** How many problems each of two engines has with a record; their hashes before it must not be the same. */
function problemsOf(one: Engine, other: Engine, record: InputRecord): number[] {
  expect(stateHash(one)).not.toBe(stateHash(other));
  return [one, other].map((engine) => engine.apply(record).problems.length);
}

it('by position mode: a hedge account refuses a trade beyond its leg', () => {
  const [net, hedge] = (['net', 'hedge'] as const).map((positionMode) => {
    const engine = engineWith(account('alice', 10_000, { positionMode, cross: [position(500, 30_000)] }));
    engine.apply(tick(1, 30_000, 30_000));
    return engine;
  });
  expect(problemsOf(net, hedge, fills(2, fill('t', { lots: lots(600) })))).toEqual([0, 1]);
});

it('by the version of an empty account: rows of an older one are refused', () => {
  const [knows, never] = [engineWith(), engineWith()];
  knows.apply({ type: 'book', timeUs: 1, rows: [{ account: account('bob', 0), version: 5 }] });
  const row = { account: account('bob', 1), version: 3 };
  expect(problemsOf(knows, never, { type: 'book', timeUs: 2, rows: [row] })).toEqual([1, 0]);
});
