/**
 * What a source publishes for Flux: the content of one path, at the revision that a ref leads to, as an artifact in a registry. Only what was allowed is
 * published, so that the tag of the artifact is the gate.
 */
export interface Publication {
  /** The repository's full name on the source. */
  readonly repository: string;
  /** `branch:default`, `bookmark:prod`, or a pattern of tags on a branch or bookmark, `tag:v*@branch:default`. */
  readonly ref: string;
  /** From the root of the repository, without slashes at its ends; empty for the root itself. */
  readonly path: string;
  /** `oci://registry.example.com/infra-pay`, without a tag. */
  readonly url: string;
  /** The tag that is moved, and that OCIRepositories follow. */
  readonly tag: string;
  /** `manifests`: what lies under the path, for Kustomizations. `chart`: the Helm chart that lies there, packed as `helm package` does. */
  readonly content: 'manifests' | 'chart';
}

/** `oci://registry.example.com/infra-pay:default`: names one artifact that is moved; publications of one address are one artifact. */
export function addressOf({ url, tag }: Pick<Publication, 'url' | 'tag'>): string {
  return `${url}:${tag}`;
}
