import type { Clock } from '#core/clock.ts';
import { limits } from '#core/limits.ts';
import type { TargetEvent } from '#core/ports/clusters.ts';
import type { TargetRef } from '#core/target.ts';

/** What an Event says of its object besides the name. */
export interface Involved {
  readonly apiVersion: string;
  readonly uid: string;
  readonly resourceVersion: string;
}

/**
 * A core/v1 Event about a target. Its name is the object's with a time and a random part, as client-go's recorder makes them,
 * cut so that it stays a valid name (253 characters).
 */
export function clusterEvent(target: TargetRef, involved: Involved, event: TargetEvent, clock: Clock): object {
  const now = new Date(clock.now()).toISOString().replace(/\.\d+Z$/, 'Z'); // meta/v1 Time has whole seconds
  const unique = `${clock.now().toString(16)}${Math.floor(clock.random() * 2 ** 32)
    .toString(16)
    .padStart(8, '0')}`;
  return {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name: `${target.name.slice(0, 230).replace(/[^a-z0-9]+$/, '')}.${unique}`, namespace: target.namespace },
    involvedObject: { kind: target.kind, namespace: target.namespace, name: target.name, ...involved },
    type: event.type,
    reason: event.reason,
    message: event.message.slice(0, limits.kube.eventMessageChars),
    source: { component: 'headgate' },
    reportingComponent: 'headgate',
    firstTimestamp: now,
    lastTimestamp: now,
    count: 1,
  };
}
