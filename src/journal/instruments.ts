/** Instruments as one canonical text: what a journal's market and asset indexes mean, and the hash by which they are known again. */
import { createHash } from 'node:crypto';
import type { Instruments } from '../model/instruments.js';

/** Names in code-unit order, integers of any size as texts; a map is left out: it says again what the arrays say. */
function canonical(value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString();
  if (value === null || typeof value !== 'object') return value;
  if (Array.isArray(value)) return value.map(canonical);
  const entries = Object.entries(value).filter(([, each]) => each !== undefined && !(each instanceof Map));
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, each]) => [name, canonical(each)]));
}

export function describeInstruments(instruments: Instruments): string {
  return JSON.stringify(canonical(instruments));
}

/** SHA-256, hex. */
export function instrumentsHash(description: string): string {
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
