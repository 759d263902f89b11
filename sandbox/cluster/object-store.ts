import type { Clock } from '#core/clock.ts';
import { EventHistory, type StoreEvent } from '#sandbox/cluster/event-history.ts';
import { KindRegistry, apiVersionOf, type Kind } from '#sandbox/cluster/kinds.ts';
import type { KubeObject, Manifest } from '#sandbox/cluster/kube-object.ts';
import { withManagedFields, type Writer } from '#sandbox/cluster/managed-fields.ts';
import { sameJson } from '#sandbox/cluster/merge-patch.ts';
import { alreadyExists, conflict, invalid, notFound } from '#sandbox/cluster/status-error.ts';
import { timestamp } from '#sandbox/timestamp.ts';

/** A cluster has a past: version 1 has long expired when a client first looks. */
const FIRST_VERSION = 1_000;

/** Where an object is kept. */
export interface ObjectKey {
  readonly kind: Kind;
  readonly namespace: string | undefined;
  readonly name: string;
}

export interface Update extends ObjectKey {
  readonly writer: Writer;
  /** What the client sent, for managedFields. */
  readonly written: unknown;
  /** The version that the client believes it changes; undefined = whatever is there. */
  readonly expected: string | undefined;
  readonly change: (current: KubeObject) => Manifest;
}

/**
 * What etcd and the registry of an API server do together: objects, one counter of versions over all kinds,
 * generations, finalizers, and a history that watches replay.
 */
export class ObjectStore {
  readonly kinds: KindRegistry;
  readonly history: EventHistory;
  readonly #clock: Clock;
  readonly #objects = new Map<Kind, Map<string, KubeObject>>();
  readonly #listeners = new Set<(event: StoreEvent) => void>();
  #version = FIRST_VERSION;

  constructor(clock: Clock, kinds: readonly Kind[], historyLimit: number) {
    this.#clock = clock;
    this.kinds = new KindRegistry(kinds);
    this.history = new EventHistory(historyLimit, FIRST_VERSION);
  }

  /** The version of the latest write. */
  get version(): number {
    return this.#version;
  }

  get({ kind, namespace, name }: ObjectKey): KubeObject | undefined {
    return this.#of(kind).get(`${namespace ?? ''}/${name}`);
  }

  /** Without any order. */
  values(kind: Kind): Iterable<KubeObject> {
    return this.#of(kind).values();
  }

