import { z } from 'zod';
import type { Clock } from '#core/clock.ts';
import type { KubeObject } from '#sandbox/cluster/kube-object.ts';
import type { ObjectKey, ObjectStore } from '#sandbox/cluster/object-store.ts';
import { conditionsOf } from '#sandbox/flux/flux-objects.ts';

const deploymentShape = z.looseObject({
  spec: z.looseObject({ replicas: z.number().default(1) }).default({ replicas: 1 }),
  status: z
    .looseObject({
      observedGeneration: z.number().default(0),
      updatedReplicas: z.number().default(0),
      availableReplicas: z.number().default(0),
    })
    .default({ observedGeneration: 0, updatedReplicas: 0, availableReplicas: 0 }),
});

export type Deployment = z.infer<typeof deploymentShape>;

export function deploymentOf(object: KubeObject): Deployment {
  return deploymentShape.parse(object);
}

export type Health = 'healthy' | 'timeout' | 'cancelled';

/** Waits until every object is healthy; `cancelled` when `signal` aborts first. */
export function waitForHealth(
  parts: { readonly store: ObjectStore; readonly clock: Clock },
  keys: readonly ObjectKey[],
  timeout: number,
  signal: AbortSignal,
): Promise<Health> {
  return new Promise((resolve) => {
    const end = (health: Health): void => {
      cancel();
      unsubscribe();
      signal.removeEventListener('abort', abort);
      resolve(health);
    };
    const look = (): void => {
      if (unhealthy(parts.store, keys).length === 0) end('healthy');
    };
    const abort = (): void => end('cancelled');
    const cancel = parts.clock.after(timeout, () => end('timeout'));
    const unsubscribe = parts.store.subscribe(look);
    signal.addEventListener('abort', abort, { once: true });
    if (signal.aborted) abort();
    else look();
  });
}

/** `Deployment/apps/web status: 'InProgress'` for each object that is not healthy. */
export function unhealthy(store: ObjectStore, keys: readonly ObjectKey[]): readonly string[] {
  return keys.flatMap((key) => {
    const status = statusOf(store.get(key));
    return status === 'Current' ? [] : [`${[key.kind.kind, key.namespace, key.name].filter(Boolean).join('/')} status: '${status}'`];
  });
}

/** What kstatus (sigs.k8s.io/cli-utils) makes of an object. */
function statusOf(object: KubeObject | undefined): 'Current' | 'InProgress' | 'Failed' | 'NotFound' {
  if (object === undefined) return 'NotFound';
  if (object.kind === 'Deployment') return deploymentStatus(object);
  if (object.metadata.generation === undefined || !object.apiVersion.includes('fluxcd.io/')) return 'Current';
  const conditions = conditionsOf(object);
  if (conditions.some((condition) => condition.type === 'Stalled' && condition.status === 'True')) return 'Failed';
  const ready = conditions.find((condition) => condition.type === 'Ready');
  const current = ready?.status === 'True' && ready.observedGeneration === object.metadata.generation;
  return current ? 'Current' : 'InProgress';
}

function deploymentStatus(object: KubeObject): 'Current' | 'InProgress' {
  const { spec, status } = deploymentOf(object);
  const seen = status.observedGeneration >= (object.metadata.generation ?? 0);
  return seen && status.updatedReplicas >= spec.replicas && status.availableReplicas >= spec.replicas ? 'Current' : 'InProgress';
}
