/** Owns what a price source is for the rest of the product. Knows nothing of where prices come from. */
import type { TickRecord } from '../src/model/records.js';

/**
 * A source of mark prices. Ticks come in order of time; each lists only markets that it has a price for, by index. Recorded and made-up
 * prices are plain iterables, paced by who reads them; live ones are asynchronous and end when their connection is closed for good.
 */
export interface Feed {
  readonly name: string;
  ticks(): Iterable<TickRecord> | AsyncIterable<TickRecord>;
}
