import { limits } from '#core/limits.ts';
import type { RefHead } from '#core/ports/read-back.ts';
import { isFullRef } from '#core/refs.ts';
import type { z } from 'zod';
import { Ref, Refs, Repository, Tag, Tags } from './api-answers.ts';
import type { ApiCall } from './api-call.ts';

type GitObject = z.infer<typeof Ref>['object'];

/** What each of the refs points at; null where there is no such ref. @throws HeadgateError SOURCE_REFUSED when there is no such repository */
export async function readHeads(call: ApiCall, refs: readonly string[]): Promise<ReadonlyMap<string, RefHead | null>> {
  const heads = await Promise.all(refs.map(async (ref) => [ref, await readHead(call, ref)] as const));
  // A repository that is gone, or out of these credentials' reach, answers for its refs as one that never had them.
  if (heads.some(([, head]) => head === null)) await call.get(Repository, '');
  return new Map(heads);
}

async function readHead(call: ApiCall, ref: string): Promise<RefHead | null> {
  if (!isFullRef(ref)) return null;
  const found = await call.find(Ref, '/git/ref/{ref}', { ref: ref.slice('refs/'.length) });
  if ('data' in found) return found.data.ref === ref ? peel(call, found.data.object) : null;
  // 409: the repository is empty
  return found.missing.status === 404 || found.missing.status === 409 ? null : call.refuse(found.missing);
}

/** The commit behind a ref's object; null for a ref to something that is no commit. */
async function peel(call: ApiCall, object: GitObject): Promise<RefHead | null> {
  let inner = object;
  for (let depth = 0; inner.type === 'tag' && depth < limits.github.tagDepth; depth++) {
    inner = (await call.get(Tag, '/git/tags/{tag_sha}', { tag_sha: inner.sha })).object;
  }
  return inner.type === 'commit' ? { object: object.sha, commit: inner.sha } : null;
}

/** All tags. Annotated ones have to be looked up; where they are many, in GitHub's list of tags, which tells no tag objects. */
export async function readTags(call: ApiCall): Promise<ReadonlyMap<string, RefHead>> {
  const refs = await listed(call, Refs, '/git/matching-refs/{ref}', { ref: 'tags/' });
  const tags = refs.filter(({ ref }) => ref.startsWith('refs/tags/'));
  const annotated = tags.filter(({ object }) => object.type === 'tag').length;
  const commits = annotated > limits.github.tagLookups ? await tagCommits(call) : new Map<string, string>();
  const heads = await Promise.all(
    tags.map(async ({ ref, object }) => {
      const commit = commits.get(ref);
      return [ref, commit === undefined ? await peel(call, object) : { object: object.sha, commit }] as const;
    }),
  );
  return new Map(heads.flatMap(([ref, head]) => (head === null ? [] : [[ref, head] as const])));
}

async function tagCommits(call: ApiCall): Promise<Map<string, string>> {
  const tags = await listed(call, Tags, '/tags');
  return new Map(tags.map(({ name, commit }) => [`refs/tags/${name}`, commit.sha]));
}

async function listed<T>(call: ApiCall, schema: z.ZodType<readonly T[]>, route: string, parameters = {}): Promise<readonly T[]> {
  const found = await call.list(schema, route, limits.github.tagPages, parameters);
  if ('items' in found) return found.items;
  if (found.missing.status !== 409) call.refuse(found.missing);
  return []; // an empty repository
}
