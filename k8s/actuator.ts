import { backOff, pause, type Clock } from '#core/clock.ts';
import { limits } from '#core/limits.ts';
import type { Actuator, ReconcileOrder, TargetEvent } from '#core/ports/clusters.ts';
import { targetKey, type TargetRef } from '#core/target.ts';
import { ApiError, hasStatus } from './api-error.ts';
import { clusterEvent } from './cluster-event.ts';
import type { Connection } from './connection.ts';
import type { FluxObject } from './flux-object.ts';
import { KeyedLimiter } from './keyed-limiter.ts';
import { objectPath } from './kinds.ts';

export interface ActuatorOptions {
  readonly connections: ReadonlyMap<string, Connection>;
  readonly find: (target: TargetRef) => FluxObject | undefined;
  /** Called with the object as the API server stored it: what observes it need not wait for the watch. */
  readonly stored: (target: TargetRef, raw: unknown) => void;
  readonly clock: Clock;
}

/**
 * Writes to the clusters. Patches of one object run one after the other, because the API server answers parallel ones by
 * retrying their conflicts; those of one cluster run limits.kube.patchConcurrency at once.
 */
export class KubeActuator implements Actuator {
  readonly #options: ActuatorOptions;
  readonly #limiters: ReadonlyMap<string, KeyedLimiter>;

  constructor(options: ActuatorOptions) {
    this.#options = options;
    this.#limiters = new Map([...options.connections.keys()].map((name) => [name, new KeyedLimiter(limits.kube.patchConcurrency)]));
  }

  async requestReconcile(target: TargetRef, order: ReconcileOrder): Promise<void> {
    const path = objectPath(target);
    if (path === undefined) throw new ApiError(404, `${target.cluster}: ${target.kind} is not a kind that can be reconciled`);
    const annotations = { 'reconcile.fluxcd.io/requestedAt': order.token, 'event.toolkit.fluxcd.io/headgate-run': order.run };
    const raw = await this.#limited(target, (connection) =>
      this.#settled(() =>
        connection.send({
          method: 'PATCH',
          path: `${path}?fieldManager=headgate`,
          contentType: 'application/merge-patch+json',
          body: { metadata: { annotations } },
        }),
      ),
    );
    this.#options.stored(target, raw);
  }

  async emitEvent(target: TargetRef, event: TargetEvent): Promise<void> {
    const object = this.#options.find(target);
    if (!object) throw new ApiError(404, `${targetKey(target)} is not there any more`);
    const { apiVersion, uid, resourceVersion } = object;
    const body = clusterEvent(target, { apiVersion, uid, resourceVersion }, event, this.#options.clock);
    const path = `/api/v1/namespaces/${encodeURIComponent(target.namespace)}/events?fieldManager=headgate`;
    await this.#connection(target.cluster).send({ method: 'POST', path, body }).catch(ignoreExisting);
  }

  #limited(target: TargetRef, work: (connection: Connection) => Promise<unknown>): Promise<unknown> {
    const connection = this.#connection(target.cluster);
    const limiter = this.#limiters.get(target.cluster);
    return limiter ? limiter.run(targetKey(target), () => work(connection)) : work(connection);
  }

  /** A merge patch names no version, so a conflict says only that others wrote at the same time. */
  async #settled(attempt: () => Promise<unknown>): Promise<unknown> {
    const { clock } = this.#options;
    for (let retry = 0; ; retry++) {
      try {
        return await attempt();
      } catch (error) {
        if (!hasStatus(error, 409) || retry >= limits.kube.conflictRetries) throw error;
        await pause(clock, backOff(clock, retry, limits.kube.reconnectBase / 10, limits.kube.reconnectBase));
      }
    }
  }

  #connection(cluster: string): Connection {
    const connection = this.#options.connections.get(cluster);
    if (!connection) throw new ApiError(404, `no cluster "${cluster}" is configured`);
    return connection;
  }
}

/** The name is unique, so an Event that exists is this one, sent again over a fresh connection. */
function ignoreExisting(error: unknown): void {
  if (!hasStatus(error, 409)) throw error;
}
