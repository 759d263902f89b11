import type { Clock } from '#core/clock.ts';
import type { ReadBack } from '#core/ports/read-back.ts';
import { Repository, Standing } from './api-answers.ts';
import { ApiCall } from './api-call.ts';
import type { GithubClient } from './client.ts';
import { readRange } from './read-range.ts';
import { readMovers } from './read-movers.ts';
import { readHeads, readTags } from './read-refs.ts';
import { readTag } from './read-tag.ts';

/** Reads back through GitHub's REST API. */
export function createApiReadBack(client: GithubClient, clock: Clock): ReadBack {
  const call = (repository: string): ApiCall => new ApiCall(client, clock, repository);
  return {
    by: 'api',
    prepare: () => client.prepare(),
    heads: async (repository, refs) => readHeads(call(repository), refs),
    tags: async (repository) => readTags(call(repository)),
    isAncestor: async (repository, ancestor, descendant) => isAncestor(call(repository), ancestor, descendant),
    tag: async (repository, object) => readTag(call(repository), object),
    range: async (repository, base, head, question) => readRange(call(repository), base, head, question),
    movers: async (repository, ref, before, after) => readMovers(call(repository), ref, before, after),
  };
}

/** The second page leaves out the files, which nobody asked for here. */
async function isAncestor(call: ApiCall, ancestor: string, descendant: string): Promise<boolean | undefined> {
  const parameters = { basehead: `${ancestor}...${descendant}`, per_page: 1, page: 2 };
  const found = await call.find(Standing, '/compare/{basehead}', parameters);
  if ('data' in found) return found.data.status === 'ahead' || found.data.status === 'identical';
  const { status, message } = found.missing;
  if (status !== 404 && status !== 422) return call.refuse(found.missing);
  if (/no common ancestor/i.test(message)) return false;
  await call.get(Repository, '');
  return undefined;
}
