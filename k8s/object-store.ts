import { limits } from '#core/limits.ts';
import { targetKey, type TargetRef } from '#core/target.ts';
import type { FluxObject, ObjectKey, ObjectRef } from './flux-object.ts';
import { type Relation, Relations } from './relations.ts';
import { UrlIndex } from './url-index.ts';

/** The Flux objects of all clusters, indexed by repository and by who follows whom. Knows nothing of watches. */
export class ObjectStore {
  readonly #objects = new Map<ObjectKey, FluxObject>();
  /** Objects of one kind of one cluster. */
  readonly #collections = new Map<string, Set<ObjectKey>>();
  readonly #relations = new Relations();
  readonly #urls = new UrlIndex();
  readonly #announce: (source: TargetRef) => void;

  /** @param announce called with each source that a change concerns, after the change */
  constructor(announce: (source: TargetRef) => void) {
    this.#announce = announce;
  }

  get(key: ObjectKey): FluxObject | undefined {
    return this.#objects.get(key);
  }

  /** Source objects whose repository is one of these. */
  at(repository: Parameters<UrlIndex['find']>[0]): readonly FluxObject[] {
    return this.#known(this.#urls.find(repository));
  }

  /** Source objects of every cluster. */
  sources(): readonly FluxObject[] {
    return [...this.#objects.values()].filter((object) => object.origin !== null);
  }

  /** Everything known that follows an object, near or far, in the order of their keys. */
  downstream(key: ObjectKey): readonly FluxObject[] {
    return this.#known([...this.#relations.downstream(key)].sort());
  }

  count(cluster: string, kind: string): number {
    return this.#collections.get(collectionOf(cluster, kind))?.size ?? 0;
  }

  /** Takes one version of an object. Versions come by watch and as answers to our own patches, so an older one may come late. */
  upsert(object: FluxObject): void {
    const before = this.#objects.get(targetKey(object.target));
    if (before?.uid === object.uid && isOlder(object.resourceVersion, before.resourceVersion)) return;
    this.#change((concerned) => this.#put(object, concerned));
  }

  remove(target: TargetRef): void {
    this.#change((concerned) => this.#drop(targetKey(target), concerned));
  }

  /** The collection holds exactly these objects now. Announces what differs only. */
  replace(cluster: string, kind: string, objects: readonly FluxObject[]): void {
    const present = new Set(objects.map((object) => targetKey(object.target)));
    const gone = [...(this.#collections.get(collectionOf(cluster, kind)) ?? [])].filter((key) => !present.has(key));
    this.#change((concerned) => {
      for (const key of gone) this.#drop(key, concerned);
      for (const object of objects) this.#put(object, concerned);
    });
  }

  #change(apply: (concerned: Concerned) => void): void {
    const concerned: Concerned = new Map();
    apply(concerned);
    for (const source of concerned.values()) this.#announce(source);
  }

  /** A re-pointed object concerns the source that it followed before and the one that it follows now. */
  #put(object: FluxObject, concerned: Concerned): void {
    const key = targetKey(object.target);
    const before = this.#objects.get(key);
    if (before && before.resourceVersion === object.resourceVersion && before.uid === object.uid) return;
    this.#concern(key, concerned);
    this.#objects.set(key, before?.uid === object.uid ? { ...object, tokens: remember(before.tokens, object.tokens) } : object);
    this.#collection(object.target).add(key);
    this.#relations.state(key, relationsOf(object));
    if (object.origin) this.#urls.set(key, object.origin.url);
    this.#concern(key, concerned);
  }

  #drop(key: ObjectKey, concerned: Concerned): void {
    const object = this.#objects.get(key);
    if (!object) return;
    this.#concern(key, concerned);
    this.#objects.delete(key);
    this.#collection(object.target).delete(key);
    this.#relations.state(key, []);
    this.#urls.delete(key);
  }

  /** Notes the sources among an object and everything that it follows at this moment. */
  #concern(key: ObjectKey, concerned: Concerned): void {
    for (const near of [key, ...this.#relations.upstream(key)]) {
      const object = this.#objects.get(near);
      if (object?.origin) concerned.set(near, object.target);
    }
  }

  #collection({ cluster, kind }: TargetRef): Set<ObjectKey> {
    const name = collectionOf(cluster, kind);
    const collection = this.#collections.get(name) ?? new Set<ObjectKey>();
    this.#collections.set(name, collection);
    return collection;
  }

  #known(keys: readonly ObjectKey[]): readonly FluxObject[] {
    return keys.flatMap((key) => this.#objects.get(key) ?? []);
  }
}

type Concerned = Map<ObjectKey, TargetRef>;

function collectionOf(cluster: string, kind: string): string {
  return `${cluster}/${kind}`;
}

function relationsOf(object: FluxObject): readonly Relation[] {
  const { cluster } = object.target;
  const self = targetKey(object.target);
  const keyOf = (ref: ObjectRef): ObjectKey => targetKey({ cluster, ...ref });
  return [...object.follows.map((ref) => ({ from: keyOf(ref), to: self })), ...object.makes.map((ref) => ({ from: self, to: keyOf(ref) }))];
}

/** Appends a reconcile token that differs from the last one; the oldest are forgotten. */
function remember(before: readonly string[], now: readonly string[]): readonly string[] {
  const [token] = now;
  if (token === undefined || token === before.at(-1)) return before;
  return [...before, token].slice(-limits.kube.tokenMemory);
}

/** Resource versions of one server are decimal numbers that grow (KEP-5504); only a list may go back, after a restore. */
function isOlder(one: string, other: string): boolean {
  return /^\d+$/.test(one) && /^\d+$/.test(other) && BigInt(one) < BigInt(other);
}
