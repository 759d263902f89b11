import type { RepositoryFile } from '#core/repository-file.ts';

/** Reads what a commit holds, over the same authenticated connection, and with the same errors, as ReadBack. */
export interface ContentReader {
  /**
   * The text files that lie directly in a directory of a commit, by path, or the one file of that path; null where there is neither.
   * Symbolic links, submodules and what is no UTF-8 are left out. A commit that the source does not know is SOURCE_REFUSED.
   * Beside the errors of ReadBack: CONTENT_TOO_LARGE for more than `limits.content`.
   * @param commit full id
   * @param path from the root, without slashes at its ends; empty for the root itself
   */
  read(repository: string, commit: string, path: string): Promise<readonly RepositoryFile[] | null>;
}
