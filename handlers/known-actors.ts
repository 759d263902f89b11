import type { Actor } from '#core/actor.ts';
import type { Change } from '#core/change.ts';

/** Whether a change knows of everybody who is named, by account: else it has to be decided anew. */
export function knowsAll({ actors: known }: Pick<Change, 'actors'>, actors: readonly Actor[]): boolean {
  const accounts = new Set(known.map(({ account }) => account));
  return actors.every(({ account }) => account === null || accounts.has(account));
}
