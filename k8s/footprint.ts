import type { Consumer, Footprint, SourceObject } from '#core/target.ts';
import type { FluxObject } from './flux-object.ts';

/** A target and everything that moves with it. Pure. */
export function footprintOf(source: SourceObject, downstream: readonly FluxObject[]): Footprint {
  const consumers = downstream.flatMap(consumerOf);
  const namespaces = new Set(consumers.flatMap((consumer) => consumer.namespaces));
  if (namespaces.size === 0) namespaces.add(source.target.namespace);
  return {
    source,
    consumers,
    namespaces: [...namespaces].sort(),
    unbounded: consumers.filter((consumer) => consumer.unbounded).map((consumer) => consumer.object),
  };
}

function consumerOf({ target, suspended, writes, paths }: FluxObject): readonly Consumer[] {
  return writes ? [{ object: target, suspended, ...writes, paths }] : [];
}

/** The source as ports know it; undefined for objects that are none. */
export function sourceObjectOf({ target, origin, suspended, artifact, paths }: FluxObject): SourceObject | undefined {
  if (!origin) return undefined;
  return { target, url: origin.url, ref: origin.ref, suspended, artifactRevision: artifact?.revision ?? null, paths };
}
