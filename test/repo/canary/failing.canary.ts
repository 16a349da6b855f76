/** Not part of the suite: harness.test.ts runs it to see that a failure is counted. */
import { beforeAll, describe, expect, test } from 'vitest';

test('passes', () => expect(1 + 1).toBe(2));
test('fails', () => expect(1 + 1).toBe(3));
test.todo('is skipped');

describe('a broken hook', () => {
  beforeAll(() => {
    throw new Error('the hook of the canary');
  });
  test('never runs', () => undefined);
});
