/** One run: a book, a venue and a policy from one seed, records that break things, then records that do not, until every case has ended. */

import type { EngineOptions } from '../../src/engine/engine.js';
import { type Applied, Engine } from '../../src/engine/engine.js';
import { resolvePolicy } from '../../src/engine/load.js';
import { stateHash } from '../../src/engine/state-hash.js';
import { decodeRecord, encodeRecord } from '../../src/journal/codec.js';
import type { Effect } from '../../src/model/effects.js';
import { checksum } from '../../src/model/hash.js';
import { readFrom } from '../../src/model/named-buffers.js';
import { encodePlain } from '../../src/model/plain.js';
import { type Account, cash } from '../../src/model/portfolio.js';
import type { AdminCommand, InputRecord } from '../../src/model/records.js';
import { JsBackend } from '../../src/scan/js-backend.js';
import { STAGE_NAMES } from '../../src/waterfall/policy.js';
import { badRecord } from './bad-records.js';
import { BookView } from './book-view.js';
import { amountOf, Chance } from './chance.js';
import { Checker } from './checker.js';
import { Accounts } from './draw-accounts.js';
import { drawVenue } from './draw-instruments.js';
import { drawFreshness, drawPolicy } from './draw-policy.js';
import { BIDDERS, Inputs, priceNumber } from './inputs.js';
import { Prices } from './prices.js';
import { SHIPPED_POLICIES } from './shipped-policies.js';
import { Tally } from './tally.js';
import { effectLines, recordLines, show } from './trace.js';
import { drawFaults, NO_FAULTS, SimulatedVenue } from './venue.js';

export interface RunOptions {
  readonly seed: number;
  /** Of both phases together, about. */
  readonly records: number;
  /** Told every record and what it led to. */
  readonly trace?: (line: string) => void;
  /** Breaks an engine on purpose: the harness must see it. Called for every engine that is made. */
  readonly plant?: (engine: Engine) => void;
}

/** What must hold does not, or the engine has halted. */
export class SimulationFailure extends Error {
  readonly seed: number;
  /** Number of the record at which it was seen, from 1. */
  readonly record: number;

  constructor(seed: number, record: number, message: string, cause?: unknown) {
    super(message, { cause });
    this.seed = seed;
    this.record = record;
  }
}

/** Of the records the part that breaks things; the rest is about what it takes to end every case. */
const SAFETY_SHARE = 0.9;
/** Ticks of the second phase before a case that is still open is a failure. */
const LIVENESS_TICKS_MAX = 900;
/** Records for which an engine that was restored is held against the one that went on. */
const TWIN_RECORDS = 25;
const START_US = 1_700_000_000_000_000;

export class Simulation {
  readonly tally = new Tally();
  private engine: Engine;
  private readonly options: RunOptions;
  private readonly setup: Omit<EngineOptions, 'backend'>;
  private readonly chance: Chance;
  private readonly prices: Prices;
  private readonly venue: SimulatedVenue;
  private readonly inputs: Inputs;
  private readonly view: BookView;
  private readonly checker: Checker;
  private readonly opening: Account[] = [];
  private readonly ids: string[];
  private readonly accounts: Accounts;
  private timeUs = START_US;
  private tickTimeUs = 0;
  private number = 0;
  /** Records that were taken, as the journal has them, and a checksum of the effects of each: what a replay is held against. */
  private readonly journal: Buffer[] = [];
  private readonly sums: number[] = [];
  private twin: { readonly engine: Engine; left: number } | null = null;
  private willReplayAt: number;

