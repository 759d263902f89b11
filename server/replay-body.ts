import { z } from 'zod';
import type { Clock } from '#core/clock.ts';
import { limits } from '#core/limits.ts';
import { filterText, momentSchema } from '#server/query.ts';

const dryRun = z.boolean().default(false);

/** Deliveries by name. */
function namedSchema() {
  const name = z.string().min(1).max(limits.http.filterChars);
  return z.strictObject({ deliveries: z.array(name).min(1).max(limits.replay.deliveries), dryRun });
}

/** Those that were received within a span of time. */
function rangeSchema(clock: Clock) {
  const moment = momentSchema(clock);
  return z
    .strictObject({
      since: moment,
      until: moment.exactOptional(),
      source: filterText,
      repository: filterText,
      state: z.enum(['done', 'ignored', 'dead']).exactOptional(),
      dryRun,
    })
    .refine(({ since, until }) => until === undefined || since < until, { path: ['until'], message: 'must be later than since' });
}

type Named = z.infer<ReturnType<typeof namedSchema>>;
type Range = z.infer<ReturnType<typeof rangeSchema>>;

/** Which deliveries are meant. */
export type ReplaySelection = Omit<Named, 'dryRun'> | Omit<Range, 'dryRun'>;

type ReplayBody = Named | Range;

/** The schema that a body is meant to fit: by the field that only one of them has, so that messages name what is wrong with that one. */
export function replaySchemaFor(clock: Clock, body: unknown): z.ZodType<ReplayBody> {
  const isNamed = typeof body === 'object' && body !== null && 'deliveries' in body;
  return isNamed ? namedSchema() : rangeSchema(clock);
}
