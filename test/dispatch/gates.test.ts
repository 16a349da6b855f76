/** What may be liquidated: the kill switch, pauses, exemptions, and marks that are too old or too new. */
import { beforeEach, expect, it } from 'vitest';
import { Gates } from '../../src/dispatch/gates.js';
import type { AdminCommand } from '../../src/model/records.js';
import { dec, instrumentsOf, marketOf } from '../support/books.js';

const instruments = instrumentsOf([marketOf(0), marketOf(1)]);
const STAGES = new Set(['full', 'fund']);
let gates: Gates;
beforeEach(() => {
  gates = new Gates(instruments, { staleUs: 100, warmupTicks: 2 }, STAGES);
});
const mark = (market: number) => ({ market, price: dec(1) });
const apply = (...commands: AdminCommand[]) => {
  for (const command of commands) gates.apply(command);
};

it('a market warms up with so many ticks that mark it, and again after a restart', () => {
  expect(gates.ofMarket(0, 0)).toBe('warming-up');
  gates.onTick([mark(0)], 1);
  gates.onTick([mark(1)], 2);
  expect([gates.ofMarket(0, 2), gates.ofMarket(1, 2)]).toEqual(['warming-up', 'warming-up']);
  gates.onTick([mark(0), mark(1)], 3);
  expect([gates.ofMarket(0, 3), gates.ofMarket(1, 3)]).toEqual([null, null]);
  gates.onRestart();
  expect(gates.ofMarket(0, 3)).toBe('warming-up');
});

it('a mark is stale when it is older than the rule says, and not as old', () => {
  gates.onTick([mark(0)], 1);
  gates.onTick([mark(0)], 10);
  expect([gates.ofMarket(0, 110), gates.ofMarket(0, 111)]).toEqual([null, 'stale']);
  const ageless = new Gates(instruments, { staleUs: null, warmupTicks: 0 }, STAGES);
  expect(ageless.ofMarket(0, 1e15)).toBeNull();
});

it("the kill switch is before an exemption, and that before a pause; isolated portfolios are their account's", () => {
  apply({ command: 'pause', scope: 'account', name: 'a' });
  expect([gates.ofPortfolio('a'), gates.ofPortfolio('a/M0'), gates.ofPortfolio('ab')]).toEqual([
    'paused-account',
    'paused-account',
    null,
  ]);
  apply({ command: 'exempt', account: 'a' });
  expect(gates.ofPortfolio('a/M0')).toBe('exempt');
  apply({ command: 'kill', isOn: true });
  expect([gates.ofPortfolio('a'), gates.ofPortfolio('b')]).toEqual(['kill', 'kill']);
  apply(
    { command: 'kill', isOn: false },
    { command: 'unexempt', account: 'a' },
    { command: 'resume', scope: 'account', name: 'a' },
  );
  expect(gates.ofPortfolio('a')).toBeNull();
});

it('a pause of a market or a stage is of that one alone, and is said before staleness', () => {
  apply({ command: 'pause', scope: 'market', name: 'M1' }, { command: 'pause', scope: 'stage', name: 'fund' });
  expect([gates.ofMarket(0, 0), gates.ofMarket(1, 0)]).toEqual(['warming-up', 'paused-market']);
  expect([gates.ofStage('full'), gates.ofStage('fund')]).toEqual([null, 'paused-stage']);
});

it('a pause of what does not exist is refused; an account need not exist', () => {
  const check = (command: AdminCommand) => () => gates.check(command, 'here');
  expect(check({ command: 'pause', scope: 'market', name: 'M9' })).toThrow("here.name: expected a market's id");
  expect(check({ command: 'resume', scope: 'stage', name: 'nap' })).toThrow('here.name: expected one of full, fund');
  expect(check({ command: 'pause', scope: 'account', name: 'nobody' })).not.toThrow();
  expect(check({ command: 'kill', isOn: true })).not.toThrow();
});

it('is what it was after it was saved', () => {
  apply(
    { command: 'pause', scope: 'market', name: 'M1' },
    { command: 'pause', scope: 'account', name: 'b' },
    { command: 'exempt', account: 'a' },
    { command: 'kill', isOn: true },
  );
  gates.onTick([mark(0)], 5);
  const restored = new Gates(instruments, { staleUs: 100, warmupTicks: 2 }, STAGES);
  restored.restore(structuredClone(gates.save()));
  expect(restored.save()).toEqual(gates.save());
  expect([restored.ofPortfolio('x'), restored.ofMarket(1, 5), restored.isKilled]).toEqual(['kill', 'paused-market', true]);
});