  constructor(options: RunOptions) {
    this.options = options;
    const { seed } = options;
    const venue = drawVenue(new Chance(seed, 'venue'));
    const { instruments } = venue;
    const setup = new Chance(seed, 'setup');
    this.chance = new Chance(seed, 'run');
    this.prices = new Prices(venue, new Chance(seed, 'prices'));
    this.accounts = new Accounts(venue, this.prices, new Chance(seed, 'accounts'));
    const policy = setup.chance(0.2)
      ? resolvePolicy(setup.pick(SHIPPED_POLICIES), instruments)
      : drawPolicy(new Chance(seed, 'policy'), {
          assets: instruments.assets.length,
          scale: this.accounts.largest(),
          typicalLots: this.accounts.typicalLots(),
        });
    this.setup = { instruments, policy, freshness: drawFreshness(setup), mode: setup.chance(0.9) ? 'live' : 'shadow' };
    this.ids = Array.from({ length: setup.pick([4, 8, 15, 30]) }, (_, i) => `a${i}`);
    for (const id of this.ids) this.opening.push(this.accounts.draw(id));
    for (const id of BIDDERS) this.opening.push(this.accounts.rich(id, this.accounts.scale * setup.pick([0.1, 10])));
    const backstops = new Set(policy.stages.flatMap((entry) => (entry.stage === 'backstop' ? [entry.account] : [])));
    for (const id of backstops) {
      if (setup.chance(0.9)) this.opening.push(this.accounts.rich(id, this.accounts.scale * setup.pick([0.1, 3, 30])));
    }
    this.engine = this.makeEngine(true);
    this.view = new BookView(this.engine, this.prices);
    this.view.read();
    const fail = (what: string): never => this.fail(what);
    this.venue = new SimulatedVenue(instruments, drawFaults(new Chance(seed, 'faults')), new Chance(seed, 'orders'), fail);
    this.checker = new Checker({ setup: this.setup, view: this.view, told: this.prices, fail });
    this.inputs = new Inputs({
      chance: new Chance(seed, 'inputs'),
      instruments,
      accounts: this.accounts,
      prices: this.prices,
      view: this.view,
      venue: this.venue,
      ids: this.ids,
    });
    for (const { id, positionMode } of this.opening) this.inputs.modes.set(id, positionMode);
    this.willReplayAt = setup.chance(0.25) ? setup.integer(options.records) : -1;
  }

  run(): Tally {
    try {
      this.begin();
      const safety = Math.round(this.options.records * SAFETY_SHARE);
      while (this.number < safety) this.step();
      this.calm();
      this.finish();
    } catch (error) {
      if (error instanceof SimulationFailure) throw error;
      throw new SimulationFailure(this.options.seed, this.number, error instanceof Error ? error.message : String(error), error);
    }
    this.tally.records = this.number;
    return this.tally;
  }

  private fail(what: string): never {
    throw new SimulationFailure(this.options.seed, this.number, what);
  }

  private trace(lines: () => readonly string[]): void {
    const { trace } = this.options;
    if (trace !== undefined) for (const line of lines()) trace(line);
  }

  private makeEngine(isLoaded: boolean): Engine {
    const engine = new Engine({ ...this.setup, backend: new JsBackend() });
    this.options.plant?.(engine);
    if (isLoaded) for (const account of this.opening) engine.load(account);
    return engine;
  }

  /** Money in the funds, and who may bid. */
  private begin(): void {
    const { chance, setup, accounts } = this;
    const commands: AdminCommand[] = BIDDERS.filter(() => chance.chance(0.8)).map((account) => ({ command: 'bidder', account }));
    for (const { index } of setup.instruments.assets) {
      const money = (accounts.scale * chance.pick([0, 0, 0.01, 0.3, 5, 100])) / this.prices.indexLevelOf(index);
      if (amountOf(money) > 0n) commands.push({ command: 'fund', asset: index, market: null, amount: cash(amountOf(money)) });
    }
    if (commands.length > 0) this.apply({ type: 'admin', timeUs: this.timeUs, commands });
  }

  /** One record of our own, and what has come from the venue by then. */
  private step(): void {
    const { chance, inputs, timeUs } = this;
    this.timeUs += chance.chance(0.02)
      ? chance.between(5, 40) * 1_000_000
      : chance.chance(0.1)
        ? 0
        : chance.between(20_000, 900_000);
    this.maybeKill();
    const what = chance.weighted({
      tick: 34,
      clock: 5,
      book: 6,
      trade: 7,
      bid: inputs.auctions.size > 0 ? 12 : 0,
      figures: 0.5,
      admin: 1.5,
      restart: 0.2,
      bad: 1.5,
    });
    if (what === 'bad') {
      const bad = badRecord(chance, this.timeUs, this.tickTimeUs, this.ids, inputs, this.prices, this.setup.instruments);
      if (bad !== null) this.refuse(bad);
    } else {
      const record = this.draw(what, this.timeUs);
      if (record !== null) this.apply(record);
    }
    if (timeUs !== this.timeUs) this.serve();
  }

