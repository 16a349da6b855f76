/** What must hold within a stage and between the stages of a policy. Knows no file and no state of a case. */
import { add, compare, type Fraction, ONE } from '../model/fraction.js';
import { rateText } from '../model/instrument-input.js';
import type { Instruments } from '../model/instruments.js';
import { member } from '../model/json-path.js';
import { type ProblemList, show } from '../model/problems.js';
import type { StageEntry } from './policy.js';
import { type StageInput, tryParseRatio } from './policy-schema.js';

type Name = StageEntry['stage'];

/** Stages that close positions. */
const CLOSING: ReadonlySet<Name> = new Set(['partial', 'full', 'auction', 'backstop', 'fund', 'adl']);
/** How many ids a problem lists. */
const LISTED_MAX = 5;

function ratioOf(text: string): Fraction {
  return tryParseRatio(text) as Fraction;
}

/** Adds what is wrong between the fields of one stage that has its shape. */
export function addStageProblems(stage: StageInput, where: string, problems: ProblemList): void {
  if (stage.stage === 'margin-call') {
    for (const [i, threshold] of stage.thresholds.entries()) {
      const last = stage.thresholds[i - 1];
      if (last === undefined || compare(ratioOf(threshold), ratioOf(last)) < 0) continue;
      problems.add(member(member(where, 'thresholds'), i), `a threshold below the last one's ${last}`, show(threshold));
    }
  }
  if (stage.stage === 'auction') {
    const { curve, start, reserve } = stage;
    if (compare(ratioOf(reserve), ratioOf(start)) > 0) {
      problems.add(member(where, 'reserve'), `a share not above the start's ${start}`, show(reserve));
    }
    if (curve.kind === 'stair' && curve.stepMs > curve.durationMs) {
      problems.add(member(member(where, 'curve'), 'stepMs'), `at most the duration's ${curve.durationMs}`, show(curve.stepMs));
    }
  }
  if (stage.stage === 'fund' && stage.drawdown !== undefined) {
    const { trigger, stop } = stage.drawdown;
    if (compare(ratioOf(stop), ratioOf(trigger)) > 0) {
      problems.add(
        member(member(where, 'drawdown'), 'stop'),
        `a share not above the trigger's ${rateText(ratioOf(trigger))}`,
        show(stop),
      );
    }
  }
}

/** Sizes are made with the slippage and the liquidation fee together: nothing would be left of a closing that costs its whole worth. */
export function addSlippageProblem(stage: StageInput, fee: string, where: string, problems: ProblemList): void {
  if (stage.stage !== 'partial' || stage.slippage === undefined) return;
  if (compare(add(ratioOf(stage.slippage), ratioOf(fee)), ONE) < 0) return;
  const expected = `a slippage that is below 1 together with the liquidation fee of ${fee}`;
  problems.add(member(where, 'slippage'), expected, show(stage.slippage));
}

/** What may not come after what, and why. */
const NEVER_AFTER: readonly { readonly later: readonly Name[]; readonly earlier: readonly Name[]; readonly why: string }[] = [
  { later: ['partial'], earlier: ['full'], why: 'which closes everything' },
  {
    later: ['partial', 'full', 'auction', 'backstop', 'adl'],
    earlier: ['socialise', 'issuance'],
    why: 'as a loss is known only when its positions are closed',
  },
  { later: ['fund'], earlier: ['socialise', 'issuance'], why: 'as others bear only what the fund does not' },
  { later: ['convert'], earlier: ['fund', 'socialise', 'issuance'], why: 'as an account’s own assets go before what others pay' },
];

/**
 * Adds what is wrong in the order of stages (null: one that does not have its shape): `margin-call` first and once, `cancel` once and before
 * anything closes, nothing in a place where it could do nothing or would make others pay too early, and for every market a stage that closes positions.
 */
export function addOrderProblems(
  stages: readonly (StageEntry | null)[],
  where: string,
  instruments: Instruments,
  problems: ProblemList,
): void {
  const names = stages.map((stage) => stage?.stage ?? null);
  for (const [i, name] of names.entries()) {
    if (name === null) continue;
    const before = names.slice(0, i);
    const at = member(member(where, i), 'stage');
    if (name === 'margin-call' && i > 0) problems.add(at, 'margin-call as the first stage, and once', show(name));
    if (name === 'cancel') {
      const closing = before.find((each) => each !== null && CLOSING.has(each));
      if (before.includes('cancel')) problems.add(at, 'cancel once', `${show(name)} again`);
      else if (closing) problems.add(at, 'cancel before any stage that closes positions', `${show(name)} after ${closing}`);
    }
    for (const { later, earlier, why } of NEVER_AFTER) {
      const found = later.includes(name) ? before.find((each) => each !== null && earlier.includes(each)) : undefined;
      if (found) problems.add(at, `${name} before ${found}, ${why}`, `${show(name)} after ${found}`);
    }
  }
  // While a stage is unreadable nobody knows what it closes.
  const readable = stages.filter((stage) => stage !== null);
  if (readable.length < stages.length) return;
  const closing = readable.filter(({ stage }) => CLOSING.has(stage));
  if (closing.length === 0) {
    problems.add(where, `a stage that closes positions (${[...CLOSING].join(', ')})`, names.join(', '));
    return;
  }
  const open = instruments.markets.filter(({ index }) => !closing.some(({ markets }) => markets === null || markets.has(index)));
  if (open.length === 0) return;
  const listed = open.slice(0, LISTED_MAX).map(({ id }) => show(id));
  const more = open.length > listed.length ? ` and ${open.length - listed.length} more` : '';
  problems.add(where, 'a stage that closes positions for every market', `none for ${listed.join(', ')}${more}`);
}
