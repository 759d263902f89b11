import { parseRevision } from './revision.ts';
import type { RefSpec, SourceObject } from './target.ts';

/** The full ref that spec.ref names, or the range of tags; whoever asks has looked at `commit` before, which goes first. */
export function refOf({ name, tag, semver: range, branch }: RefSpec): string | { readonly semver: string } {
  if (name) return name;
  if (tag) return `refs/tags/${tag}`;
  return range ? { semver: range } : `refs/heads/${branch || 'master'}`;
}

/**
 * The full ref that a source object follows now; undefined when it names a commit only, or a range without an artifact yet.
 */
export function followedRef(source: Pick<SourceObject, 'ref' | 'artifactRevision'>): string | undefined {
  const { ref } = source;
  if (ref.commit) return ref.branch ? `refs/heads/${ref.branch}` : undefined;
  const followed = refOf(ref);
  if (typeof followed === 'string') return followed;
  const tag = source.artifactRevision === null ? null : parseRevision(source.artifactRevision)?.pointer;
  return tag ? `refs/tags/${tag}` : undefined;
}
