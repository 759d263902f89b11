import { Router, type Request } from 'express';
import { z } from 'zod';
import type { Announcement } from '#core/announcements.ts';
import { HeadgateError } from '#core/errors.ts';
import type { Page, PageRequest } from '#core/ports/journal.ts';
import { sendJson } from '#server/json-answer.ts';
import { pageShape, parseQuery, parseRequest } from '#server/query.ts';
import type { WatchStreams } from '#server/watch-stream.ts';

/** One kind of thing that the journal lists. */
export interface Listed<T extends { readonly id: string }, F> {
  /** Path under `/v1/`. */
  readonly path: string;
  readonly kind: Announcement['kind'];
  /** Schema of the filters, without paging. */
  readonly filters: z.ZodObject<z.core.$ZodLooseShape, z.core.$strip> & z.ZodType<F>;
  list(filter: F, page: PageRequest): Promise<Page<T>>;
  find(id: string): Promise<T | undefined>;
  /** What `/v1/{path}/{id}` answers, where it is more than the item. */
  show?(id: string): Promise<unknown>;
  /** Whether an item that has changed belongs to a filtered stream. */
  fits(item: T, filter: F): boolean;
}

export interface ListingDeps {
  readonly streams: WatchStreams;
  /** Whether whoever sent a request that was let in would be let in now. */
  readonly mayStillRead: (request: Request) => boolean;
}

/** `GET /v1/{path}` with filters, paging and `?watch=1`; `GET /v1/{path}/{id}`. */
export function listingRoutes<T extends { readonly id: string }, F>(listed: Listed<T, F>, { streams, mayStillRead }: ListingDeps): Router {
  const page = z.object(pageShape);
  const known = new Set([...Object.keys(pageShape), ...Object.keys(listed.filters.shape)]);
  const anything = z.record(z.string(), z.string()).superRefine((query, context) => {
    for (const name of Object.keys(query))
      if (!known.has(name)) context.addIssue(`unknown parameter ${name}; known are ${[...known].join(', ')}`);
  });

  return Router({ caseSensitive: true, strict: true })
    .get(`/v1/${listed.path}`, async function list(request, response) {
      const query = parseQuery(request, anything);
      const { watch, limit, cursor } = parseRequest(query, page);
      const filter = parseRequest(query, listed.filters);
      if (!watch || request.method === 'HEAD') return sendJson(response, 200, await listed.list(filter, { limit, cursor }));
      streams.start(response, {
        kind: listed.kind,
        allowed: () => mayStillRead(request),
        first: async () => (await listed.list(filter, { limit, cursor })).items.toReversed(),
        find: async (id) => {
          const item = await listed.find(id);
          return item !== undefined && listed.fits(item, filter) ? item : undefined;
        },
      });
    })
    .get(`/v1/${listed.path}/:id`, async function show(request, response) {
      const id = request.params['id'] ?? '';
      parseQuery(request, z.strictObject({}));
      const found = await (listed.show ? listed.show(id) : listed.find(id));
      if (found === undefined) throw new HeadgateError('NOT_FOUND', `there is no ${listed.kind} ${id}`);
      sendJson(response, 200, found);
    });
}

/** Whether a field has the value that a filter asks for; every value does where it asks for none. */
export function isAsked<T>(asked: T | undefined, actual: T | null | undefined): boolean {
  return asked === undefined || asked === actual;
}
