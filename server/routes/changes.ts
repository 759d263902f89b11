import { z } from 'zod';
import { changesIn } from '#core/brought.ts';
import type { Change } from '#core/change.ts';
import type { Clock } from '#core/clock.ts';
import type { Archive, ChangeFilter } from '#core/ports/journal.ts';
import { filterText, sinceParameter } from '#server/query.ts';
import { isAsked, type Listed } from '#server/routes/listing.ts';

/** `GET /v1/changes`; one of them is told with everything that came of it (story.ts). */
export function changes(archive: Pick<Archive, 'changes' | 'story'>, clock: Clock): Listed<Change, ChangeFilter> {
  return {
    path: 'changes',
    kind: 'change',
    filters: z.object({
      source: filterText,
      repository: filterText,
      ref: filterText,
      revision: z
        .string()
        .regex(/^[0-9a-f]{4,64}$/, 'must be 4 to 64 lower-case hex digits')
        .exactOptional(),
      brought: z
        .string()
        .regex(/^\d{1,9}$/, 'must be the number of a change')
        .transform(Number)
        .exactOptional(),
      delivery: filterText,
      since: sinceParameter(clock),
    }),
    list: (filter, page) => archive.changes(filter, page),
    find: async (id) => (await archive.story(id))?.change,
    fits: (change, filter) =>
      isAsked(filter.source, change.source) &&
      isAsked(filter.repository, change.repository) &&
      isAsked(filter.ref, change.ref) &&
      isAsked(filter.delivery, change.delivery) &&
      hasRevision(change, filter.revision ?? '') &&
      (filter.brought === undefined || cameWith(change, filter.brought)) &&
      change.receivedAt >= (filter.since ?? 0),
  };
}

function hasRevision({ after, revision }: Change, prefix: string): boolean {
  return prefix === '' || [after, revision].some((commit) => commit?.startsWith(prefix));
}

/** As the journal has it: pull requests do not count. */
function cameWith({ readBack }: Change, number: number): boolean {
  return changesIn(readBack?.range).some((pull) => pull.number === number);
}
