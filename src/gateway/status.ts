/** What the engine answers when it is asked, as JSON has it: amounts are exact texts. It must not know HTTP. */
import { type CaseStatus, type EngineLink, type FundBalance, type Inspections, printVenuePosition } from '../engine/link.js';
import { divide, formatFraction } from '../model/fraction.js';
import type { Instruments } from '../model/instruments.js';
import { fractionText, unitsText } from './event-rows.js';
import type { CasesTopic } from './lossless-topics.js';

export async function casesStatus(link: EngineLink) {
  const cases = await link.inspect('cases');
  return cases.map(({ caseId, deficit, badDebt, ...rest }: CaseStatus) => {
    return { case: caseId, ...rest, deficit: fractionText(deficit, 'up'), badDebt: fractionText(badDebt, 'up') };
  });
}

export async function fundStatus(link: EngineLink) {
  const [{ funds }, entries, taken] = await Promise.all([
    link.inspect('mode'),
    link.inspect('ledger'),
    link.inspect('venuePositions'),
  ]);
  const { assets } = link.instruments;
  const ledger = entries.map(({ account, asset, amount }) => ({ account, asset: assets[asset].id, amount: unitsText(amount) }));
  const positions = taken.map((each) => printVenuePosition(each, link.instruments));
  return { funds: fundObjects(funds, link.instruments), ledger, positions };
}

export async function watchStatus(link: EngineLink) {
  const watched = await link.inspect('watch');
  return watched.map(({ portfolio, equity, maintenance }) => {
    const marginRatio = maintenance.n === 0n ? null : formatFraction(divide(equity, maintenance), 6, 'down');
    return { portfolio, equity: fractionText(equity, 'down'), maintenance: fractionText(maintenance, 'up'), marginRatio };
  });
}

export async function modeStatus(link: EngineLink, cases: CasesTopic) {
  const { funds, ...rest } = await link.inspect('mode');
  return { ...rest, stages: Object.fromEntries(openByStage(cases)), funds: fundObjects(funds, link.instruments) };
}

/** How many cases are in each stage, by the stages' names. */
export function openByStage(cases: CasesTopic): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const [, , , stage] of cases.rows()) if (stage !== null) counts.set(stage, (counts.get(stage) ?? 0) + 1);
  return new Map([...counts].sort(([a], [b]) => (a < b ? -1 : 1)));
}

function fundObjects(funds: Inspections['mode']['funds'], { assets }: Instruments) {
  return funds.map(({ asset, balance, reserved }: FundBalance) => {
    return { asset: assets[asset].id, balance: unitsText(balance), reserved: unitsText(reserved) };
  });
}
