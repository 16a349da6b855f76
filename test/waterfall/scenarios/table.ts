/**
 * The table language of scenarios: accounts, a policy, then a script of steps with what each led to below it, more deeply indented, and at the end what
 * everybody has. A scenario runs through the real engine; money is checked after each step, and all of it is replayed, whole and from a snapshot.
 */
import { expect, it } from 'vitest';
import type { FreshnessRule } from '../../../src/dispatch/gates.js';
import { Engine } from '../../../src/engine/engine.js';
import { stateHash } from '../../../src/engine/state-hash.js';
import type { Effect, OrderEvent } from '../../../src/model/effects.js';
import type { Instruments } from '../../../src/model/instruments.js';
import { type NamedBuffer, readFrom } from '../../../src/model/named-buffers.js';
import { lots } from '../../../src/model/portfolio.js';
import type { Fill, InputRecord } from '../../../src/model/records.js';
import { JsBackend } from '../../../src/scan/js-backend.js';
import type { Policy } from '../../../src/waterfall/policy.js';
import { conservationLines, Teller } from './lines.js';
import { accountFrom, recordFrom, splitScript, venue } from './steps.js';

export interface Scene {
  /** By id: `1000; ETH 2; A 10 @100; B -5 @20 isolated 50; hedge; order A 1 @90`. */
  readonly accounts: Readonly<Record<string, string>>;
  readonly policy: Policy;
  readonly freshness?: FreshnessRule;
  readonly mode?: 'shadow' | 'live';
  readonly instruments?: Instruments;
  /** Kinds of effects told beside the usual ones: `freezes`, `signals`, `execution`, `margin-calls`, `reconciliation`. */
  readonly show?: readonly Effect['type'][];
  /** As in `docs/waterfall-rules.md`, each step is one line, told effects are below it. */
  readonly script: string;
}

/** A rule's scenario; its id stands in docs/waterfall-rules.md. */
export function scenario(id: string, sentence: string, scene: Scene): void {
  it(`${id} ${sentence}`, () => {
    const actual = play(id, scene);
    expect(actual.trimEnd()).toBe(canonical(scene.script));
  });
}

/** Steps at no indentation, what they led to at two blanks. */
function canonical(script: string): string {
  return splitScript(script)
    .map(({ step, told }) => [step, ...told.map((line) => `  ${line}`)].join('\n'))
    .join('\n');
}

class Run {
  readonly instruments: Instruments;
  readonly engine: Engine;
  readonly records: InputRecord[] = [];
  readonly effects: (readonly Effect[])[] = [];
  /** Orders that are out, as the effects told. */
  readonly live = new Map<string, OrderEvent>();
  readonly ended: OrderEvent[] = [];
  /** Ids of auctions that are held, by portfolio and market (`A`, or `*`). */
  readonly auctions = new Map<string, string>();
  timeUs = 0;
  private readonly scene: Scene;

  constructor(scene: Scene) {
    this.scene = scene;
    this.instruments = scene.instruments ?? venue();
    this.engine = this.fresh();
  }

  /** An engine like the one that plays, before its first record. */
  fresh(isLoaded = true): Engine {
    const { policy, accounts, freshness = { staleUs: null, warmupTicks: 0 }, mode = 'live' } = this.scene;
    const engine = new Engine({ instruments: this.instruments, backend: new JsBackend(), policy, freshness, mode });
    if (isLoaded) for (const [id, text] of Object.entries(accounts)) engine.load(accountFrom(id, text, this.instruments));
    return engine;
  }

  apply(record: InputRecord): { effects: readonly Effect[]; refused: readonly string[] } {
    const { effects, problems } = this.engine.apply(record);
    this.engine.checkConservation();
    this.records.push(structuredClone(record));
    this.effects.push(effects);
    if (record.type === 'fills' && problems.length === 0) for (const fill of record.fills) this.count(fill);
    for (const effect of effects) {
      if (effect.type === 'orders') for (const order of effect.rows) this.hear(order);
      if (effect.type !== 'auctions') continue;
      for (const { auctionId, portfolio, market } of effect.rows) {
        this.auctions.set(`${portfolio} ${market === null ? '*' : this.instruments.markets[market].id}`, auctionId);
      }
    }
    return { effects, refused: problems.map(({ where }) => where) };
  }

  /** What is left of the order. */
  private count({ orderId, lots: executed }: Fill): void {
    const order = orderId === null ? undefined : this.live.get(orderId);
    if (order !== undefined) this.live.set(order.orderId, { ...order, lots: lots(order.lots - executed) });
  }

  private hear(order: OrderEvent): void {
    if (order.event === 'new') this.live.set(order.orderId, order);
    else if (order.event === 'ended') {
      this.live.delete(order.orderId);
      this.ended.push(order);
    }
  }
}

function play(id: string, scene: Scene): string {
  const run = new Run(scene);
  const teller = new Teller(run.instruments, scene.show ?? []);
  const lines: string[] = [];
  const steps = splitScript(scene.script);
  let middle: { readonly buffers: readonly NamedBuffer[]; readonly from: number } | null = null;
  for (const [i, { step }] of steps.entries()) {
    lines.push(step);
    if (step === 'end') {
      const ends = conservationLines(run.engine);
      process.stdout.write(`${ends.map((line) => `${id} ${line}\n`).join('')}`);
      lines.push(...ends.map((line) => `  ${line}`));
      continue;
    }
    const { effects, refused } = run.apply(recordFrom(step, run));
    lines.push(...[...refused.map((where) => `refused ${where}`), ...teller.tell(effects)].map((line) => `  ${line}`));
    if (i === Math.floor(steps.length / 2) - 1) {
      const buffers = run.engine.save().map(({ name, bytes }) => ({ name, bytes: Uint8Array.from(bytes) }));
      middle = { buffers, from: run.records.length };
    }
  }
  expect(steps.at(-1)?.step, 'a scenario ends with what everybody has').toBe('end');
  expectReplay(run, run.fresh(), 0);
  if (middle !== null) {
    const restored = run.fresh(false);
    restored.restore(readFrom(middle.buffers));
    expectReplay(run, restored, middle.from);
  }
  return lines.join('\n');
}

/** Equal records give equal effects and an equal state, from the start and from the middle. */
function expectReplay({ records, effects, engine }: Run, other: Engine, from: number): void {
  for (let i = from; i < records.length; i++) expect(other.apply(structuredClone(records[i])).effects).toEqual(effects[i]);
  expect(stateHash(other)).toBe(stateHash(engine));
}

export type { Run };
