import { z } from 'zod';
import { limits } from '#core/limits.ts';
import { ApiError, hasStatus } from './api-error.ts';
import type { Connection } from './connection.ts';

const page = z.object({
  metadata: z.object({ resourceVersion: z.string().min(1), continue: z.string().optional() }),
  items: z.array(z.unknown()).nullish(),
});

export interface Listing<T> {
  readonly objects: readonly T[];
  /** Where a watch goes on from. */
  readonly resourceVersion: string;
}

/**
 * Lists a collection in pages. When the continue token expires (410), the whole is read in one answer, as client-go's pager does.
 * @param read makes an object of an item, undefined to leave it out; called page by page so that raw pages need not be kept
 */
export async function listKind<T>(connection: Connection, path: string, read: (item: unknown) => T | undefined): Promise<Listing<T>> {
  try {
    return await listPages(connection, path, read, limits.kube.listPage);
  } catch (error) {
    if (!hasStatus(error, 410)) throw error;
    return await listPages(connection, path, read, 0);
  }
}

async function listPages<T>(
  connection: Connection,
  path: string,
  read: (item: unknown) => T | undefined,
  limit: number,
): Promise<Listing<T>> {
  const objects: T[] = [];
  let next = '';
  for (;;) {
    const query = new URLSearchParams({ ...(limit > 0 ? { limit: String(limit) } : {}), ...(next ? { continue: next } : {}) });
    const { metadata, items } = parsePage(
      connection.cluster,
      await connection.send({ method: 'GET', path: `${path}?${query.toString()}` }),
    );
    for (const item of items ?? []) {
      const object = read(item);
      if (object !== undefined) objects.push(object);
    }
    next = metadata.continue ?? '';
    if (next === '') return { objects, resourceVersion: metadata.resourceVersion };
  }
}

function parsePage(cluster: string, body: unknown): z.infer<typeof page> {
  const parsed = page.safeParse(body);
  if (!parsed.success) throw new ApiError(null, `${cluster}: the answer is not a Kubernetes list`);
  return parsed.data;
}
