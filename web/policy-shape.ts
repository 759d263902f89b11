/** A loaded policy as the pages show it: its rules as written, whatever they are. */
export interface ShownPolicy {
  readonly name: string;
  /** SHA-256 of the normalised document. */
  readonly hash: string;
  readonly mode: string;
  readonly enforcement: string;
  /** `payments.yaml:3:1`. */
  readonly place: string;
  /** Namespaces of clusters, or the policies themselves. */
  readonly targets: readonly (
    | { readonly clusters: readonly string[]; readonly namespaces: readonly string[] }
    | { readonly policies: true }
  )[];
}

/** How the set of policies stands. */
export interface PolicySetStatus {
  readonly hash: string;
  /** When it was loaded, milliseconds since the epoch. */
  readonly loadedAt: number;
  /** Why the documents that are there now are not in force; null when they are. */
  readonly problem: string | null;
}
