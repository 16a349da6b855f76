/** The moment at which something is decided, and the tick whose marks it is decided on. */
export interface Moment {
  readonly timeUs: number;
  readonly tickTimeUs: number;
  readonly priceEpoch: number;
}
