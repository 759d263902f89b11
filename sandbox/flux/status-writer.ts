import type { Clock } from '#core/clock.ts';
import type { KubeObject } from '#sandbox/cluster/kube-object.ts';
import type { Kind } from '#sandbox/cluster/kinds.ts';
import type { ObjectStore } from '#sandbox/cluster/object-store.ts';
import { conditionsOf, requestOf } from '#sandbox/flux/flux-objects.ts';
import { withCondition, withoutConditions, type Condition } from '#sandbox/flux/conditions.ts';
import type { Gate } from '#sandbox/gate.ts';
import { timestamp } from '#sandbox/timestamp.ts';

export interface WriterParts {
  readonly store: ObjectStore;
  readonly clock: Clock;
  readonly gate: Gate;
}

/**
 * One run's view of an object's status. The token and the generation are those of the start of the run;
 * what the run finds out is drafted here and becomes visible with `write`.
 */
export class StatusWriter {
  readonly object: KubeObject;
  readonly generation: number;
  readonly #parts: WriterParts;
  readonly #kind: Kind;
  readonly #manager: string;
  #conditions: readonly Condition[];
  #fields: Readonly<Record<string, unknown>> = {};

  constructor(parts: WriterParts, kind: Kind, object: KubeObject, manager: string) {
    this.#parts = parts;
    this.#kind = kind;
    this.#manager = manager;
    this.object = object;
    this.generation = object.metadata.generation ?? 0;
    this.#conditions = conditionsOf(object);
  }

  condition(type: string): Condition | undefined {
    return this.#conditions.find((condition) => condition.type === type);
  }

  mark(type: string, status: Condition['status'], reason: string, message: string): this {
    const time = timestamp(this.#parts.clock.now());
    this.#conditions = withCondition(this.#conditions, { type, status, reason, message }, this.generation, time);
    return this;
  }

  clear(...types: readonly string[]): this {
    this.#conditions = withoutConditions(this.#conditions, ...types);
    return this;
  }

  set(fields: Readonly<Record<string, unknown>>): this {
    this.#fields = { ...this.#fields, ...fields };
    return this;
  }

  /** Notes that the request which stood at the start of the run has been handled: on success, on failure and when suspended. */
  handled(): this {
    const token = requestOf(this.object);
    return token === undefined ? this : this.set({ lastHandledReconcileAt: token });
  }

  /** The generation is observed only when a run succeeds: on failure it lags behind the conditions. */
  observed(): this {
    return this.set({ observedGeneration: this.generation });
  }

  /** Writes the draft to the status. False = the object is gone. */
  async write(): Promise<boolean> {
    const { store, gate } = this.#parts;
    await gate.pass();
    const { namespace, name, uid } = this.object.metadata;
    const key = { kind: this.#kind, namespace, name };
    if (store.get(key)?.metadata.uid !== uid) return false;
    const written = { status: { ...this.#fields, conditions: this.#conditions } };
    const writer = { manager: this.#manager, subresource: 'status' as const };
    const change = (current: KubeObject): KubeObject => ({ ...current, status: { ...fieldsOf(current['status']), ...written.status } });
    store.update({ ...key, writer, written, expected: undefined, change });
    return true;
  }
}

function fieldsOf(status: unknown): Readonly<Record<string, unknown>> {
  return typeof status === 'object' && status !== null ? Object.fromEntries(Object.entries(status)) : {};
}
