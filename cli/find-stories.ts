import { decoded } from '#core/decoded.ts';
import { anyRef } from '#core/delivery.ts';
import { HeadgateError } from '#core/errors.ts';
import { isId } from '#core/ids.ts';
import { limits } from '#core/limits.ts';
import type { ApiClient, Query } from './api-client.ts';
import { Change, Decision, Delivery, Page, Reconcile, Story } from './schema.ts';

/** What a name given to `trace` stands for. */
export interface Found {
  /** Newest first. */
  readonly stories: readonly Story[];
  /** Deliveries that no change came of, at least not of themselves. */
  readonly deliveries: readonly Delivery[];
  /** How many more changes the name fits. */
  readonly more: boolean;
}

/**
 * Finds the stories behind an id of ours (delivery, change, decision, reconcile), a change of Gerrit, at least four characters of a commit, or a
 * sender's delivery id.
 * @throws HeadgateError NOT_FOUND
 */
export async function findStories(client: ApiClient, name: string): Promise<Found> {
  if (isId('chg', name)) return oneStory(client, name);
  if (isId('dec', name)) return oneStory(client, Decision.parse(await client.get(`/v1/decisions/${name}`)).change);
  if (isId('rec', name)) return oneStory(client, Reconcile.parse(await client.get(`/v1/reconciles/${name}`)).change);
  if (isId('dlv', name)) return byDelivery(client, Delivery.parse(await client.get(`/v1/deliveries/${name}`)));
  const reviewed = reviewedChange(name);
  if (reviewed) {
    const found = await byChanges(client, reviewed);
    if (found.stories.length > 0) return found;
  }
  if (/^[0-9a-f]{4,64}$/i.test(name)) {
    const found = await byChanges(client, { revision: name.toLowerCase() });
    if (found.stories.length > 0) return found;
  }
  return bySenderId(client, name);
}

/** `https://host/c/project/+/number`, with a patch set or more behind it. */
const address = /^https?:\/\/[^/]+\/(?:.+?\/)?c\/(.+?)\/\+\/(\d{1,9})(?:[/?#].*)?$/;
const id = /^(.+)~(\d{1,9})$/;

/** What a change of Gerrit is called: its number, `project~number`, or its address, which has the name of the project percent-encoded. */
function reviewedChange(name: string): Query | undefined {
  if (/^\d{1,9}$/.test(name)) return { brought: name };
  const [, project, number] = address.exec(name) ?? id.exec(name) ?? [];
  return project === undefined ? undefined : { repository: decoded(project), brought: number };
}

async function oneStory(client: ApiClient, change: string): Promise<Found> {
  return { stories: [Story.parse(await client.get(`/v1/changes/${encodeURIComponent(change)}`))], deliveries: [], more: false };
}

async function byDelivery(client: ApiClient, delivery: Delivery): Promise<Found> {
  const found = await byChanges(client, { delivery: delivery.id });
  if (found.stories.length > 0) return found;
  return delivery.hint?.ref === anyRef ? byNews(client, delivery) : { stories: [], deliveries: [delivery], more: false };
}

/** News that name no ref are told with everything that was found because of them. */
async function byNews(client: ApiClient, news: Delivery): Promise<Found> {
  const page = Page.parse(await client.get('/v1/deliveries', { cause: news.id, limit: String(limits.cli.stories) }));
  const found = await Promise.all(page.items.map((item) => byDelivery(client, Delivery.parse(item))));
  return {
    stories: found.flatMap((each) => each.stories),
    deliveries: [news, ...found.flatMap((each) => each.deliveries)],
    more: page.next !== null,
  };
}

async function byChanges(client: ApiClient, query: Query): Promise<Found> {
  const page = Page.parse(await client.get('/v1/changes', { ...query, limit: String(limits.cli.stories) }));
  const stories = await Promise.all(page.items.map(async (item) => oneStory(client, Change.parse(item).id)));
  return { stories: stories.flatMap((found) => found.stories), deliveries: [], more: page.next !== null };
}

/** Two sources may use the same id. */
async function bySenderId(client: ApiClient, deliveryId: string): Promise<Found> {
  const page = Page.parse(await client.get('/v1/deliveries', { deliveryId, limit: String(limits.cli.stories) }));
  const found = await Promise.all(page.items.map((item) => byDelivery(client, Delivery.parse(item))));
  if (found.length > 0)
    return { stories: found.flatMap((each) => each.stories), deliveries: found.flatMap((each) => each.deliveries), more: false };
  throw new HeadgateError('NOT_FOUND', `nothing is known of ${deliveryId}`, {
    hint: 'Did it arrive? `headgate get deliveries --since 1h` lists what did; refused requests are in the log of the server and in the list of the forge.',
  });
}
