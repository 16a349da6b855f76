/** Runs the canary with the reporter of the real suite. */
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: { include: ['test/repo/canary/*.canary.ts'], reporters: ['default', './test/reporter.ts'] },
});
