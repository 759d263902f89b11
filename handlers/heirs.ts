import { byTarget } from '#core/by-target.ts';
import type { Change } from '#core/change.ts';
import type { Archive, Story } from '#core/ports/journal.ts';
import type { Heir, Inheritance, Inherited, News } from '#core/ports/sink.ts';
import { hasSettled, type Reconcile } from '#core/reconcile.ts';
import { targetKey } from '#core/target.ts';

export interface HeirDeps {
  readonly journal: Pick<Archive, 'story' | 'superseded' | 'later'>;
  readonly inheritance: Inheritance;
}

/**
 * The change that news is about, and the earlier ones whose reconcile of the same target was superseded and waits for what a newer one comes to,
 * the newest first: each with what it came to by newer ones, as far as that is known now.
 * @throws HeadgateError as ReadBack
 */
export async function* inheritedOf(deps: HeirDeps, { story, target, reconcile }: News): AsyncGenerator<Inherited> {
  const { journal, inheritance } = deps;
  yield withHeirs(deps, story);
  if (!reconcile?.outcome || reconcile.outcome === 'superseded') return;
  const earlier = await journal.superseded(targetKey(target), reconcile.seq);
  const changes = new Set(earlier.map(({ change }) => change));
  changes.delete(story.change.id);
  for (const id of changes) {
    const told = await journal.story(id);
    if (told?.change.source === inheritance.source) yield withHeirs(deps, told);
  }
}

async function withHeirs(deps: HeirDeps, story: Story): Promise<Inherited> {
  const heirs = new Map<string, Heir>();
  for (const { target, reconciles } of byTarget(story)) {
    const last = reconciles.at(-1);
    const heir = last?.outcome === 'superseded' ? await heirOf(deps, story.change, last) : undefined;
    if (heir) heirs.set(targetKey(target), heir);
  }
  return { story, heirs };
}

/**
 * The first newer reconcile that brought a revision which holds this one. While there is none: the newest that did not get it there, or that brought
 * something else instead.
 */
async function heirOf({ journal, inheritance }: HeirDeps, change: Change, superseded: Reconcile): Promise<Heir | undefined> {
  let last: Heir | undefined;
  for (const reconcile of await journal.later(targetKey(superseded.target), superseded.seq)) {
    const story = await journal.story(reconcile.change);
    const decision = story?.decisions.find(({ id }) => id === reconcile.decision);
    if (!story || !decision || !isOfSameRepository(story.change, change)) continue;
    const holds = await isHeld(inheritance, change, reconcile);
    if (holds === undefined) continue;
    const heir = { change: story.change, decision, reconcile, holds };
    if (holds && hasSettled(reconcile)) return heir;
    if (holds || hasSettled(reconcile)) last = heir;
  }
  return last;
}

function isOfSameRepository(one: Change, other: Change): boolean {
  return one.source === other.source && one.repository === other.repository;
}

/** Undefined where it is not known what was brought. A commit that the source knows no more is held by nothing. */
async function isHeld(inheritance: Inheritance, { repository, revision }: Change, newer: Reconcile): Promise<boolean | undefined> {
  if (revision === null || newer.revision === null) return undefined;
  return revision === newer.revision || ((await inheritance.holds(repository, revision, newer.revision)) ?? false);
}
