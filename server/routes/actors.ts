import { Router } from 'express';
import { z } from 'zod';
import type { Change } from '#core/change.ts';
import type { Clock } from '#core/clock.ts';
import { limits } from '#core/limits.ts';
import type { People } from '#core/person.ts';
import type { Archive } from '#core/ports/journal.ts';
import { sendJson } from '#server/json-answer.ts';
import { filterText, momentSchema, parseQuery } from '#server/query.ts';
import { isAsked } from '#server/routes/listing.ts';
import { seenActors } from '#server/seen-actors.ts';

export interface ActorsDeps {
  readonly clock: Clock;
  readonly archive: Pick<Archive, 'changes'>;
  /** Who is who now. */
  readonly people: () => People;
}

/** `GET /v1/actors`: everybody who took part in the newest changes, and who that is by the documents of now. */
export function actorsRoute({ clock, archive, people }: ActorsDeps): Router {
  const query = z.strictObject({
    source: filterText,
    unresolved: z
      .enum(['1', 'true', '0', 'false'])
      .transform((text) => text === '1' || text === 'true')
      .default(false),
    since: momentSchema(clock).default(() => clock.now() - limits.people.seenSince),
  });
  return Router({ caseSensitive: true, strict: true }).get('/v1/actors', async function list(request, response) {
    const { source, unresolved, since } = parseQuery(request, query);
    const seen = seenActors(await changesSince(archive, since), people());
    const items = seen.filter((actor) => isAsked(source, actor.source) && (!unresolved || actor.unresolved !== null));
    sendJson(response, 200, { items: items.slice(0, limits.people.seenActors), next: null });
  });
}

/** Newest first, page by page, as many as are looked through. */
export async function changesSince(archive: Pick<Archive, 'changes'>, since: number): Promise<readonly Change[]> {
  const changes: Change[] = [];
  let cursor: string | null = null;
  do {
    const page = await archive.changes({ since }, { limit: limits.journal.pageMax, cursor });
    changes.push(...page.items);
    cursor = page.next;
  } while (cursor !== null && changes.length < limits.people.seenChanges);
  return changes;
}
