import type { Manifest, PreflightFinding } from '#core/preflight.ts';

/** Holds objects against what a cluster would say of them. Changes nothing there. */
export interface ManifestChecks {
  /**
   * Whether objects fit the schemas of a cluster, or of the saved ones where the cluster is null. What cannot be looked at is a finding too.
   * Never rejects.
   */
  validate(cluster: string | null, manifests: readonly Manifest[], signal: AbortSignal): Promise<readonly PreflightFinding[]>;
  /** Which of these Secrets a cluster has; undefined for one that may not be looked at. Values are never asked for. Never rejects. */
  secrets(cluster: string, asked: readonly SecretName[], signal: AbortSignal): Promise<readonly (boolean | undefined)[]>;
}

export interface SecretName {
  readonly namespace: string;
  readonly name: string;
}
