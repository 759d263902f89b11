/** A cluster that the suite may use as it likes: it makes its own namespaces and repositories. */
export interface ClusterUnderTest {
  /** Base URL of the API server, `https://127.0.0.1:6443`. */
  readonly server: string;
  /** Bearer token of an account that may do everything. */
  readonly token: string;
  /** PEM of the authority that signed the server's certificate; undefined for `http:`. */
  readonly ca: string | undefined;
  /**
   * The shortest time that a health check waits before it gives up, milliseconds.
   * Flux raises shorter `spec.timeout`s to 30 s; a simulation may scale this down.
   */
  readonly healthCheckFloor: number;
  /** A new empty git repository that the cluster can clone. */
  repository(name: string): Promise<GitUnderTest>;
  /** Creates the object, or replaces its spec, labels and annotations. Namespaces included. */
  apply(object: object): Promise<void>;
  /** Makes the tarball of a source's current artifact unavailable, as when the storage of source-controller lost it. */
  loseArtifact(source: ObjectName): Promise<void>;
  /** Begins to serve ArtifactGenerator (source.extensions.fluxcd.io/v1beta1), which no cluster under test serves at first. */
  serveArtifactGenerators(): Promise<void>;
  stop(): Promise<void>;
}

export interface ObjectName {
  readonly namespace: string;
  readonly name: string;
}

export interface GitUnderTest {
  readonly url: string;
  /**
   * One commit on a branch (default `main`), on top of what is there.
   * @param files path → content; null deletes the file
   * @returns the commit's 40 hex digits
   */
  commit(
    files: Readonly<Record<string, string | null>>,
    options?: { readonly branch?: string; readonly message?: string; readonly tag?: string },
  ): Promise<string>;
}
