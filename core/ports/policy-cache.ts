import type { RepositoryFile } from '#core/repository-file.ts';

/** Keeps the documents of the policies in force here, so that a start does not need the repository that they come from. */
export interface PolicyCache {
  /** What was written under that digest (64 hex digits), not verified; undefined where there is nothing that can be read. */
  read(digest: string): Promise<readonly RepositoryFile[] | undefined>;
  /** Resolves when it is on stable storage. */
  write(digest: string, documents: readonly RepositoryFile[]): Promise<void>;
  /** Drops everything but this. */
  keep(digest: string): Promise<void>;
  /** Notes that the repository was heard just now. @param at milliseconds since the epoch */
  heard(digest: string, at: number): Promise<void>;
  /** When that was noted last, milliseconds since the epoch; undefined when it never was. */
  heardAt(digest: string): Promise<number | undefined>;
}
