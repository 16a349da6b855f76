/** Records and effects as short lines for people: one a row, ids and words first, money rounded. */
import { formatDecimal } from '../../src/model/decimal.js';
import type { Effect } from '../../src/model/effects.js';
import { fractionToNumber } from '../../src/model/fraction.js';
import type { Instruments } from '../../src/model/instruments.js';
import { moneyAccountName } from '../../src/model/money.js';
import type { InputRecord } from '../../src/model/records.js';

const E18 = 1e18;

/** Rows of a record or an effect that are told one a line. */
function rowsOf(value: object): readonly object[] | null {
  for (const each of Object.values(value))
    if (Array.isArray(each) && typeof each[0] === 'object' && each[0] !== null) return each;
  return null;
}

/** Short text of plain data. */
export function show(value: unknown): string {
  if (value === null || value === undefined) return 'null';
  if (typeof value === 'bigint') return String(Number(value) / E18);
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (Array.isArray(value)) return `[${value.map(show).join(' ')}]`;
  if (value instanceof Set || value instanceof Map) return show([...value]);
  const fields = value as Readonly<Record<string, unknown>>;
  if ('units' in fields && 'decimals' in fields) return formatDecimal(fields as { units: bigint; decimals: number });
  if ('n' in fields && 'd' in fields) return String(fractionToNumber(fields as { n: bigint; d: bigint }));
  return Object.entries(fields)
    .filter(([key]) => key !== 'timeUs' && key !== 'tickTimeUs' && key !== 'openedUs')
    .map(([key, each]) => (key === 'type' || key === 'event' || key === 'command' ? show(each) : `${key}=${show(each)}`))
    .join(' ');
}

export function recordLines(number: number, record: InputRecord): string[] {
  const rows = record.type === 'tick' ? null : rowsOf(record);
  const head = `${number} ${record.type} at ${record.timeUs}`;
  return rows === null
    ? [record.type === 'tick' ? `${head} ${show({ ...record, type: '' })}` : head]
    : [head, ...rows.map((row) => `    < ${show(row)}`)];
}

export function effectLines(effect: Effect, { markets }: Instruments): string[] {
  if (effect.type === 'transfers') {
    return effect.rows.map(
      ({ debit, credit, asset, amount, reason, caseId }) =>
        `    > transfer ${reason} ${Number(amount) / E18} of ${asset} from ${moneyAccountName(debit, markets)} to ${moneyAccountName(credit, markets)} (${caseId})`,
    );
  }
  const rows = rowsOf(effect);
  return rows === null ? [`    > ${show(effect)}`] : rows.map((row) => `    > ${effect.type} ${show(row)}`);
}
