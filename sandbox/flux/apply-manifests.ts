import type { Kind } from '#sandbox/cluster/kinds.ts';
import type { KubeObject, Manifest } from '#sandbox/cluster/kube-object.ts';
import { isFields, mergePatch } from '#sandbox/cluster/merge-patch.ts';
import { parseManifest } from '#sandbox/cluster/kube-object.ts';
import type { ObjectKey, ObjectStore } from '#sandbox/cluster/object-store.ts';
import type { InventoryEntry } from '#sandbox/flux/flux-objects.ts';

const WRITER = { manager: 'kustomize-controller' };

/** An object that a Kustomization wants, with the place where it belongs. */
export interface Wanted extends ObjectKey {
  readonly manifest: Manifest;
}

/** `ns_name_group_kind`: how a Kustomization's inventory names an object. */
export function inventoryEntry({ kind, namespace, name }: ObjectKey): InventoryEntry {
  return { id: `${namespace ?? ''}_${name}_${kind.group}_${kind.kind}`, v: kind.version };
}

/** The object that an inventory entry names; undefined when its kind is served no longer. */
export function inventoryKey(store: ObjectStore, entry: InventoryEntry): ObjectKey | undefined {
  const [namespace = '', name = '', group = '', kindName = ''] = entry.id.split('_');
  const kind = store.kinds.byKind(kindName, group === '' ? entry.v : `${group}/${entry.v}`);
  return kind && { kind, name, namespace: namespace === '' ? undefined : namespace };
}

/**
 * Finds the place of every object and checks that it could be applied: nothing is written unless all of it can be.
 * @throws Error in the words of a server-side dry run
 */
export function planManifests(store: ObjectStore, manifests: readonly Manifest[], targetNamespace: string | undefined): readonly Wanted[] {
  const made = new Set(manifests.filter((manifest) => manifest.kind === 'Namespace').map((manifest) => manifest.metadata.name));
  return manifests.map((manifest) => planOne(store, manifest, targetNamespace, made));
}

function planOne(
  store: ObjectStore,
  manifest: Manifest,
  targetNamespace: string | undefined,
  made: ReadonlySet<string | undefined>,
): Wanted {
  const { kind: kindName = '', apiVersion = '' } = manifest;
  const name = manifest.metadata.name ?? '';
  const kind = store.kinds.byKind(kindName, apiVersion);
  const stated = targetNamespace ?? manifest.metadata.namespace;
  const label = [kindName, stated, name].filter((part) => part !== undefined).join('/');
  if (kind === undefined) throw new Error(`${label} dry-run failed: no matches for kind "${kindName}" in version "${apiVersion}"`);
  if (!kind.namespaced) return { kind, namespace: undefined, name, manifest };
  if (stated === undefined) throw new Error(`${label} namespace not specified: the server could not find the requested resource`);
  assertNamespace(store, label, stated, made);
  assertSchema(kind, label, `${stated}/${name}`, manifest);
  return { kind, namespace: stated, name, manifest };
}

function assertNamespace(store: ObjectStore, label: string, namespace: string, made: ReadonlySet<string | undefined>): void {
  const kind = store.kinds.byKind('Namespace', 'v1');
  if (made.has(namespace) || (kind && store.get({ kind, namespace: undefined, name: namespace }))) return;
  throw new Error(`${label} dry-run failed (NotFound): namespaces "${namespace}" not found`);
}

/** The one schema that the sandbox knows: a ConfigMap's data are strings. */
function assertSchema(kind: Kind, label: string, place: string, manifest: Manifest): void {
  const data = manifest['data'];
  if (kind.kind !== 'ConfigMap' || data === undefined || data === null) return;
  const subject = `${label} dry-run failed: failed to create typed patch object (${place}; /v1, Kind=ConfigMap)`;
  if (!isFields(data)) throw new Error(`${subject}: .data: expected map, got ${JSON.stringify(data)}`);
  const wrong = Object.entries(data).find(([, value]) => typeof value !== 'string');
  if (wrong !== undefined) throw new Error(`${subject}: .data.${wrong[0]}: expected string, got ${JSON.stringify(wrong[1])}`);
}

/** Remembers what was applied last, so that fields which a new revision no longer lists go away and those of others stay. */
export class Applier {
  readonly #store: ObjectStore;
  readonly #last = new Map<string, Manifest>();

  constructor(store: ObjectStore) {
    this.#store = store;
  }

  /** Namespaces first. @throws StatusError */
  apply(wanted: readonly Wanted[]): void {
    const order = (each: Wanted): number => (each.kind.kind === 'Namespace' ? 0 : 1);
    for (const each of wanted.toSorted((left, right) => order(left) - order(right))) this.#applyOne(each);
  }

  /** Deletes what the old inventory lists and the new one does not. */
  prune(before: readonly InventoryEntry[], now: readonly InventoryEntry[]): void {
    const kept = new Set(now.map((entry) => entry.id));
    for (const entry of before) {
      const key = kept.has(entry.id) ? undefined : inventoryKey(this.#store, entry);
      if (key !== undefined && this.#store.get(key) !== undefined) this.#store.remove(key);
    }
  }

  #applyOne({ manifest, ...key }: Wanted): void {
    const current = this.#store.get(key);
    const placed = {
      ...manifest,
      metadata: { ...manifest.metadata, ...(key.namespace === undefined ? {} : { namespace: key.namespace }) },
    };
    if (current === undefined) {
      this.#last.set(this.#store.create(key, placed, WRITER).metadata.uid, placed);
      return;
    }
    const removed = removals(this.#last.get(current.metadata.uid), placed);
    const change = (object: KubeObject): Manifest => parseManifest(mergePatch(mergePatch(object, removed), placed));
    this.#store.update({ ...key, writer: WRITER, written: placed, expected: undefined, change });
    this.#last.set(current.metadata.uid, placed);
  }
}

/** A merge patch that removes what was there before and is not any more. */
function removals(before: unknown, now: unknown): unknown {
  if (!isFields(before) || !isFields(now)) return {};
  return Object.fromEntries(
    Object.keys(before)
      .filter((key) => !(key in now) || (isFields(before[key]) && isFields(now[key])))
      .map((key) => [key, key in now ? removals(before[key], now[key]) : null]),
  );
}
