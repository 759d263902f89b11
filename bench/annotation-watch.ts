import { gitRepositoryPath, REQUESTED_AT } from '../test/conformance/cluster/flux-objects.ts';
import type { KubeClient, WatchEvent } from '../test/conformance/cluster/kube-client.ts';

/** One change of `reconcile.fluxcd.io/requestedAt`. */
export interface AnnotationChange {
  readonly name: string;
  readonly value: string;
  /** When the watch event arrived, milliseconds of performance.now(). */
  readonly at: number;
}

/** Sees what anybody writes, by a watch of its own on the API server. */
export interface AnnotationWatch {
  /** All so far, in order. */
  readonly changes: readonly AnnotationChange[];
  /** The next change of one GitRepository after this call. Rejects after `within` milliseconds. */
  next(name: string, within?: number): Promise<AnnotationChange>;
  close(): void;
}

/** Watches the GitRepositories of a namespace from now on. */
export async function watchAnnotations(kube: KubeClient, namespace: string): Promise<AnnotationWatch> {
  const list = (await kube.get(gitRepositoryPath(namespace))).object();
  const values = new Map((list.items ?? []).map((object) => [object.metadata.name, object.metadata.annotations?.[REQUESTED_AT]]));
  const changes: AnnotationChange[] = [];
  const waiting = new Map<string, (change: AnnotationChange) => void>();
  const look = ({ type, object: { metadata } }: WatchEvent): false => {
    const at = performance.now();
    const { name = '', annotations } = metadata;
    const value = annotations?.[REQUESTED_AT];
    if (type !== 'MODIFIED' || value === undefined || value === values.get(name)) return false;
    values.set(name, value);
    changes.push({ name, value, at });
    waiting.get(name)?.({ name, value, at });
    return false; // nothing is kept twice
  };
  const watch = await kube.watch(`${gitRepositoryPath(namespace)}?resourceVersion=${list.metadata.resourceVersion}`, look);
  return {
    changes,
    next: (name, within = 30_000) => nextChange(waiting, name, within),
    close: () => watch.close(),
  };
}

function nextChange(waiting: Map<string, (change: AnnotationChange) => void>, name: string, within: number): Promise<AnnotationChange> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      waiting.delete(name);
      reject(new Error(`no annotation on ${name} within ${within} ms`));
    }, within);
    waiting.set(name, (change) => {
      clearTimeout(timer);
      waiting.delete(name);
      resolve(change);
    });
  });
}
