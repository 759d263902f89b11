import type { Context } from 'mocha';

/** For an `after` hook: whether a test of this file's suite has failed, so that logs should be kept. */
export function hasFailed(context: Context): boolean {
  let failed = false;
  context.test?.parent?.eachTest((test) => {
    failed ||= test.state === 'failed';
  });
  return failed || context.test?.parent?.tests.some((test) => test.state === undefined && !test.pending) === true;
}
