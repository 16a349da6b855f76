/** What an operator decides in one record: all of it or nothing. */
import { expect, it } from 'vitest';
import { stateHash } from '../../src/engine/state-hash.js';
import { cash } from '../../src/model/portfolio.js';
import type { AdminCommand, InputRecord } from '../../src/model/records.js';
import { alice, E18, effectsOf, engineWith, tick } from './support.js';

const admin = (timeUs: number, ...commands: AdminCommand[]): InputRecord => ({ type: 'admin', timeUs, commands });
const fund = (amount: number, market: number | null = null): AdminCommand => ({
  ...{ command: 'fund', asset: 0, market, amount: cash(BigInt(amount) * E18) },
});

it('several withdrawals together take no more than is there, and what comes in with them counts', () => {
  const engine = engineWith(alice);
  effectsOf(engine, admin(1, fund(500), fund(200, 1)));
  const before = stateHash(engine);
  expect(engine.apply(admin(2, fund(-300), fund(-201))).problems.map(({ where }) => where)).toEqual(['commands[1].amount']);
  expect(engine.apply(admin(2, fund(-1, 0))).problems.map(({ where }) => where)).toEqual(['commands[0].amount']);
  expect(stateHash(engine)).toBe(before);
  effectsOf(engine, admin(3, fund(-300), fund(50), fund(-250), fund(-200, 1)));
  expect(engine.caseHalf.ledger.balanceOf({ kind: 'fund', market: null }, 0)).toBe(0n);
  expect(engine.caseHalf.ledger.balanceOf({ kind: 'fund', market: 1 }, 0)).toBe(0n);
  engine.checkConservation();
});

it('a record with one command that is refused does nothing of the others', () => {
  const engine = engineWith(alice);
  effectsOf(engine, tick(1, 28_000));
  const before = stateHash(engine);
  const { effects, problems } = engine.apply(
    admin(2, { command: 'kill', isOn: true }, fund(5), { command: 'pause', scope: 'market', name: 'nowhere' }),
  );
  expect([effects, problems.map(({ where }) => where)]).toEqual([[], ['commands[2].name']]);
  expect(stateHash(engine)).toBe(before);
});

it.each<[string, AdminCommand, string]>([
  ['an asset that is not there', { command: 'fund', asset: 7, market: null, amount: cash(1n) }, 'asset'],
  ['a market that is not there', { command: 'fund', asset: 0, market: 9, amount: cash(1n) }, 'market'],
  ['nothing', { command: 'fund', asset: 0, market: null, amount: cash(0n) }, 'amount'],
])('a fund of %s is refused', (_, command, where) => {
  expect(engineWith().apply(admin(1, command)).problems[0].where).toBe(`commands[0].${where}`);
});
