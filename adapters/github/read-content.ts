import { createHash } from 'node:crypto';
import { isUtf8 } from 'node:buffer';
import { z } from 'zod';
import type { Clock } from '#core/clock.ts';
import { fullCommitId } from '#core/commit-id.ts';
import { boundBytes, boundFiles } from '#core/content-bounds.ts';
import { HeadgateError } from '#core/errors.ts';
import { limits } from '#core/limits.ts';
import type { ContentReader } from '#core/ports/content-reader.ts';
import type { RepositoryFile } from '#core/repository-file.ts';
import { Repository } from './api-answers.ts';
import { ApiCall } from './api-call.ts';
import type { GithubClient } from './client.ts';

/** docs.github.com "Get a tree": `size` is there for blobs. */
const Tree = z.object({
  truncated: z.boolean(),
  tree: z.array(z.object({ path: z.string(), mode: z.string(), type: z.string(), sha: z.string(), size: z.int().optional() })),
});
type Entry = z.infer<typeof Tree>['tree'][number];

/** docs.github.com "Get a blob": base64 with line ends in it. */
const Blob = z.object({ encoding: z.literal('base64'), content: z.string() });

/** Reads files through GitHub's trees and blobs: from the commit's own tree downwards, so that nothing else can answer for it. */
export function createContentReader(client: GithubClient, clock: Clock): ContentReader {
  return { read: async (repository, commit, path) => readContent(new ApiCall(client, clock, repository), commit, path) };
}

/** As ContentReader says. */
export async function readContent(call: ApiCall, commit: string, path: string): Promise<readonly RepositoryFile[] | null> {
  const { repository } = call;
  const about = `${repository}: ${path} at ${commit}`;
  const root = fullCommitId.test(commit) ? await treeOf(call, about, commit) : null;
  if (root === null) return unknownCommit(call, repository, commit);
  const entries = await descend(call, about, root, path === '' ? [] : path.split('/'));
  const files = entries?.filter(isFile) ?? null;
  if (files === null) return null;
  boundFiles(about, files.length);
  boundBytes(
    about,
    files.map(({ size = 0 }) => size),
  );
  const read = await Promise.all(files.map((file) => readFile(call, about, file)));
  return read.flat().toSorted((one, other) => (one.path < other.path ? -1 : 1));
}

async function unknownCommit(call: ApiCall, repository: string, commit: string): Promise<never> {
  await call.get(Repository, '');
  throw new HeadgateError('SOURCE_REFUSED', `${repository} has no commit ${JSON.stringify(commit)}`);
}

/** Links and submodules have other modes (docs.github.com "Create a tree"). */
function isFile({ type, mode }: Entry): boolean {
  return type === 'blob' && /^100\d{3}$/.test(mode);
}

/** Null where there is no such tree. @param id of a tree or a commit */
async function treeOf(call: ApiCall, about: string, id: string): Promise<readonly Entry[] | null> {
  const found = await call.find(Tree, '/git/trees/{tree_sha}', { tree_sha: id });
  if ('missing' in found) return [404, 409, 422].includes(found.missing.status) ? null : call.refuse(found.missing);
  if (found.data.truncated) boundFiles(about, Number.POSITIVE_INFINITY);
  return found.data.tree;
}

/** The entries of a directory, or a file as the only one, with their paths from the root; null where there is neither. */
async function descend(
  call: ApiCall,
  about: string,
  root: readonly Entry[],
  segments: readonly string[],
): Promise<readonly Entry[] | null> {
  if (segments.length > limits.content.depth) return null;
  let entries = root;
  for (const [depth, segment] of segments.entries()) {
    const entry = entries.find(({ path }) => path === segment);
    const path = segments.slice(0, depth + 1).join('/');
    if (entry?.type === 'blob' && depth === segments.length - 1) return isFile(entry) ? [{ ...entry, path }] : null;
    const inner = entry?.type === 'tree' ? await treeOf(call, about, entry.sha) : null;
    if (inner === null) return null;
    entries = inner;
  }
  return entries.map((entry) => ({ ...entry, path: [...segments, entry.path].join('/') }));
}

/** Nothing where it is no text. */
async function readFile(call: ApiCall, about: string, { path, sha }: Entry): Promise<readonly RepositoryFile[]> {
  const { content } = await call.get(Blob, '/git/blobs/{file_sha}', { file_sha: sha });
  const bytes = Buffer.from(content, 'base64');
  if (blobId(bytes, sha) !== sha)
    throw new HeadgateError('SOURCE_UNREACHABLE', `${about}: ${path} came with another content than its id says`);
  return isUtf8(bytes) ? [{ path, text: bytes.toString('utf8') }] : [];
}

/** git-hash-object(1). */
function blobId(bytes: Buffer, like: string): string {
  const hash = createHash(like.length === 64 ? 'sha256' : 'sha1');
  return hash.update(`blob ${bytes.byteLength}\0`).update(bytes).digest('hex');
}
