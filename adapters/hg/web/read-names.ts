import { HeadgateError } from '#core/errors.ts';
import { limits } from '#core/limits.ts';
import type { HgNames } from '../back-end.ts';
import { headsBesideTopics } from '../topics.ts';
import type { HgwebClient } from './client.ts';
import { templateHint } from './refusals.ts';
import { search, type Found } from './search.ts';
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
  const closed = rest.length === 0 ? new Map<string, Found>() : await headsThat(client, repository, 'head() & closed()');
  if (!rest.every((head) => closed.has(head))) return undefined;
  const branches = [...branchmap].map(([name, heads]) => [name, heads.filter((head) => open.has(head))] as const);
  const beside = [...open.values()].some(({ phase }) => phase !== 'public') ? await besideTopics(client, repository) : undefined;
  return { branches: new Map([...branches, ...(beside ?? [])]), bookmarks };
}

/**
 * Of the branches that drafts of topics are heads of, the open heads without them. Of more than a bounded number of branches all heads count, and are
 * in doubt.
 */
async function besideTopics(client: HgwebClient, repository: string): Promise<ReadonlyMap<string, readonly string[]>> {
  const topics = new Map(
    [...(await headsThat(client, repository, 'head() and not public() and extra("topic")')).values()].map(({ branch, node }) => [
      branch,
      node,
    ]),
  );
  const beside = new Map<string, readonly string[]>();
  for (const [branch, node] of [...topics].slice(0, limits.hg.topicBranches)) {
    // That this one is found as well proves that the revset was understood.
    const found = await headsThat(client, repository, `((${headsBesideTopics(`id(${node})`, 'not public()')}) - closed()) or id(${node})`);
    if (found.delete(node)) beside.set(branch, [...found.keys()]);
  }
  return beside;
}

async function headsThat(client: HgwebClient, repository: string, revset: string): Promise<Map<string, Found>> {
  const { heads } = limits.hgweb;
  const found = await search(client, repository, revset, heads + 1);
  if (found.length > heads) throw new HeadgateError('CONTENT_TOO_LARGE', `${repository} has more than ${heads} heads`);
  return new Map(found.map((one) => [one.node, one]));
}
