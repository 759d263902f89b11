import type { Kind } from '#sandbox/cluster/kinds.ts';
import type { KubeObject } from '#sandbox/cluster/kube-object.ts';

/** One write, as watches report it. */
export interface StoreEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly kind: Kind;
  readonly object: KubeObject;
  readonly previous: KubeObject | undefined;
  readonly version: number;
}

/** The last writes, for watches that resume. What has fallen out is answered with 410. */
export class EventHistory {
  readonly #limit: number;
  #events: StoreEvent[] = [];
  /** Version of the latest write that is no longer here. */
  #forgotten: number;

  /** @param start the version before the first write */
  constructor(limit: number, start: number) {
    this.#limit = limit;
    this.#forgotten = start;
  }

  add(event: StoreEvent): void {
    this.#events.push(event);
    if (this.#events.length > this.#limit * 2) this.#forgetFirst(this.#events.length - this.#limit);
  }

  /** The earliest version that a watch can resume from. */
  get oldest(): number {
    return this.#forgotten;
  }

  /** Every write after that version, or undefined when some of them are forgotten. */
  after(version: number): readonly StoreEvent[] | undefined {
    if (version < this.#forgotten) return undefined;
    return this.#events.filter((event) => event.version > version);
  }

  /** Forgets everything up to now. */
  expire(now: number): void {
    this.#events = [];
    this.#forgotten = now;
  }

  #forgetFirst(count: number): void {
    this.#forgotten = this.#events[count - 1]?.version ?? this.#forgotten;
    this.#events = this.#events.slice(count);
  }
}
