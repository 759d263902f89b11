import { fullCommitId } from '#core/commit-id.ts';
import type { Intake } from '#core/ports/journal.ts';
import { parseRevision } from '#core/revision.ts';
import { targetKey, type SourceObject } from '#core/target.ts';

/**
 * What each target is counted from: the last revision that was allowed; else what an earlier decision counted from, so that a revision that
 * was denied and that Flux fetched all the same never is; else what the target has now.
 * @returns by target key; a target that has nothing yet is absent
 */
export async function basesOf(
  journal: Pick<Intake, 'lastAllowed' | 'countedFrom'>,
  sources: readonly SourceObject[],
): Promise<ReadonlyMap<string, string>> {
  const keys = sources.map(({ target }) => targetKey(target));
  const allowed = await journal.lastAllowed(keys);
  const others = keys.filter((key) => !allowed.has(key));
  const counted = others.length === 0 ? new Map<string, string>() : await journal.countedFrom(others);
  return new Map(
    sources.flatMap((source) => {
      const key = targetKey(source.target);
      const base = allowed.get(key) ?? counted.get(key) ?? commitOf(source);
      return base === null ? [] : [[key, base]];
    }),
  );
}

/** The commit that a source object has, or that its artifact was made from; null before its first artifact, and for artifacts of no commit. */
export function commitOf({ target, artifactRevision, artifactOrigin }: SourceObject): string | null {
  const revision = artifactOrigin ?? (target.kind === 'OCIRepository' ? null : artifactRevision); // whose digest is its manifest's
  const digest = revision === null ? undefined : parseRevision(revision)?.digest;
  return digest !== undefined && fullCommitId.test(digest) ? digest : null;
}
