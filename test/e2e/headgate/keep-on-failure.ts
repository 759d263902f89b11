import type { Context } from 'mocha';

/** For `after` and `afterEach` hooks: whether logs should be kept because a test, or what it was prepared with, has failed. */
export function hasFailed(context: Context): boolean {
  // In an `after` hook `currentTest` is the last one that ran.
  if (context.test?.title.startsWith('"after each"')) return context.currentTest?.state === 'failed';
  const tests = context.test?.parent?.tests ?? [];
  return tests.some(({ state }) => state === 'failed') || tests.every(({ state }) => state === undefined);
}
