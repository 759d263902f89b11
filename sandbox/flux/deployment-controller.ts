import type { Clock } from '#core/clock.ts';
import type { KubeObject } from '#sandbox/cluster/kube-object.ts';
import type { ObjectStore } from '#sandbox/cluster/object-store.ts';
import { deploymentOf } from '#sandbox/flux/health-check.ts';
import { timestamp } from '#sandbox/timestamp.ts';

/** A Deployment with this annotation never becomes available. */
export const STUCK = 'sandbox.headgate.dev/stuck';
const ROLLOUT = 150;

/** Stands in for kube-controller-manager and a kubelet: each new generation of a Deployment is available a moment later. Returns the end of it. */
export function makeDeploymentsReady({ store, clock }: { readonly store: ObjectStore; readonly clock: Clock }): () => void {
  return store.subscribe(({ type, kind, object }) => {
    if (kind.kind !== 'Deployment' || type === 'DELETED' || object.metadata.annotations?.[STUCK] === 'true') return;
    if (deploymentOf(object).status.observedGeneration === object.metadata.generation) return;
    clock.after(ROLLOUT, () => {
      const current = store.get({ kind, namespace: object.metadata.namespace, name: object.metadata.name });
      if (current?.metadata.uid !== object.metadata.uid || current.metadata.generation !== object.metadata.generation) return;
      const { namespace, name } = current.metadata;
      const status = rolledOut(current, timestamp(clock.now()));
      const writer = { manager: 'kube-controller-manager', subresource: 'status' as const };
      store.update({ kind, namespace, name, writer, written: { status }, expected: undefined, change: (now) => ({ ...now, status }) });
    });
  });
}

function rolledOut(object: KubeObject, time: string): Readonly<Record<string, unknown>> {
  const { replicas } = deploymentOf(object).spec;
  const available = { type: 'Available', status: 'True', reason: 'MinimumReplicasAvailable', message: '', lastTransitionTime: time };
  const counts = { replicas, updatedReplicas: replicas, readyReplicas: replicas, availableReplicas: replicas };
  return { observedGeneration: object.metadata.generation, ...counts, conditions: [available] };
}
