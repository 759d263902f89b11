import type { Consumer, Footprint, SourceObject } from '#core/target.ts';
import type { FluxObject } from './flux-object.ts';
import { noRemotes, type RemoteClusters } from './remote-clusters.ts';

/** A target and everything that moves with it. Pure. */
export function footprintOf(source: SourceObject, downstream: readonly FluxObject[], remotes: RemoteClusters = noRemotes): Footprint {
  const consumers = downstream.flatMap((object) => consumerOf(object, remotes));
  const namespaces = new Set(consumers.filter(({ remote }) => !remote).flatMap((consumer) => consumer.namespaces));
  if (consumers.length === 0) namespaces.add(source.target.namespace);
  return {
    source,
    consumers,
    namespaces: [...namespaces].sort(),
    unbounded: consumers.filter((consumer) => consumer.unbounded).map((consumer) => consumer.object),
  };
}

function consumerOf({ target, suspended, writes, paths }: FluxObject, remotes: RemoteClusters): readonly Consumer[] {
  if (!writes) return [];
  const { kubeConfig, ...where } = writes;
  const remoteCluster = where.remote ? remotes(target.cluster, kubeConfig) : undefined;
  return [{ object: target, suspended, ...where, ...(remoteCluster === undefined ? {} : { remoteCluster }), paths }];
}

/** The source as ports know it; undefined for objects that are none. */
export function sourceObjectOf({ target, origin, suspended, artifact, paths }: FluxObject): SourceObject | undefined {
  if (!origin) return undefined;
  const made = artifact?.origin ? { artifactOrigin: artifact.origin } : {};
  return { target, ...origin, suspended, artifactRevision: artifact?.revision ?? null, ...made, paths };
}
