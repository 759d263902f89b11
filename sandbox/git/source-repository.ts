/** What a cluster sees of a git repository. */
export interface SourceRepository {
  /** Full names of all refs → commits; annotated tags are followed to theirs. */
  refs(): Promise<ReadonlyMap<string, string>>;
  /** Whether a commit is in the history of a branch; of any branch when it is null. */
  contains(branch: string | null, commit: string): Promise<boolean>;
  /**
   * The files of a directory in a commit: path relative to that directory → content.
   * Undefined when the commit has no such directory.
   * @param directory without leading `./`; empty for the root
   */
  files(commit: string, directory: string): Promise<ReadonlyMap<string, string> | undefined>;
}

/** Finds the repository behind a URL; undefined when nothing answers there. */
export type ResolveRepository = (url: string) => SourceRepository | undefined;
