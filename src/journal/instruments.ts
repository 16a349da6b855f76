/** Data as one canonical text, and the hash by which it is known again: a book's instruments, what markets and assets are by index. */
import { createHash } from 'node:crypto';
import type { Instruments } from '../model/instruments.js';

/** Names in code-unit order, integers of any size as texts, maps and sets as lists. */
function canonical(value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString();
  if (value === null || typeof value !== 'object') return value;
  if (Array.isArray(value)) return value.map(canonical);
  if (value instanceof Map || value instanceof Set) return [...value].map(canonical);
  const entries = Object.entries(value).filter(([, each]) => each !== undefined);
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, each]) => [name, canonical(each)]));
}

/** SHA-256 over plain data, hex: what is equal has an equal one. */
export function valueHash(value: unknown): string {
  return hashOf(JSON.stringify(canonical(value)));
}

/** Without the map, which says again what the markets say. */
export function describeInstruments({ marketIndex: _, ...rest }: Instruments): string {
  return JSON.stringify(canonical(rest));
}

/** SHA-256, hex. */
export function hashOf(description: string): string {
  return createHash('sha256').update(description).digest('hex');
}

/** The ids of markets and assets by index. */
export interface InstrumentNames {
  readonly markets: readonly string[];
  readonly assets: readonly string[];
}

export function namesOf(description: string): InstrumentNames {
  const { markets, assets } = JSON.parse(description) as Record<keyof InstrumentNames, readonly { readonly id: string }[]>;
  return { markets: markets.map(({ id }) => id), assets: assets.map(({ id }) => id) };
}
