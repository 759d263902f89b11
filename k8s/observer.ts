import type { Attempt, Observation, Observer } from '#core/ports/clusters.ts';
import { limits } from '#core/limits.ts';
import { targetKey, type TargetRef } from '#core/target.ts';
import { judge } from './judge.ts';
import type { ObjectStore } from './object-store.ts';

/** Reads outcomes from the store. What is not in sight is not judged: an outcome may be final, and what was last seen may be old. */
export class StoreObserver implements Observer {
  readonly #store: ObjectStore;
  readonly #sees: (target: TargetRef) => boolean;

  /** @param sees whether a target and everything that may follow it is in sight now */
  constructor(store: ObjectStore, sees: (target: TargetRef) => boolean) {
    this.#store = store;
    this.#sees = sees;
  }

  observe(target: TargetRef, attempt: Attempt): Observation {
    const seen = this.#judge(target, attempt);
    return this.#sees(target) ? { ...seen, fresh: true } : { ...seen, outcome: null, reason: 'out-of-sight', lagging: false, fresh: false };
  }

  #judge(target: TargetRef, attempt: Attempt): Omit<Observation, 'fresh'> {
    const key = targetKey(target);
    const source = this.#store.get(key);
    if (!source) return gone(key);
    const { cluster } = target;
    return judge(source, this.#store.downstream(key), attempt, (ref) => this.#store.get(targetKey({ cluster, ...ref })));
  }
}

function gone(key: string): Omit<Observation, 'fresh'> {
  return {
    outcome: 'failed',
    reason: 'gone',
    message: `${key} is not there any more`,
    artifactReached: false,
    artifactRevision: null,
    lagging: false,
    consumers: [],
    patience: limits.outcome.minDeadline,
  };
}
