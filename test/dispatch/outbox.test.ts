/** In what order the effects of a record are told: who executes hears of orders before anybody hears of money. */
import { expect, it } from 'vitest';
import { Outbox } from '../../src/dispatch/outbox.js';

const NOW = { timeUs: 3, tickTimeUs: 2, priceEpoch: 1 };

it('is always the same, and what is empty is not told', () => {
  const out = new Outbox();
  expect(out.effects(NOW)).toEqual([]);
  const one = {} as never;
  out.reconciliation.push(one);
  out.alerts.push(one);
  out.transfers.push(one);
  out.adl.push(one);
  out.auctions.push(one);
  out.marginCalls.push(one);
  out.freezes.push(one);
  out.stages.push(one);
  out.cases.push(one);
  out.cancelOrders.push('a', 'b');
  out.shadowOrders.push(one);
  out.orders.push(one);
  out.signals = [one];
  out.executions.push({ type: 'execution' } as never);
  const effects = out.effects(NOW);
  expect(effects.map(({ type }) => type)).toEqual([
    ...['execution', 'signals', 'orders', 'shadow-orders', 'cancel-orders', 'cases', 'stages', 'freezes', 'margin-calls'],
    ...['auctions', 'adl', 'transfers', 'alerts', 'reconciliation'],
  ]);
  expect(effects[1]).toEqual({ type: 'signals', tickTimeUs: 2, priceEpoch: 1, rows: [one] });
  expect(effects[4]).toEqual({ type: 'cancel-orders', timeUs: 3, accounts: ['a', 'b'] });
});
