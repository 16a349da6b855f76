/** What a stage works with: the moment, the policy, the book's port, money, orders and gates. And what it may answer. */
import type { Gates } from '../dispatch/gates.js';
import type { Moment } from '../dispatch/moment.js';
import type { OrderDesk } from '../dispatch/order-desk.js';
import type { Outbox } from '../dispatch/outbox.js';
import type { BookPort } from '../model/book-port.js';
import type { Instruments } from '../model/instruments.js';
import type { Case } from './case.js';
import type { Fund } from './fund.js';
import type { Policy } from './policy.js';
import type { Standby } from './standby.js';
import type { Treasury } from './treasury.js';

export interface Context {
  readonly now: Moment;
  readonly out: Outbox;
  readonly instruments: Instruments;
  readonly policy: Policy;
  readonly port: BookPort;
  readonly treasury: Treasury;
  readonly fund: Fund;
  readonly desk: OrderDesk;
  readonly gates: Gates;
  readonly standby: Standby;
  /** Whether a portfolio is in a case: then it is nobody's counterparty. */
  readonly isInCase: (portfolio: string) => boolean;
}

/**
 * What came of a step: `wait` until something happens (why, a word); `again`: something was done, look anew; `on`: what is left goes to the
 * next stage (why, a word); `back`: another round of an earlier place of the policy (why, a word).
 */
export type Step =
  | { readonly next: 'wait' | 'on'; readonly why: string }
  | { readonly next: 'again' }
  | { readonly next: 'back'; readonly entry: number; readonly why: string };

export const wait = (why: string): Step => ({ next: 'wait', why });
export const on = (why: string): Step => ({ next: 'on', why });
export const AGAIN: Step = { next: 'again' };

/** The one signature of every stage: what it does goes through the context, what it leaves is the case. */
export type Stage<Entry> = (subject: Case, entry: Entry, context: Context) => Step;
