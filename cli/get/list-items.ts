import { limits } from '#core/limits.ts';
import type { ApiClient, Query } from '../api-client.ts';
import { Page } from '../schema.ts';
import type { Resource } from './resource.ts';

export interface Listing {
  readonly items: readonly unknown[];
  /** Whether there are more than were asked for. */
  readonly more: boolean;
}

/** Reads pages of a list until there are `count` items or no more. */
export async function listItems(client: ApiClient, { name, paged }: Resource, query: Query, count: number): Promise<Listing> {
  const items: unknown[] = [];
  let cursor: string | undefined;
  do {
    const limit = String(Math.min(limits.journal.pageMax, count - items.length));
    const page = Page.parse(await client.get(`/v1/${name}`, paged ? { ...query, limit, cursor } : query));
    items.push(...page.items);
    cursor = page.next ?? undefined;
  } while (cursor !== undefined && items.length < count);
  return { items: items.slice(0, count), more: cursor !== undefined || items.length > count };
}
