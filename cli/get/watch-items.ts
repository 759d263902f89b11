import { pause } from '#core/clock.ts';
import { limits } from '#core/limits.ts';
import { stringify } from 'yaml';
import { z } from 'zod';
import type { ApiClient, Query } from '../api-client.ts';
import { print, type Io } from '../io.ts';
import { renderTable } from '../table.ts';
import { viewOf } from '../view.ts';
import { listItems } from './list-items.ts';
import type { Resource } from './resource.ts';

/**
 * Prints the newest items, and then again and again those that are new or have changed, until the signal aborts.
 * As JSON one item per line, as YAML one document per item.
 */
export async function watchItems(io: Io, client: ApiClient, resource: Resource, query: Query, output: string): Promise<void> {
  const seen = new Map<string, string>();
  let first = true;
  while (!io.signal.aborted) {
    const items = await newest(client, resource, query, seen, first);
    const fresh = items.filter((item) => isFresh(seen, item)).toReversed();
    if (fresh.length > 0 || first) print(io, renderBatch(io, resource, fresh, output, first));
    first = false;
    await pause(io.clock, limits.cli.watchInterval, io.signal);
  }
}

/** The newest items: one page, or as many as there may be when nothing of that page was known. */
async function newest(
  client: ApiClient,
  resource: Resource,
  query: Query,
  seen: ReadonlyMap<string, string>,
  first: boolean,
): Promise<readonly unknown[]> {
  const { items, more } = await listItems(client, resource, query, limits.journal.pageDefault);
  const missed = !first && more && !items.some((item) => seen.has(identityOf(item)));
  return missed ? (await listItems(client, resource, query, limits.cli.items)).items : items;
}

/** Notes the item; true when it was not there in this form. */
function isFresh(seen: Map<string, string>, item: unknown): boolean {
  const text = JSON.stringify(item);
  const key = identityOf(item);
  if (seen.get(key) === text) return false;
  seen.set(key, text);
  return true;
}

const Named = z.union([
  z.object({ id: z.string() }).transform(({ id }) => id),
  z.object({ key: z.string() }).transform(({ key }) => key),
  z.object({ name: z.string() }).transform(({ name }) => name),
]);

/** An item's id, key (targets) or name (policies). */
function identityOf(item: unknown): string {
  return Named.parse(item);
}

function renderBatch(io: Io, resource: Resource, items: readonly unknown[], output: string, first: boolean): readonly string[] {
  if (output === 'json') return items.map((item) => JSON.stringify(item));
  if (output === 'yaml') return items.map((item) => `---\n${stringify(item).trimEnd()}`);
  const wide = output === 'wide';
  const { style, width } = viewOf(io);
  const rows = items.map((item) => resource.row(item, io.clock.now(), wide));
  const lines = renderTable(resource.headers(wide), rows, style, width);
  return first ? lines : lines.slice(1);
}
