import type { Actor } from '#core/actor.ts';
import type { ChangeAction, Hint } from '#core/delivery.ts';
import { isZero, type ChangeMerged, type RefUpdated } from './payload.ts';

/**
 * What `ref-updated` says has happened. It does not say whether commits were taken away: reading back finds that.
 * An annotated tag's `newRev` is the tag object, so that its commit is not known either.
 */
export function hintOfUpdate({ refUpdate, submitter, eventCreatedOn }: RefUpdated): Hint {
  const { oldRev, newRev, project } = refUpdate;
  const ref = fullRef(refUpdate.refName);
  const after = present(newRev);
  return {
    repository: project,
    ref,
    before: present(oldRev),
    after,
    commit: ref.startsWith('refs/tags/') ? null : after,
    action: actionOf(oldRev, newRev),
    occurredAt: momentOf(eventCreatedOn),
    actors: actorsOf(submitter),
  };
}

/**
 * What `change-merged` says has happened: what a `ref-updated` before it has told, unless somebody keeps those from being sent.
 * @param newRev the tip after the whole submit
 */
export function hintOfMerge(newRev: string, event: ChangeMerged): Hint {
  return {
    repository: event.repository,
    ref: refOfMerge(event),
    before: null,
    after: newRev,
    commit: newRev,
    action: 'updated',
    occurredAt: momentOf(event.eventCreatedOn),
    actors: actorsOf(event.submitter),
    echo: true,
  };
}

/** The branch that a change was merged into. */
export function refOfMerge({ refName, change }: Pick<ChangeMerged, 'refName' | 'change'>): string {
  return fullRef(refName ?? change.branch);
}

/** Names of branches came without `refs/heads/` before 2.13; every other ref was written in full. */
export function fullRef(name: string): string {
  return name.startsWith('refs/') || name === 'HEAD' ? name : `refs/heads/${name}`;
}

function present(id: string): string | null {
  return isZero(id) ? null : id;
}

function actionOf(oldRev: string, newRev: string): ChangeAction {
  if (isZero(newRev)) return 'deleted';
  return isZero(oldRev) ? 'created' : 'updated';
}

function momentOf(seconds: number | null | undefined): number | null {
  return typeof seconds === 'number' ? seconds * 1_000 : null;
}

/**
 * Events carry no numeric id. Of what they do carry, people choose their own display name and mail address, so that only the user name is
 * worth anything; whoever has none stays unnamed.
 */
function actorsOf(submitter: RefUpdated['submitter']): readonly Actor[] {
  const name = submitter?.username ?? '';
  return name === '' ? [] : [{ role: 'pusher', account: null, name, kind: 'unknown' }];
}
