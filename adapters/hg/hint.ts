import type { Actor } from '#core/actor.ts';
import { anyRef, type Brought, type Hint } from '#core/delivery.ts';
import { limits } from '#core/limits.ts';
import type { Transaction } from './payload.ts';

/** Where a host knows who pushed: the web server's login, the forced command of an SSH key, or the key itself. */
const authenticated: readonly string[] = ['REMOTE_USER', 'HEADGATE_USER', 'SSH_USER_AUTH'];

/**
 * What a closed transaction says has happened: something, in this repository. It is one hint for everything that was pushed together.
 * @param repository its full name on the source
 */
export function hintOf(repository: string, { node: first, node_last: last, bookmarks, pusher, at }: Transaction): Hint {
  return {
    repository,
    ref: anyRef,
    before: null,
    after: last ?? null,
    commit: last ?? null,
    action: 'updated',
    occurredAt: at ? Date.parse(at) : null,
    actors: actorsOf(pusher),
    brought: { first: first ?? null, heads: last ? [last] : [], bookmarks: movedTo(bookmarks) },
  };
}

/** An account is what the hook's host says it has authenticated: that host's assertion. Whoever pushes locally names themselves, so they have none. */
function actorsOf(pusher: Transaction['pusher']): readonly Actor[] {
  if (!pusher) return [];
  const { name, via } = pusher;
  return [{ role: 'pusher', account: authenticated.includes(via) ? name : null, name, kind: 'unknown' }];
}

/** The first few; whoever moved the others is not known then. */
function movedTo(bookmarks: Transaction['bookmarks']): Brought['bookmarks'] {
  const moved = Object.entries(bookmarks ?? {}).slice(0, limits.hgHook.bookmarks);
  return Object.fromEntries(moved.map(([name, [, to]]) => [name, to]));
}
