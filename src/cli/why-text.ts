/** The answer of `why` as text: what was decided, on what, and what followed. Knows no rules. */
import type { Why } from '../app/why.js';
import type { WhyAmount, WhyOrder } from '../app/why-decision.js';
import type { WhyPrice } from '../app/why-prices.js';
import type { WhyCase, WhyFollowed } from '../app/why-story.js';
import { formatTable } from './table.js';

type Order = WhyCase['orders'][number];

export function whyText({ id, basis, case: told }: Why): string {
  const isOrder = id !== told.caseId;
  const blocks = [
    `${isOrder ? 'order' : 'case'} ${id} of ${told.portfolio}\n`,
    lines([
      ['journal', `${basis.journal}, begun by ${basis.createdBy}; ${replayedText(basis)}`],
      ['policy', `${basis.policy}, ${basis.policyHash}`],
      ['instruments', basis.instrumentsHash],
      ['opened', openedText(told, basis.valuation)],
      ['ended', endedText(told, basis.valuation)],
    ]),
    stagesText(told),
    ...told.orders.map((order) => orderText(order, basis.valuation)),
    ...eventsText(told),
  ];
  return blocks.filter((block) => block !== '').join('\n');
}

function lines(rows: readonly (readonly [string, string])[]): string {
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, text]) => `${name.padEnd(width)}  ${text}\n`).join('');
}

function titled(title: string, header: readonly string[], rows: readonly (readonly string[])[]): string {
  return rows.length === 0 ? '' : `${title}\n${formatTable(header, rows)}`;
}

const dateOf = (timeUs: number): string =>
  `${new Date(Math.floor(timeUs / 1000)).toISOString().slice(0, -1)}${String(timeUs % 1000).padStart(3, '0')}Z`;
const exactly = ({ amount, units, exact }: WhyAmount): string => `${amount} (${units} units; exactly ${exact})`;

function replayedText({ snapshot, lastSeq }: Why['basis']): string {
  return `replayed from ${snapshot === null ? 'the beginning' : `the snapshot after record ${snapshot}`} to record ${lastSeq}`;
}

function openedText({ opened: { seq, timeUs, deficit } }: WhyCase, valuation: string): string {
  const where = seq === null ? 'before the first record that is kept' : `record ${seq}`;
  return `${where}, ${dateOf(timeUs)}, with a deficit of ${exactly(deficit)} ${valuation}`;
}

function endedText({ ended }: WhyCase, valuation: string): string {
  if (ended === null) return 'not in this journal';
  const { seq, timeUs, outcome, badDebt } = ended;
  return `record ${seq}, ${dateOf(timeUs)}: ${outcome}; others paid ${exactly(badDebt)} ${valuation}`;
}

function stagesText({ stages }: WhyCase): string {
  const rows = stages.map(({ seq, timeUs, entry, stage, event, reason }) => {
    return [String(seq), dateOf(timeUs), `${entry}`, stage, event, reason === '' ? '-' : reason];
  });
  return titled('stages', ['record', 'time', 'place', 'stage', 'event', 'reason'], rows);
}

function orderText(order: Order, valuation: string): string {
  const { portfolio, positions, prices } = order;
  return [
    `order ${order.orderId}: ${order.side} ${order.size} ${order.market}, ${order.limit.price === null ? 'no limit' : `limit ${order.limit.price}`}${order.isShadow ? ' (shown, not sent)' : ''}\n`,
    lines([
      ['made by', `record ${order.seq} (${order.record}), ${dateOf(order.timeUs)}, price epoch ${order.priceEpoch}`],
      ['stage', `${order.stage}, place ${order.entry} of the policy: ${JSON.stringify(order.parameters)}`],
      ['size', sizeText(order)],
      ['limit', limitText(order)],
      ['expires', dateOf(order.expiryUs)],
      ['equity', `${exactly(portfolio.equity)} ${valuation}`],
      ['maintenance', `${exactly(portfolio.maintenance)} ${valuation}`],
      ['deficit', `${exactly(portfolio.deficit)} ${valuation}`],
    ]),
    titled(
      'prices',
      ['of', 'what', 'price', 'record', 'source', 'age ms'],
      [
        ...prices.marks.map((price) => priceRow('mark', price)),
        ...prices.indexes.map((price) => priceRow('index', price)),
        ...prices.funding.map((price) => priceRow('funding', price)),
      ],
    ),
    titled(
      'positions',
      ['market', 'side', 'size', 'lots', 'entry', 'mark', 'maintenance', 'bankruptcy'],
      positions.map(({ market, side, size, lots, entry, mark, maintenance, bankruptcyPrice }) => {
        return [market, side, size, String(lots), entry, mark, maintenance.amount, bankruptcyPrice?.amount ?? '-'];
      }),
    ),
    titled(
      'tiers',
      ['market', 'tier', 'from', 'rate', 'notional', 'at'],
      positions.map(({ market, tier }) => [market, String(tier.index), tier.floor, tier.rate, tier.notional, tier.basis]),
    ),
    titled(
      'what followed',
      ['record', 'time', 'event', ''],
      order.followed.map((each) => [String(each.seq), dateOf(each.timeUs), each.event, followedText(each)]),
    ),
  ]
    .filter((block) => block !== '')
    .join('\n');
}

function priceRow(what: string, { id, price, seq, ageUs, source }: WhyPrice): string[] {
  return [id, what, price, seq === null ? '-' : String(seq), source ?? '-', ageUs === null ? '-' : String(ageUs / 1000)];
}

function sizeText({ lots, sizing: { positionLots, method, wantedLots, isLimited } }: WhyOrder): string {
  const limited = isLimited ? '; the limits of the policy let no more out' : '';
  return `${lots} lots of ${Math.abs(positionLots)}: ${method} wants ${wantedLots}${limited}`;
}

function limitText({ limit: { policy, exact, tick, rounding, price } }: WhyOrder): string {
  if (exact === null || price === null) return `none: ${policy}`;
  return `${policy} ${exact.amount} (exactly ${exact.exact}), ${rounding} to the tick ${tick}: ${price}`;
}

function followedText(each: WhyFollowed): string {
  switch (each.event) {
    case 'ack':
      return `${each.state}${each.reason === null ? '' : `: ${each.reason}`}${each.isApplied ? '' : ' (changed nothing)'}`;
    case 'execution':
      return `${each.size} at ${each.price}, fee ${each.fee}, trade ${each.tradeId}`;
    default:
      return `${each.sizeLeft} left`;
  }
}

function eventsText({ auctions, deleveraged, transfers }: WhyCase): string[] {
  return [
    titled(
      'auctions',
      ['record', 'auction', 'event', 'market', 'size', 'price', 'bidder'],
      auctions.map(({ seq, auctionId, event, market, size, price, bidder }) => {
        return [String(seq), auctionId, event, market ?? 'all', size ?? '-', price, bidder ?? '-'];
      }),
    ),
    titled(
      'deleveraged',
      ['record', 'counterparty', 'market', 'size', 'price'],
      deleveraged.map(({ seq, counterparty, market, size, price }) => [String(seq), counterparty, market, size, price]),
    ),
    titled(
      'money',
      ['record', 'from', 'to', 'amount', 'asset', 'why'],
      transfers.map(({ seq, from, to, amount, asset, reason }) => [String(seq), from, to, amount, asset, reason]),
    ),
  ];
}
