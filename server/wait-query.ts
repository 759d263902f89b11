import { z } from 'zod';
import { limits } from '#core/limits.ts';
import { durationOf } from '#server/query.ts';

/** `?wait=60s`: how long an answer may wait for outcomes, milliseconds. */
export const WaitQuery = z.strictObject({
  wait: z
    .string()
    .transform((text, context) => {
      const ms = durationOf(text);
      if (ms !== undefined && ms <= limits.http.apiWaitMax) return ms;
      context.addIssue(`must be a duration of at most ${limits.http.apiWaitMax / 60_000}m, such as 60s`);
      return z.NEVER;
    })
    .default(0),
});
