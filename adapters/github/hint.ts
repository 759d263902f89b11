import type { Actor } from '#core/actor.ts';
import type { ChangeAction, Hint } from '#core/delivery.ts';
import { parseRef } from '#core/refs.ts';
import { isZero, type Push } from './payload.ts';

/** What a push says has happened. */
export function hintOf(push: Push): Hint {
  return {
    repository: push.repository.full_name,
    ref: push.ref,
    before: present(push.before),
    after: present(push.after),
    commit: commitOf(push),
    action: actionOf(push),
    occurredAt: momentOf(push.repository.pushed_at),
    actors: actorsOf(push),
  };
}

function present(id: string): string | null {
  return isZero(id) ? null : id;
}

/** An annotated tag's `after` is the tag object; GitHub then names the commit in head_commit. A branch is its commit. */
function commitOf({ ref, after, head_commit: head }: Push): string | null {
  if (isZero(after)) return null;
  return parseRef(ref)?.kind === 'tag' && head !== null ? head.id : after;
}

function actionOf(push: Push): ChangeAction {
  if (isZero(push.after)) return 'deleted';
  if (isZero(push.before)) return 'created';
  return push.forced ? 'forced' : 'updated';
}

function momentOf(pushedAt: Push['repository']['pushed_at']): number | null {
  if (pushedAt === null || pushedAt === undefined) return null;
  return typeof pushedAt === 'number' ? pushedAt * 1_000 : Date.parse(pushedAt);
}

/** `pusher` is a name alone; it has an account id only where it is the sender too. */
function actorsOf({ pusher, sender }: Push): readonly Actor[] {
  const by = sender && { account: String(sender.id), name: sender.login, kind: kindOf(sender.type) };
  const actors: Actor[] = [];
  if (pusher) actors.push({ role: 'pusher', ...(by?.name === pusher.name ? by : { account: null, name: pusher.name, kind: 'unknown' }) });
  if (by) actors.push({ role: 'sender', ...by });
  return actors;
}

function kindOf(type: string | undefined): Actor['kind'] {
  if (type === 'User') return 'human';
  return type === 'Bot' ? 'bot' : 'unknown';
}
