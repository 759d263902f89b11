export interface RepositoryFile {
  /** From the repository's root. */
  readonly path: string;
  readonly text: string;
}
