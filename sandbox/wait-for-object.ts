import type { Clock } from '#core/clock.ts';
import type { KubeObject } from '#sandbox/cluster/kube-object.ts';
import type { ObjectKey, ObjectStore } from '#sandbox/cluster/object-store.ts';

/** The object as soon as it satisfies `fits`. Rejects after `within` milliseconds with its last status. */
export function waitForObject(
  store: ObjectStore,
  clock: Clock,
  key: ObjectKey,
  fits: (object: KubeObject) => boolean,
  within: number,
): Promise<KubeObject> {
  return new Promise((resolve, reject) => {
    const look = (): void => {
      const object = store.get(key);
      if (object === undefined || !fits(object)) return;
      stop();
      resolve(object);
    };
    const cancel = clock.after(within, () => {
      stop();
      const last = JSON.stringify(store.get(key)?.['status'] ?? null);
      reject(new Error(`${key.kind.kind} ${key.namespace}/${key.name} did not get there within ${within} ms; its status: ${last}`));
    });
    const unsubscribe = store.subscribe(look);
    const stop = (): void => {
      cancel();
      unsubscribe();
    };
    look();
  });
}
