import type { SourceObject } from './target.ts';

/** A Flux revision string (RFC-0005): `main@sha1:<hex>`, `sha1:<hex>`, `v1@sha256:<hex>`. */
export interface Revision {
  /** Branch, tag or full ref; null when the string is a bare digest. */
  readonly pointer: string | null;
  readonly algorithm: string;
  readonly digest: string;
}

/** Splits at the last `@`, because branch names may contain one; undefined when there is no digest. */
export function parseRevision(text: string): Revision | undefined {
  const at = text.lastIndexOf('@');
  const [algorithm, digest, ...rest] = text.slice(at + 1).split(':');
  if (!algorithm || !digest || rest.length > 0) return undefined;
  return { pointer: at < 0 ? null : text.slice(0, at), algorithm, digest };
}

/**
 * Whether what a source object has is that commit: by what its artifact was made from where the artifact says so (the digest of an artifact from a
 * registry is that of its manifest), else by its revision.
 */
export function hasCommit(
  { artifactRevision, artifactOrigin }: Pick<SourceObject, 'artifactRevision' | 'artifactOrigin'>,
  commit: string,
): boolean {
  return isAtCommit(artifactOrigin ?? artifactRevision, commit);
}

/** Whether a Flux revision is that commit. The pointer does not count: `main@sha1:x` and `sha1:x` are the same content. */
export function isAtCommit(revision: string | null, commit: string): boolean {
  return revision !== null && parseRevision(revision)?.digest === commit;
}
