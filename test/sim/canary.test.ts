/** The simulator can fail: bugs that are planted into an engine are seen, each as what it is. */
import { describe, expect, it } from 'vitest';
import { PLANTED_BUGS } from './planted-bugs.js';
import { Simulation, SimulationFailure } from './simulation.js';

const SEEDS = 150;
const RECORDS = 120;

function found(plant: (typeof PLANTED_BUGS)[string]['plant'], seenAs: RegExp): string | null {
  for (let seed = 1; seed <= SEEDS; seed++) {
    try {
      new Simulation({ seed, records: RECORDS, plant }).run();
    } catch (error) {
      if (!(error instanceof SimulationFailure)) throw error;
      if (seenAs.test(error.message)) return error.message;
    }
  }
  return null;
}

describe('a planted bug is seen', () => {
  for (const [name, { plant, seenAs }] of Object.entries(PLANTED_BUGS)) {
    it(`when ${name}`, { timeout: 120_000 }, () => {
      expect(found(plant, seenAs)).toMatch(seenAs);
    });
  }

  it('and none where none is planted', { timeout: 120_000 }, () => {
    for (let seed = 1; seed <= 10; seed++) new Simulation({ seed, records: RECORDS }).run();
  });
});
