import { limits } from '#core/limits.ts';
import type { ApiClient } from './api-client.ts';
import type { Found } from './find-stories.ts';
import { Delivery, Page } from './schema.ts';
import { indented, printable } from './text.ts';
import type { View } from './view.ts';

/** Deliveries that take those of the stories through the flow again, newest first; the first few of each. */
export async function findReplays(client: ApiClient, { stories, deliveries }: Found): Promise<readonly Delivery[]> {
  const all = [...stories.map(({ delivery }) => delivery), ...deliveries];
  const ids = new Set(all.filter(({ kind }) => kind !== 'request' && kind !== 'replay').map(({ id }) => id));
  const limit = String(limits.cli.stories);
  const pages = await Promise.all([...ids].map(async (replayOf) => Page.parse(await client.get('/v1/deliveries', { replayOf, limit }))));
  return pages.flatMap(({ items }) => items.map((item) => Delivery.parse(item)));
}

/** A line for each. Pure. */
export function renderReplaysOf(replays: readonly Delivery[], { style, width }: View): readonly string[] {
  if (replays.length === 0) return [];
  const line = ({ id, replayOf, state, receivedAt }: Delivery): string =>
    `${id}, received ${new Date(receivedAt).toISOString()}, replays ${replayOf ?? ''}: ${state}`;
  return ['', style.bold('replayed'), ...replays.flatMap((replay) => indented(printable(line(replay)), 2, width))];
}
