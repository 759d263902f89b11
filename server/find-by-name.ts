import type { Delivery } from '#core/delivery.ts';
import { isId } from '#core/ids.ts';
import { limits } from '#core/limits.ts';
import type { Archive, ChangeFilter, Story } from '#core/ports/journal.ts';
import { storiesOf } from '#server/page-views.ts';

/** What a name stands for. */
export interface Named {
  readonly stories: readonly Story[];
  /** Deliveries that no change came of. */
  readonly deliveries: readonly Delivery[];
}

const page = { limit: limits.pages.changes, cursor: null };

/**
 * Finds what is called by an id of ours (change, delivery, decision, reconcile), a sender's delivery id, at least four
 * characters of a commit, or a repository's full name. Empty when nothing is.
 */
export async function findByName(journal: Archive, name: string): Promise<Named> {
  const change = await changeOf(journal, name);
  if (change !== undefined) return { stories: await storiesOf(journal, [{ id: change }]), deliveries: [] };
  const named = isId('dlv', name) ? await journal.delivery(name) : undefined;
  if (named !== undefined) return ofDeliveries(journal, [named]);
  const stories = await ofCommitOrRepository(journal, name);
  if (stories.length > 0) return { stories, deliveries: [] };
  return ofDeliveries(journal, (await journal.deliveries({ deliveryId: name }, page)).items);
}

async function changeOf(journal: Archive, name: string): Promise<string | undefined> {
  if (isId('chg', name)) return name;
  if (isId('dec', name)) return (await journal.decision(name))?.change;
  return isId('rec', name) ? (await journal.reconcile(name))?.change : undefined;
}

async function ofCommitOrRepository(journal: Archive, name: string): Promise<readonly Story[]> {
  if (/^[0-9a-f]{4,64}$/i.test(name)) return ofChanges(journal, { revision: name.toLowerCase() });
  return name.includes('/') ? ofChanges(journal, { repository: name }) : [];
}

async function ofChanges(journal: Archive, filter: ChangeFilter): Promise<readonly Story[]> {
  return storiesOf(journal, (await journal.changes(filter, page)).items);
}

async function ofDeliveries(journal: Archive, deliveries: readonly Delivery[]): Promise<Named> {
  const found = await Promise.all(
    deliveries.map(async (delivery) => ({ delivery, stories: await ofChanges(journal, { delivery: delivery.id }) })),
  );
  return {
    stories: found.flatMap(({ stories }) => stories),
    deliveries: found.filter(({ stories }) => stories.length === 0).map(({ delivery }) => delivery),
  };
}
