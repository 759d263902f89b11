/** Where the policies come from when that is a repository. */
export interface PolicyOrigin {
  /** `spec.sources[].name`. */
  readonly source: string;
  /** Full name on the source. */
  readonly repository: string;
  /** Full. */
  readonly ref: string;
  /** From the root, without slashes at its ends; empty for the root. */
  readonly path: string;
  /** The commit that the config trusts without a decision; null = what the ref leads to at the first start. */
  readonly pinned: string | null;
}
