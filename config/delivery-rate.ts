import { z } from 'zod';
import { limits } from '#core/limits.ts';

const { rate, rateMost } = limits.intake;

/** `webhook.rate` of a source. */
export const deliveryRate = z
  .strictObject({
    perSecond: z
      .number()
      .min(0.001)
      .max(rateMost.perSecond)
      .default(rate.perSecond)
      .describe('Deliveries per second that are taken for as long as they come, at most.'),
    burst: z
      .int()
      .min(1)
      .max(rateMost.burst)
      .default(rate.burst)
      .describe('How many more than that are taken at once, after a time with fewer.'),
  })
  .describe(
    `What the source may send; the rest is answered 429 with Retry-After, so that a flood leaves the others what they need. Default: ${rate.perSecond} per second, ${rate.burst} at once.`,
  );
