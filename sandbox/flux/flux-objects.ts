import { z } from 'zod';
import type { KubeObject } from '#sandbox/cluster/kube-object.ts';
import type { Condition } from '#sandbox/flux/conditions.ts';

const conditionShape = z.looseObject({
  type: z.string(),
  status: z.enum(['True', 'False', 'Unknown']),
  reason: z.string(),
  message: z.string(),
  observedGeneration: z.number().default(0),
  lastTransitionTime: z.string(),
});

const artifactShape = z.looseObject({
  revision: z.string(),
  url: z.string(),
  digest: z.string().default(''),
  metadata: z.record(z.string(), z.string()).default({}),
});

const refShape = z.looseObject({
  branch: z.string().optional(),
  tag: z.string().optional(),
  semver: z.string().optional(),
  name: z.string().optional(),
  commit: z.string().optional(),
});

const gitRepositorySpec = z.looseObject({
  url: z.string(),
  interval: z.string(),
  timeout: z.string().optional(),
  suspend: z.boolean().default(false),
  ref: refShape.default({}),
});

const ociRepositorySpec = z.looseObject({
  url: z.string(),
  interval: z.string(),
  suspend: z.boolean().default(false),
  ref: z.looseObject({ tag: z.string().optional() }).default({}),
});

const named = z.looseObject({ kind: z.string(), name: z.string(), namespace: z.string().optional() });

const kustomizationSpec = z.looseObject({
  interval: z.string(),
  retryInterval: z.string().optional(),
  timeout: z.string().optional(),
  suspend: z.boolean().default(false),
  path: z.string().default('./'),
  prune: z.boolean().default(false),
  wait: z.boolean().default(false),
  targetNamespace: z.string().optional(),
  sourceRef: named,
  dependsOn: z.array(z.looseObject({ name: z.string(), namespace: z.string().optional() })).default([]),
  healthChecks: z.array(named.extend({ apiVersion: z.string().default('') })).default([]),
});

const sourceStatus = z.looseObject({
  conditions: z.array(conditionShape).default([]),
  artifact: artifactShape.optional(),
});

const kustomizationStatus = z.looseObject({
  inventory: z.looseObject({ entries: z.array(z.object({ id: z.string(), v: z.string() })) }).optional(),
  lastAttemptedRevision: z.string().optional(),
});

export type RefSpec = z.infer<typeof refShape>;
export type GitRepositorySpec = z.infer<typeof gitRepositorySpec>;
export type KustomizationSpec = z.infer<typeof kustomizationSpec>;
export type Artifact = z.infer<typeof artifactShape>;
export type InventoryEntry = { readonly id: string; readonly v: string };

/** @throws ZodError, as a real API server would have refused the object */
export function gitRepositorySpecOf(object: KubeObject): GitRepositorySpec {
  return gitRepositorySpec.parse(object['spec']);
}

/** @throws ZodError */
export function ociRepositorySpecOf(object: KubeObject): z.infer<typeof ociRepositorySpec> {
  return ociRepositorySpec.parse(object['spec']);
}

/** @throws ZodError */
export function kustomizationSpecOf(object: KubeObject): KustomizationSpec {
  return kustomizationSpec.parse(object['spec']);
}

export function sourceRefOf(object: KubeObject): { readonly kind: string; readonly namespace: string; readonly name: string } {
  const { kind, name, namespace } = kustomizationSpecOf(object).sourceRef;
  return { kind, name, namespace: namespace ?? object.metadata.namespace ?? '' };
}

export function artifactOf(object: KubeObject): Artifact | undefined {
  return sourceStatus.parse(object['status'] ?? {}).artifact;
}

export function conditionsOf(object: KubeObject): readonly Condition[] {
  return sourceStatus.parse(object['status'] ?? {}).conditions;
}

export function inventoryOf(object: KubeObject): readonly InventoryEntry[] {
  return kustomizationStatus.parse(object['status'] ?? {}).inventory?.entries ?? [];
}

export function lastAttemptedRevisionOf(object: KubeObject): string | undefined {
  return kustomizationStatus.parse(object['status'] ?? {}).lastAttemptedRevision;
}

/** Ready is True for the spec as it is now. */
export function isReady(object: KubeObject): boolean {
  const ready = conditionsOf(object).find((condition) => condition.type === 'Ready');
  return ready?.status === 'True' && ready.observedGeneration === object.metadata.generation;
}

/** Value of `reconcile.fluxcd.io/requestedAt`. */
export function requestOf(object: KubeObject): string | undefined {
  return object.metadata.annotations?.['reconcile.fluxcd.io/requestedAt'];
}
