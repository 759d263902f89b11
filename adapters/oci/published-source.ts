import type { RefDoubt } from '#core/ref-doubt.ts';

/**
 * What a publisher needs of the source whose content it publishes. Rejects with the errors of ReadBack.
 */
export interface PublishedSource {
  /**
   * What makes a directory unfit to be published that only the source can tell: subrepositories, files kept elsewhere, symbolic links. A pack finds
   * symbolic links too, but not that a file stands for another one.
   * @param revision full id
   * @param path from the root of the repository, without slashes at its ends; empty for the root
   */
  doubts(repository: string, revision: string, path: string): Promise<readonly RefDoubt[]>;
  content(question: ContentQuestion): Promise<SourceContent>;
}

export interface ContentQuestion {
  readonly repository: string;
  /** Full ref that the revision was reached by. */
  readonly ref: string;
  /** Full id. */
  readonly revision: string;
  readonly path: string;
  /** A revision whose files at that path are known: the archive may hold what differs from it alone. */
  readonly since?: string;
  readonly signal?: AbortSignal;
}

/** A function of the revision and the ref alone: what is made of it has the same digest whenever it is made. */
export interface SourceContent {
  /** When the revision was committed, milliseconds since the epoch. */
  readonly date: number;
  /** As Flux writes revisions (RFC-0005): `default@sha1:<40 hex>`. Becomes `org.opencontainers.image.revision`, and `lastAppliedOriginRevision`. */
  readonly origin: string;
  /** Address of the repository, without credentials. Becomes `org.opencontainers.image.source`. */
  readonly url: string;
  readonly archive: SourceArchive;
  /** Absent: the archive holds all. */
  readonly difference?: Difference;
}

/** What differs from the revision that was named as `since`: paths from the root. */
export interface Difference {
  /** Files that are new, or others than they were: the archive holds each of them, and nothing else. */
  readonly present: readonly string[];
  readonly gone: readonly string[];
}

/** Files as an uncompressed tar stream, in any order, with whatever owners and times. */
export interface SourceArchive {
  /** The directory that every name begins with, with its slash; empty for none. Names go on from the root of the repository. */
  readonly prefix: string;
  /** Names from the root that whoever made the archive has added, and that are no files of the revision: they are left out (`.hg_archival.txt`). */
  readonly added: readonly string[];
  readonly tar: AsyncIterable<Uint8Array>;
}