  private draw(
    what: 'tick' | 'clock' | 'book' | 'trade' | 'bid' | 'figures' | 'admin' | 'restart',
    timeUs: number,
  ): InputRecord | null {
    const { inputs, prices } = this;
    switch (what) {
      case 'tick':
        return { type: 'tick', timeUs, ...prices.step() };
      case 'clock':
      case 'restart':
        return { type: what, timeUs };
      case 'book':
        return inputs.book(timeUs);
      case 'trade':
        return inputs.trade(timeUs);
      case 'bid':
        return inputs.bid(timeUs);
      case 'figures':
        return inputs.figures(timeUs);
      case 'admin':
        return inputs.admin(timeUs, this.checker.gates.isKilled, this.checker.gates.mode === 'shadow');
    }
  }

  /** What the venue does in the meantime, and all that it has to say by now. */
  private serve(): void {
    this.venue.trade(this.timeUs, this.prices.marks, this.view.lotsOf);
    for (const record of this.venue.due(this.timeUs)) this.deliver(record);
  }

  private deliver(record: InputRecord): void {
    const { problems } = this.applyAny(record);
    if (problems.length > 0) this.fail(`${record.type} of the venue were refused: ${JSON.stringify(problems)}`);
    if (record.type === 'fills') for (const fill of record.fills) this.venue.onBooked(fill);
  }

  private apply(record: InputRecord): Applied {
    const applied = this.applyAny(record);
    if (applied.problems.length > 0 && record.type !== 'admin' && record.type !== 'fills') {
      this.fail(`a good record was refused: ${JSON.stringify(applied.problems)}`);
    }
    return applied;
  }

  private applyAny(record: InputRecord): Applied {
    this.number += 1;
    const applied = this.engine.apply(record);
    this.trace(() => [
      ...recordLines(this.number, record),
      ...applied.effects.flatMap((effect) => effectLines(effect, this.setup.instruments)),
      ...applied.problems.map((problem) => `    refused: ${show(problem)}`),
    ]);
    if (applied.problems.length > 0) return applied;
    const sum = sumOf(applied.effects);
    const bytes = encodeRecord(record);
    const read = decodeRecord(bytes);
    if (!encodeRecord(read).equals(bytes)) this.fail('a record is another when it is read back from its bytes');
    this.journal.push(bytes);
    this.sums.push(sum);
    this.followTwin(read, sum);
    if (record.type === 'tick') this.tickTimeUs = record.timeUs;
    if (record.type === 'book') for (const { account } of record.rows) this.inputs.modes.set(account.id, account.positionMode);
    this.checker.onRecord(record, applied.effects, this.engine);
    this.tally.count(record, applied.effects);
    this.react(applied.effects);
    return applied;
  }

  private react(effects: readonly Effect[]): void {
    for (const effect of effects) {
      if (effect.type === 'orders') this.venue.onOrders(effect.rows, this.timeUs);
      else if (effect.type === 'cancel-orders') this.venue.onCancelOrders(effect.accounts, this.timeUs);
      else if (effect.type === 'auctions') {
        for (const { auctionId, event, price } of effect.rows) {
          if (event === 'ended') this.inputs.auctions.delete(auctionId);
          else this.inputs.auctions.set(auctionId, { auctionId, price: priceNumber(price) });
        }
      }
    }
  }

  /** A record that must be refused and must leave nothing behind. */
  private refuse(record: InputRecord): void {
    const before = fingerprintOf(this.engine);
    this.number += 1;
    const { problems, effects } = this.engine.apply(record);
    this.trace(() => [...recordLines(this.number, record), '    refused, as it must be']);
    if (problems.length === 0 || effects.length > 0) this.fail(`a bad record was taken: ${show(record)}`);
    if (fingerprintOf(this.engine) !== before) this.fail(`a refused record changed the state: ${show(record)}`);
    this.tally.refused += 1;
  }

