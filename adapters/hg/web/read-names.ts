import { HeadgateError } from '#core/errors.ts';
import { limits } from '#core/limits.ts';
import type { HgNames } from '../back-end.ts';
import type { HgwebClient } from './client.ts';
import { templateHint } from './refusals.ts';
import { search } from './search.ts';
import type { Wire } from './wire.ts';

/**
 * Every branch with its open heads, and every bookmark. `branchmap` has all heads and does not say which are closed; the search says it of each,
 * and one of which it says neither was moved meanwhile: then it is asked again.
 */
export async function readNames(client: HgwebClient, wire: Wire, repository: string): Promise<HgNames> {
  const first = await look(client, wire, repository);
  const found = first ?? (await look(client, wire, repository));
  if (found) return found;
  throw new HeadgateError('SOURCE_REFUSED', `hgweb does not say which heads of ${repository} are closed`, { hint: templateHint });
}

/** Undefined when its answers do not fit together. */
async function look(client: HgwebClient, wire: Wire, repository: string): Promise<HgNames | undefined> {
  const [branchmap, bookmarks, open] = await Promise.all([
    wire.branchmap(repository),
    wire.bookmarks(repository),
    headsThat(client, repository, 'head() - closed()'),
  ]);
  const rest = [...branchmap.values()].flat().filter((head) => !open.has(head));
  const closed = rest.length === 0 ? new Set<string>() : await headsThat(client, repository, 'head() & closed()');
  if (!rest.every((head) => closed.has(head))) return undefined;
  return { branches: new Map([...branchmap].map(([name, heads]) => [name, heads.filter((head) => open.has(head))])), bookmarks };
}

async function headsThat(client: HgwebClient, repository: string, revset: string): Promise<ReadonlySet<string>> {
  const { heads } = limits.hgweb;
  const found = await search(client, repository, revset, heads + 1);
  if (found.length > heads) throw new HeadgateError('CONTENT_TOO_LARGE', `${repository} has more than ${heads} heads`);
  return new Set(found.map(({ node }) => node));
}
