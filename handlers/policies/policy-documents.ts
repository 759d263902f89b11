import { createHash } from 'node:crypto';
import { HeadgateError } from '#core/errors.ts';
import type { PolicyOrigin } from '#core/policy-origin.ts';
import type { ContentReader } from '#core/ports/content-reader.ts';
import type { RepositoryFile } from '#core/repository-file.ts';
import type { PolicySet } from '#policy/documents.ts';
import { parsePolicies } from '#policy/parse-policies.ts';

/** The policy documents of one revision. */
export interface PolicyDocuments {
  readonly revision: string;
  /** SHA-256 over paths and texts; of nothing where they could not be read. */
  readonly digest: string;
  readonly files: readonly RepositoryFile[];
  /** What they say, or in words why they cannot be taken into force. */
  readonly set: PolicySet | { readonly problem: string };
}

/**
 * Reads the policy documents of a revision: the `*.yaml` and `*.yml` files that lie directly in the directory. A directory that is
 * gone holds none.
 * @throws HeadgateError as ReadBack; what is too large is said in the answer
 */
export async function readPolicyDocuments(content: ContentReader, origin: PolicyOrigin, revision: string): Promise<PolicyDocuments> {
  try {
    const found = (await content.read(origin.repository, revision, origin.path)) ?? [];
    return parsePolicyDocuments(
      revision,
      found.filter(({ path }) => isDocument(origin, path)),
    );
  } catch (error) {
    if (!(error instanceof HeadgateError) || error.code !== 'CONTENT_TOO_LARGE') throw error;
    return { revision, digest: digestOf([]), files: [], set: { problem: error.message } };
  }
}

/** What documents say that were read at a revision. */
export function parsePolicyDocuments(revision: string, files: readonly RepositoryFile[]): PolicyDocuments {
  return { revision, digest: digestOf(files), files, set: parse(revision, files) };
}

/** Removing documents is a change like any other; without any nothing could ever be allowed again, not even their return. */
function parse(revision: string, files: readonly RepositoryFile[]): PolicyDocuments['set'] {
  try {
    const set = parsePolicies(files.map(({ path, text }) => ({ name: path, text })));
    return set.policies.length === 0 ? { problem: 'there is no GatePolicy document' } : { ...set, revision };
  } catch (error) {
    if (error instanceof HeadgateError && error.code === 'POLICY_INVALID') return { problem: error.message };
    throw error;
  }
}

/** As of a directory here: hidden files are left out. The one file that `path` may name counts by its name alone. */
function isDocument({ path: directory }: PolicyOrigin, path: string): boolean {
  const name = path.slice(path.lastIndexOf('/') + 1);
  return path === directory || (!name.startsWith('.') && /\.ya?ml$/.test(name));
}

function digestOf(files: readonly RepositoryFile[]): string {
  const sorted = files.toSorted((one, other) => (one.path < other.path ? -1 : 1));
  return createHash('sha256')
    .update(JSON.stringify(sorted.map(({ path, text }) => [path, text])))
    .digest('hex');
}
