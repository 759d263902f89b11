import type { Clock } from '#core/clock.ts';
import { HeadgateError } from '#core/errors.ts';
import { limits } from '#core/limits.ts';

/** The source may have answered later: nobody waited. */
export class Late extends HeadgateError {
  constructor(what: string) {
    super('SOURCE_UNREACHABLE', `${what}: no answer within ${limits.check.source / 1_000} s`);
  }
}

/**
 * What comes of a question to the source within limits.check.source; what has not come by then is left to itself.
 * @throws Late, and as the question itself
 */
export async function inTime<T>(clock: Clock, what: string, ask: () => Promise<T>): Promise<T> {
  const late = Promise.withResolvers<never>();
  const cancel = clock.after(limits.check.source, () => late.reject(new Late(what)));
  try {
    return await Promise.race([ask(), late.promise]);
  } finally {
    cancel();
  }
}
