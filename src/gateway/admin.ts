/** What an operator can tell the scanner to do, and how a batch says it. It must not know sockets, roles or what the commands lead to. */
import { type EngineLink, STAGE_NAMES } from '../engine/link.js';
import type { Problem } from '../model/errors.js';
import { DECIMALS_MAX } from '../model/limits.js';
import { ProblemList, show } from '../model/problems.js';
import type { AdminCommand, BatchKey } from '../model/records.js';
import { batchRows } from './batches.js';
import { ADMIN_COLUMNS, type AdminName, FIELDS } from './messages.js';
import { RowReader } from './row-reader.js';

const NAMES = Object.keys(ADMIN_COLUMNS) as AdminName[];

/** What is no record: it depends on the machine. */
const RESUME = 'resume-backend';

/**
 * Carries out the commands of a batch, all or none; resolves with the problems for which none was. Rejects with a `PlimsollError`
 * `bad-input` that lists what is wrong with the rows.
 */
export async function carryOut(rows: unknown, link: EngineLink, timeUs: number, batch: BatchKey): Promise<readonly Problem[]> {
  const commands = readCommands(batchRows(rows), link);
  return commands.length === 0 ? link.resumeBackend() : link.submit({ type: 'admin', timeUs, commands, batch });
}

/** Commands of the record; none: the backend is to be resumed. Each stands once: ten thousand times would be as many attempts on a broken device. */
function readCommands(rows: readonly unknown[], { instruments }: EngineLink): AdminCommand[] {
  const problems = new ProblemList();
  const reader = new RowReader(instruments, problems);
  const seen = new Set<string>();
  let resumeAt: string | null = null;
  const commands = reader.all(rows, (row, where): AdminCommand[] => {
    const name = nameOf(row, reader, where);
    const fields = name === null ? [] : [...FIELDS.admin, ...ADMIN_COLUMNS[name]];
    const columns = name === null ? [] : reader.columns(row, fields, fields.length, where);
    if (name === null || columns.length === 0) return [];
    if (name === RESUME) resumeAt ??= where;
    const command = name === RESUME ? [] : [readCommand(name, columns, reader, where)];
    const key = columns.filter((column) => typeof column === 'string').join(' ');
    if (seen.has(key)) problems.add(`${where}.command`, 'each command once', `${show(key)} again`);
    seen.add(key);
    return command;
  });
  if (resumeAt !== null && seen.size > 1) problems.add(`${resumeAt}.command`, 'a batch of its own', show(RESUME));
  problems.throwIfAny();
  return commands;
}

function nameOf(row: unknown, { problems }: RowReader, where: string): AdminName | null {
  if (!Array.isArray(row) || row.length === 0) {
    problems.add(where, `the columns ${FIELDS.admin.join(', ')}`, Array.isArray(row) ? '0 columns' : show(row));
    return null;
  }
  const name = NAMES.find((known) => known === row[0]);
  if (name === undefined) problems.add(`${where}.command`, NAMES.map((known) => `"${known}"`).join(' or '), show(row[0]));
  return name ?? null;
}

/** `columns`: all that the command has, its name first. */
function readCommand(
  command: Exclude<AdminName, typeof RESUME>,
  [, first, second, third]: readonly unknown[],
  reader: RowReader,
  where: string,
): AdminCommand {
  switch (command) {
    case 'mode':
      return { command, mode: reader.oneOf(first, ['shadow', 'live'], `${where}.mode`) };
    case 'kill':
      return { command, isOn: reader.oneOf(first, ['on', 'off'], `${where}.state`) === 'on' };
    case 'pause':
    case 'resume': {
      const { count } = reader.problems;
      const scope = reader.oneOf(first, ['market', 'account', 'stage'], `${where}.scope`);
      // A name in no scope is neither right nor wrong.
      const name = reader.problems.count > count ? '' : pausedName(scope, second, reader, `${where}.name`);
      return { command, scope, name };
    }
    case 'exempt':
    case 'unexempt':
      return { command, account: reader.account(first, `${where}.account`) };
    case 'bidder':
    case 'no-bidder':
      return { command, account: reader.account(first, `${where}.account`) };
    case 'fund': {
      const asset = reader.asset(first, `${where}.asset`);
      const market = second === null ? null : reader.market(second, `${where}.market`);
      if (market !== null && asset !== null && market.settleAsset !== asset.index)
        reader.problems.add(`${where}.market`, `a market that settles in ${asset.id}`, show(market.id));
      const amount = reader.amount(third, asset?.decimals ?? DECIMALS_MAX, `${where}.amount`);
      if (third === '0') reader.problems.add(`${where}.amount`, 'an amount other than 0', show(third));
      return { command, asset: asset?.index ?? 0, market: market?.index ?? null, amount };
    }
  }
}

function pausedName(scope: 'market' | 'account' | 'stage', value: unknown, reader: RowReader, where: string): string {
  if (scope === 'market') return reader.market(value, where)?.id ?? '';
  if (scope === 'account') return reader.account(value, where);
  if (typeof value === 'string' && STAGE_NAMES.has(value)) return value;
  reader.problems.add(where, `one of ${[...STAGE_NAMES].join(', ')}`, show(value));
  return '';
}
