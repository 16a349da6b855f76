/** What all connections of one gateway share: the link, the topics, the lease, the counters. It must not know sockets. */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { EngineLink } from '../engine/link.js';
import type { BatchDesk } from './batch-desk.js';
import type { Tally, Topics } from './effects.js';
import type { Role } from './messages.js';

/** Who may give orders to the scanner: one secret each. Viewers need none. */
export interface Tokens {
  readonly operator: string;
  readonly executor: string;
}

/** Since the start. */
export interface GatewayCounters {
  connectionsRefused: number;
  messagesReceived: number;
  messagesSent: number;
  malformedFrames: number;
  wrongTokens: number;
  slowConsumers: number;
  batchesAccepted: number;
  batchesRejected: number;
  internalErrors: number;
  backendAlerts: number;
}

export interface Hub {
  readonly link: EngineLink;
  /** Microseconds UTC. */
  readonly clock: () => number;
  readonly version: string;
  readonly epoch: string;
  readonly topics: Topics;
  readonly tally: Tally;
  readonly roles: RoleByToken;
  readonly desk: BatchDesk;
  readonly lease: Lease;
  readonly counters: GatewayCounters;
}

/** Tells the role of a token in a time that does not depend on how much of it is right. */
export class RoleByToken {
  private readonly hashes: readonly { readonly role: Role; readonly hash: Buffer }[];

  constructor(tokens: Tokens) {
    this.hashes = [
      { role: 'operator', hash: sha256(tokens.operator) },
      { role: 'executor', hash: sha256(tokens.executor) },
    ];
  }

  find(token: string): Role | null {
    const hash = sha256(token);
    return this.hashes.find((known) => timingSafeEqual(known.hash, hash))?.role ?? null;
  }
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

/** The right to act on orders: at most one holder. */
export class Lease {
  private holder: object | null = null;

  /** Whether the asker has it now. */
  take(asker: object): boolean {
    this.holder ??= asker;
    return this.holder === asker;
  }

  isHeldBy(asker: object): boolean {
    return this.holder === asker;
  }

  release(asker: object): void {
    if (this.holder === asker) this.holder = null;
  }
}
