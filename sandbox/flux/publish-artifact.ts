import type { Clock } from '#core/clock.ts';
import type { KubeObject } from '#sandbox/cluster/kube-object.ts';
import { describeArtifact, type ArtifactStorage } from '#sandbox/flux/artifact-storage.ts';
import { conditionsOf, requestOf } from '#sandbox/flux/flux-objects.ts';
import { withCondition } from '#sandbox/flux/conditions.ts';
import { timestamp } from '#sandbox/timestamp.ts';

export interface PublishedArtifact {
  /** For example `v1@sha256:<hex>`. */
  readonly revision: string;
  /** Path → content, for Kustomizations that follow this source. */
  readonly files?: Readonly<Record<string, string>>;
}

/** The status of a source that serves this artifact now, token answered. The files go into the storage. */
export function publishArtifact(storage: ArtifactStorage, clock: Clock, source: KubeObject, published: PublishedArtifact): object {
  const time = timestamp(clock.now());
  const { namespace = '', name, generation = 0 } = source.metadata;
  const artifact = describeArtifact(source.kind, namespace, name, published.revision, time);
  storage.put(artifact.url, (directory) => Promise.resolve(filesBelow(published.files ?? {}, directory)));
  const ready = {
    type: 'Ready',
    status: 'True',
    reason: 'Succeeded',
    message: `stored artifact for revision '${published.revision}'`,
  } as const;
  const conditions = withCondition(conditionsOf(source), ready, generation, time);
  const token = requestOf(source);
  return { artifact, conditions, observedGeneration: generation, ...(token === undefined ? {} : { lastHandledReconcileAt: token }) };
}

/** What lies in a directory; undefined when there is none. */
export function filesBelow(files: Readonly<Record<string, string>>, directory: string): ReadonlyMap<string, string> | undefined {
  const prefix = directory === '' ? '' : `${directory}/`;
  const inside = Object.entries(files).filter(([path]) => path.startsWith(prefix));
  return inside.length === 0 ? undefined : new Map(inside.map(([path, content]) => [path.slice(prefix.length), content]));
}
