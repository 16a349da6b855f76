/** Records that must be refused whole, whatever the book is. */

import type { Instruments } from '../../src/model/instruments.js';
import { cash, lots } from '../../src/model/portfolio.js';
import type { InputRecord } from '../../src/model/records.js';
import type { Chance } from './chance.js';
import { dec } from './chance.js';
import type { Inputs } from './inputs.js';
import type { Prices } from './prices.js';

/** One of them; null when the kind that was drawn is not possible now. */
export function badRecord(
  chance: Chance,
  timeUs: number,
  tickTimeUs: number,
  ids: readonly string[],
  inputs: Inputs,
  prices: Prices,
  { markets, assets }: Instruments,
): InputRecord | null {
  const market = chance.integer(markets.length);
  const good = prices.marks[market] ?? dec(1);
  const fine = { market: (market + 1) % markets.length, price: prices.marks[(market + 1) % markets.length] ?? dec(7) };
  const tick = (price: ReturnType<typeof dec>): InputRecord => ({
    type: 'tick',
    timeUs,
    marks: markets.length > 1 ? [fine, { market, price }] : [{ market, price }],
  });
  switch (
    chance.weighted({
      zero: 2,
      negative: 2,
      huge: 2,
      past: 2,
      index: 1,
      version: 2,
      order: 2,
      account: 2,
      gone: 1,
      fund: 2,
      admin: 1,
    })
  ) {
    case 'zero':
      return markets[market].allowNonPositive ? null : tick(dec(0));
    case 'negative':
      return markets[market].allowNonPositive ? null : tick({ units: -good.units, decimals: good.decimals });
    case 'huge':
      return tick({ units: 10n ** 31n, decimals: 0 });
    case 'past':
      return tickTimeUs === 0 ? null : { type: 'tick', timeUs: tickTimeUs - chance.between(1, tickTimeUs), marks: [fine] };
    case 'index':
      return assets.length < 2 ? null : { type: 'tick', timeUs, marks: [fine], indexes: [{ asset: 1, price: dec(0) }] };
    case 'version': {
      const id = chance.pick(ids);
      const version = inputs.versions.get(id);
      if (version === undefined) return null;
      const account = (name: string) => ({ id: name, positionMode: 'net' as const, balance: cash(5n), cross: [], isolated: [] });
      return {
        type: 'book',
        timeUs,
        rows: [
          { version: 1, account: account('newcomer') },
          { version: version - chance.integer(3), account: account(id) },
        ],
      };
    }
    case 'order':
      return fillOf(timeUs, chance.pick(ids), `${chance.pick(ids)}@1.1#99`, market, good);
    case 'account':
      return fillOf(timeUs, 'stranger', null, market, good);
    case 'gone':
      return { type: 'orders-gone', timeUs, accounts: [chance.pick(ids), 'stranger'] };
    case 'fund':
      return {
        type: 'admin',
        timeUs,
        commands: [
          { command: 'kill', isOn: true },
          { command: 'fund', asset: 0, market: null, amount: cash(-(10n ** 35n)) },
        ],
      };
    case 'admin':
      return {
        type: 'admin',
        timeUs,
        commands: [
          { command: 'kill', isOn: true },
          { command: 'pause', scope: chance.pick(['market', 'stage'] as const), name: 'nothing' },
        ],
      };
  }
}

function fillOf(
  timeUs: number,
  account: string,
  orderId: string | null,
  market: number,
  price: ReturnType<typeof dec>,
): InputRecord {
  const fill = {
    tradeId: `bad${timeUs}`,
    orderId,
    account,
    market,
    margin: 'cross',
    side: 'buy',
    lots: lots(1),
    price,
    fee: cash(0n),
    timeUs,
  } as const;
  return { type: 'fills', timeUs, fills: [fill] };
}
