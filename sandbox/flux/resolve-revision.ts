import { compare, satisfies, validRange } from 'semver';
import type { RefSpec } from '#sandbox/flux/flux-objects.ts';
import type { SourceRepository } from '#sandbox/git/source-repository.ts';

export interface ResolvedRevision {
  /** `main@sha1:<hex>` and so on (RFC-0005 of Flux). */
  readonly revision: string;
  readonly commit: string;
}

/** Which commit a `spec.ref` means now. The order is go-git's: commit, name, tag, semver, branch. @throws Error in go-git's words */
export async function resolveRevision(repository: SourceRepository, ref: RefSpec): Promise<ResolvedRevision> {
  if (ref.commit) return resolveCommit(repository, ref.commit, ref.branch);
  const refs = await repository.refs();
  if (ref.name) return resolveName(repository, refs, ref.name);
  if (ref.semver) return named(refs, highestTag(refs, ref.semver));
  if (ref.tag) return pointed(refs, `refs/tags/${ref.tag}`, ref.tag);
  const branch = ref.branch || 'master';
  return pointed(refs, `refs/heads/${branch}`, branch);
}

async function resolveCommit(repository: SourceRepository, commit: string, branch: string | undefined): Promise<ResolvedRevision> {
  if (!(await repository.contains(branch || null, commit))) {
    throw new Error(`unable to resolve commit object for '${commit}': object not found`);
  }
  return { commit, revision: `${branch ? `${branch}@` : ''}sha1:${commit}` };
}

/** Only branches and tags are fetched: of any other ref the commit must be on a branch as well. */
async function resolveName(repository: SourceRepository, refs: ReadonlyMap<string, string>, name: string): Promise<ResolvedRevision> {
  const resolved = pointed(refs, name, name);
  const fetched = /^refs\/(heads|tags)\//.test(name) || (await repository.contains(null, resolved.commit));
  if (!fetched) throw new Error(`unable to resolve commit object for '${resolved.commit}': object not found`);
  return resolved;
}

function named(refs: ReadonlyMap<string, string>, tag: string): ResolvedRevision {
  return pointed(refs, `refs/tags/${tag}`, tag);
}

function pointed(refs: ReadonlyMap<string, string>, ref: string, pointer: string): ResolvedRevision {
  const commit = refs.get(ref);
  if (commit === undefined) throw new Error(`couldn't find remote ref "${ref}"`);
  return { commit, revision: `${pointer}@sha1:${commit}` };
}

/** Masterminds/semver, which Flux uses: `v1` is 1.0.0, a comma is "and", pre-releases count only when the range names one. */
function highestTag(refs: ReadonlyMap<string, string>, constraint: string): string {
  const range = constraint.replaceAll(',', ' ');
  if (validRange(range) === null) throw new Error(`semver parse error: improper constraint: ${constraint}`);
  const options = { includePrerelease: /\d-[0-9A-Za-z]/.test(range) };
  const fitting = tagVersions(refs).filter(({ version }) => satisfies(version, range, options));
  const highest = fitting.sort((left, right) => compare(left.version, right.version)).at(-1);
  if (highest === undefined) throw new Error(`no match found for semver: ${constraint}`);
  return highest.tag;
}

function tagVersions(refs: ReadonlyMap<string, string>): { readonly tag: string; readonly version: string }[] {
  return [...refs.keys()].flatMap((ref) => {
    const [, tag = '', major, minor = '.0', patch = '.0', rest = ''] =
      /^refs\/tags\/(v?(\d+)(\.\d+)?(\.\d+)?([-+][0-9A-Za-z.+-]+)?)$/.exec(ref) ?? [];
    return major === undefined ? [] : [{ tag, version: `${major}${minor}${patch}${rest}` }];
  });
}