  /** In the order of their keys, as etcd answers. */
  list(kind: Kind, namespace?: string): readonly KubeObject[] {
    const entries = [...this.#of(kind)].filter(([key]) => namespace === undefined || key.startsWith(`${namespace}/`));
    return entries.sort(([left], [right]) => (left < right ? -1 : 1)).map(([, object]) => object);
  }

  /** @throws StatusError AlreadyExists */
  create({ kind, namespace, name }: ObjectKey, manifest: Manifest, writer: Writer): KubeObject {
    if (this.get({ kind, namespace, name }) !== undefined) throw alreadyExists(kind, name);
    const time = timestamp(this.#clock.now());
    const identity = { name, uid: this.#uid(), resourceVersion: this.#next(), creationTimestamp: time };
    const place = namespace === undefined ? identity : { ...identity, namespace };
    const { managedFields: _, ...metadata } = manifest.metadata;
    const object = { ...manifest, apiVersion: apiVersionOf(kind), kind: kind.kind };
    const counted = { ...object, metadata: { ...metadata, ...place, ...(kind.generation ? { generation: 1 } : {}) } };
    const stored = { ...counted, metadata: { ...withManagedFields(counted, manifest, writer, time), ...place } };
    return this.#put('ADDED', kind, stored, undefined);
  }

  /** Writes nothing, and counts no version, when the change changes nothing. @throws StatusError NotFound, Conflict */
  update(update: Update): KubeObject {
    const { kind, name, expected } = update;
    const current = this.get(update);
    if (current === undefined) throw notFound(kind, name);
    if (expected !== undefined && expected !== current.metadata.resourceVersion) throw conflict(kind, name);
    const changed = settled(kind, current, update.change(current), update.writer);
    if (sameJson(changed, current)) return current;
    const metadata = withManagedFields(changed, update.written, update.writer, timestamp(this.#clock.now()));
    const stored = { ...changed, metadata: { ...metadata, ...identityOf(current), resourceVersion: this.#next() } };
    if (isGone(stored)) return this.#drop(kind, stored, current);
    return this.#put('MODIFIED', kind, stored, current);
  }

  /** Removes an object, or marks it as being deleted while it has finalizers. @throws StatusError NotFound */
  remove({ kind, namespace, name }: ObjectKey): KubeObject {
    const current = this.get({ kind, namespace, name });
    if (current === undefined) throw notFound(kind, name);
    const resourceVersion = this.#next();
    if ((current.metadata.finalizers ?? []).length === 0) {
      return this.#drop(kind, { ...current, metadata: { ...current.metadata, resourceVersion } }, current);
    }
    if (current.metadata.deletionTimestamp !== undefined) return current;
    const deletionTimestamp = timestamp(this.#clock.now());
    return this.#put('MODIFIED', kind, { ...current, metadata: { ...current.metadata, resourceVersion, deletionTimestamp } }, current);
  }

  /** Forgets the history: watches cannot resume from a version before now. A write goes on top, as others would have written meanwhile. */
  expire(): void {
    this.#next();
    this.history.expire(this.#version);
  }

  /** Serves a kind no longer, as when its CustomResourceDefinition is deleted: its objects go with it. */
  removeKind(kind: Kind): void {
    for (const object of this.list(kind)) {
      const metadata = { ...object.metadata, resourceVersion: this.#next() };
      this.#drop(kind, { ...object, metadata }, object);
    }
    this.kinds.remove(kind);
  }

  /** Calls back with every write, in order, before the writer gets its answer. Returns the unsubscription. */
  subscribe(listener: (event: StoreEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #put(type: StoreEvent['type'], kind: Kind, object: KubeObject, previous: KubeObject | undefined): KubeObject {
    this.#of(kind).set(keyOf(object), object);
    this.#tell({ type, kind, object, previous, version: Number(object.metadata.resourceVersion) });
    return object;
  }

  #drop(kind: Kind, object: KubeObject, previous: KubeObject): KubeObject {
    this.#of(kind).delete(keyOf(object));
    this.#tell({ type: 'DELETED', kind, object, previous, version: Number(object.metadata.resourceVersion) });
    return object;
  }

  #tell(event: StoreEvent): void {
    this.history.add(event);
    for (const listener of this.#listeners) listener(event);
  }

  #of(kind: Kind): Map<string, KubeObject> {
    const known = this.#objects.get(kind);
    if (known !== undefined) return known;
    const objects = new Map<string, KubeObject>();
    this.#objects.set(kind, objects);
    return objects;
  }

  #next(): string {
    this.#version += 1;
    return String(this.#version);
  }

  #uid(): string {
    const hex = Array.from({ length: 32 }, () => Math.floor(this.#clock.random() * 16).toString(16)).join('');
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20)}`;
  }
}

function keyOf(object: KubeObject): string {
  return `${object.metadata.namespace ?? ''}/${object.metadata.name}`;
}

/** The parts of metadata that no client changes. */
function identityOf(object: KubeObject): Pick<KubeObject['metadata'], 'name' | 'namespace' | 'uid' | 'creationTimestamp'> {
  const { name, namespace, uid, creationTimestamp } = object.metadata;
  return namespace === undefined ? { name, uid, creationTimestamp } : { name, namespace, uid, creationTimestamp };
}

/** The wanted object as far as this writer may write it, with its generation. @throws StatusError Invalid */
function settled(kind: Kind, current: KubeObject, wanted: Manifest, writer: Writer): KubeObject {
  if (writer.subresource === 'status') return { ...current, status: wanted['status'] };
  const { name, namespace } = current.metadata;
  const moved = (wanted.metadata.name ?? name) !== name || (wanted.metadata.namespace ?? namespace) !== namespace;
  if (moved) throw invalid(kind, name, 'metadata.name', 'Invalid value: field is immutable');
  const { generation, resourceVersion, deletionTimestamp, managedFields } = current.metadata;
  const kept = { generation, resourceVersion, deletionTimestamp, managedFields };
  const metadata = { ...wanted.metadata, ...identityOf(current), ...withoutUndefined(kept), resourceVersion };
  const object: KubeObject = { ...wanted, apiVersion: current.apiVersion, kind: current.kind, metadata };
  if (kind.status) object['status'] = current['status'];
  if (object['status'] === undefined) delete object['status'];
  if (!kind.generation || sameJson(contentOf(object), contentOf(current))) return object;
  return { ...object, metadata: { ...metadata, generation: (generation ?? 0) + 1 } };
}

/** Everything whose change is a new generation. */
function contentOf(object: KubeObject): unknown {
  const { metadata: _metadata, status: _status, ...content } = object;
  return content;
}

function isGone(object: KubeObject): boolean {
  return object.metadata.deletionTimestamp !== undefined && (object.metadata.finalizers ?? []).length === 0;
}

function withoutUndefined<T extends object>(fields: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}