  private maybeKill(): void {
    if (this.number >= this.willReplayAt && this.willReplayAt >= 0) {
      this.willReplayAt = -1;
      this.become(this.replayed(), 'replayed');
    } else if (this.chance.chance(1 / 300)) {
      this.become(this.restored(), 'restored');
      if (this.chance.chance(0.5)) this.apply({ type: 'restart', timeUs: this.timeUs });
    }
  }

  private become(engine: Engine, how: string): void {
    if (stateHash(engine) !== stateHash(this.engine)) this.fail(`a ${how} engine has another state`);
    this.trace(() => [`a ${how} engine goes on`]);
    this.twin = { engine: this.engine, left: TWIN_RECORDS };
    this.engine = engine;
    this.view.follow(engine);
    this.tally.kills += 1;
  }

  private restored(): Engine {
    const engine = this.makeEngine(false);
    const saved = this.engine.save().map(({ name, bytes }) => ({ name, bytes: bytes.slice() }));
    engine.restore(readFrom(saved));
    return engine;
  }

  private replayed(): Engine {
    const engine = this.makeEngine(true);
    for (const [i, bytes] of this.journal.entries()) {
      const { effects, problems } = engine.apply(decodeRecord(bytes));
      if (problems.length > 0 || sumOf(effects) !== this.sums[i])
        this.fail(`a replay led to other effects at accepted record ${i + 1} of ${this.journal.length}`);
    }
    return engine;
  }

  private followTwin(record: InputRecord, sum: number): void {
    if (this.twin === null) return;
    const { effects } = this.twin.engine.apply(record);
    if (sumOf(effects) !== sum) this.fail('a restored engine and the one that went on led to other effects');
    this.twin.left -= 1;
    if (this.twin.left === 0) this.twin = null;
  }

  /** The second phase: everything works again, and every case must end. */
  private calm(): void {
    const { setup } = this;
    this.venue.faults = NO_FAULTS;
    const commands: AdminCommand[] = [
      { command: 'kill', isOn: false },
      { command: 'mode', mode: 'live' },
    ];
    for (const name of STAGE_NAMES) commands.push({ command: 'resume', scope: 'stage', name });
    for (const { id } of setup.instruments.markets) commands.push({ command: 'resume', scope: 'market', name: id });
    for (const { id } of this.opening)
      commands.push({ command: 'resume', scope: 'account', name: id }, { command: 'unexempt', account: id });
    this.apply({ type: 'admin', timeUs: this.timeUs, commands });
    this.venue.retell(this.timeUs);
    this.serve();
    let ticks = 0;
    do {
      if (ticks > LIVENESS_TICKS_MAX) {
        const [open] = this.engine.caseHalf.cases.open();
        if (open === undefined) this.fail('orders are out after the last case has ended');
        this.fail(`case ${open.caseId} does not end: in stage ${open.entry}, waiting for ${open.waiting}: ${show(open.report)}`);
      }
      ticks += 1;
      this.timeUs += (ticks < 60 ? 2 : ticks < 200 ? 10 : ticks < 300 ? 60 : 3_600) * 1_000_000;
      this.apply({ type: 'tick', timeUs: this.timeUs, ...this.prices.all() });
      this.serve();
    } while (this.engine.caseHalf.cases.openCount + this.engine.caseHalf.desk.table.count > 0 || ticks < 5);
  }

  private finish(): void {
    this.engine.checkConservation();
    this.checker.atEnd(this.engine);
  }
}

function sumOf(effects: readonly Effect[]): number {
  return effects.length === 0 ? 0 : checksum(encodePlain(effects));
}

/** Of all that an engine would save. */
function fingerprintOf(engine: Engine): number {
  let sum = 0;
  for (const { name, bytes } of engine.save()) if (!name.startsWith('head')) sum = (Math.imul(sum, 31) ^ checksum(bytes)) >>> 0;
  return sum;
}
