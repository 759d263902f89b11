import type { Actor } from '#core/actor.ts';
import { anyRef, type Brought } from '#core/delivery.ts';
import { limits } from '#core/limits.ts';
import type { Transaction } from './payload.ts';
import type { News } from './sender.ts';

/** Where a host knows who pushed: the web server's login, the forced command of an SSH key, or the key itself. */
const authenticated: readonly string[] = ['REMOTE_USER', 'HEADGATE_USER', 'SSH_USER_AUTH'];

/** What a closed transaction says has happened: something, in its repository. It is one hint for everything that was pushed together. */
export function newsOf({ node: first, node_last: last, bookmarks, pusher, at }: Transaction): News {
  return {
    ...newsAt(last ?? null, actorsOf(pusher)),
    occurredAt: at ? Date.parse(at) : null,
    brought: { first: first ?? null, heads: last ? [last] : [], bookmarks: movedTo(bookmarks) },
  };
}

/**
 * News that say to look.
 * @param node the last changeset of what came; null when they name none
 */
export function newsAt(node: string | null, actors: readonly Actor[]): News {
  return { ref: anyRef, before: null, after: node, commit: node, action: 'updated', occurredAt: null, actors };
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
