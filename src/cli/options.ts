/** Option values that several commands take, checked. */
import { InvalidArgumentError } from 'commander';
import type { OnKept } from '../app/rules.js';
import { BACKEND_CHOICES, type BackendChoice } from '../backends/open.js';
import { grouped } from './format.js';
import type { Io } from './io.js';

/** A whole number from `least` to `most`. */
export function wholeNumber(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = /^[0-9]{1,15}$/.test(text) ? Number(text) : Number.NaN;
    if (value >= least && value <= most) return value;
    throw new InvalidArgumentError(`Expected a whole number from ${least} to ${most}, was ${JSON.stringify(text)}.`);
  };
}

export const positionsOption = wholeNumber(1, 200_000_000);
export const seedOption = wholeNumber(0, 2 ** 32 - 1);

/** A time as milliseconds or as an ISO date such as 2019-09-24T18:00Z; a date without a zone is UTC. */
export function timeOption(text: string): number {
  if (/^[0-9]{1,15}$/.test(text)) return Number(text);
  const iso = /^[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]+)?)?)?(Z|[+-][0-9]{2}:[0-9]{2})?$/.exec(text);
  const zone = iso !== null && iso[1] !== undefined && iso[4] === undefined ? 'Z' : '';
  const ms = iso === null ? Number.NaN : Date.parse(text + zone);
  // A 31st of February would roll over into March.
  const day = iso === null || Number.isNaN(ms) ? '' : new Date(Date.parse(`${text.slice(0, 10)}Z`)).toISOString().slice(0, 10);
  if (!Number.isNaN(ms) && day === text.slice(0, 10)) return ms;
  throw new InvalidArgumentError(`Expected milliseconds or a UTC time such as 2019-09-24T18:00Z, was ${JSON.stringify(text)}.`);
}

/** `auto` takes the best that is there. */
export function backendOption(text: string): BackendChoice {
  const choice = BACKEND_CHOICES.find((name) => name === text);
  if (choice === undefined)
    throw new InvalidArgumentError(`Expected one of ${BACKEND_CHOICES.join(', ')}, was ${JSON.stringify(text)}.`);
  return choice;
}

/** As help says it. */
export const BACKEND_HELP = `what scans: ${BACKEND_CHOICES.join(', ')}`;

/** Tells that a device failed. */
export function alertNotice(io: Io): (text: string) => void {
  return (text) => void io.stderr.write(`${text}\n`);
}

const KEPT_NAMED_MAX = 5;

/** Tells which markets a rule set has nothing for, so that nobody takes the book's own rules for the set's. */
export function keptNotice(io: Io): OnKept {
  return (markets, { name }) => {
    const named = markets.slice(0, KEPT_NAMED_MAX).join(' ');
    const more = markets.length > KEPT_NAMED_MAX ? ` and ${grouped(markets.length - KEPT_NAMED_MAX)} more` : '';
    io.stderr.write(`rules ${name} has no tables for ${named}${more}: there the book's own margin rules stay\n`);
  };
}
