import { parseRevision } from '#core/revision.ts';
import type { Artifact } from './flux-object.ts';

/** Whether two Flux revisions name the same content: by digest where there is one, else (chart versions) by the whole text. */
export function sameContent(one: string | null | undefined, other: string | null | undefined): boolean {
  if (!one || !other) return false;
  return digestOf(one) === digestOf(other);
}

/** Whether an artifact is that commit, or was made from it. */
export function isMadeFrom(artifact: Artifact | null, commit: string): boolean {
  return artifact !== null && (sameContent(artifact.revision, commit) || sameContent(artifact.origin, commit));
}

/** The digest of a revision, or of a bare one such as a commit. */
export function digestOf(revision: string): string {
  return parseRevision(revision)?.digest ?? revision;
}
