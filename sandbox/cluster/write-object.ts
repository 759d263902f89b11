import { messageOf } from '#core/errors.ts';
import { parseManifest, type KubeObject, type Manifest } from '#sandbox/cluster/kube-object.ts';
import { apiVersionOf, resourceOf, type Kind } from '#sandbox/cluster/kinds.ts';
import type { Writer } from '#sandbox/cluster/managed-fields.ts';
import { isFields, mergePatch } from '#sandbox/cluster/merge-patch.ts';
import type { ObjectKey, ObjectStore } from '#sandbox/cluster/object-store.ts';
import { badRequest, invalid, notFound, StatusError } from '#sandbox/cluster/status-error.ts';

/** @throws StatusError BadRequest, NotFound (the namespace), AlreadyExists, Invalid */
export function createObject(
  store: ObjectStore,
  kind: Kind,
  namespace: string | undefined,
  body: unknown,
  writer: Writer,
  random: () => number,
): KubeObject {
  const manifest = readManifest(kind, body);
  const name = manifest.metadata.name ?? generatedName(kind, manifest, random);
  assertNamespace(store, kind, namespace, manifest);
  if (kind.kind === 'Event') assertEvent(kind, name, namespace, manifest);
  return store.create({ kind, namespace, name }, manifest, writer);
}

/** @throws StatusError BadRequest, NotFound, Conflict, Invalid */
export function patchObject(store: ObjectStore, key: ObjectKey, patch: unknown, writer: Writer): KubeObject {
  const expected = guardOf(patch);
  return store.update({ ...key, writer, written: patch, expected, change: (current) => parsed(mergePatch(current, patch)) });
}

/** @throws StatusError BadRequest, NotFound, Conflict, Invalid */
export function replaceObject(store: ObjectStore, key: ObjectKey, body: unknown, writer: Writer): KubeObject {
  const manifest = readManifest(key.kind, body);
  return store.update({ ...key, writer, written: body, expected: manifest.metadata.resourceVersion, change: () => manifest });
}

/** The version that a patch is meant for. A patch is no object: its nulls remove. */
function guardOf(patch: unknown): string | undefined {
  const metadata = isFields(patch) ? patch['metadata'] : undefined;
  const version = isFields(metadata) ? metadata['resourceVersion'] : undefined;
  return typeof version === 'string' && version !== '' ? version : undefined;
}

function readManifest(kind: Kind, body: unknown): Manifest {
  const manifest = parsed(body);
  if (manifest.apiVersion !== apiVersionOf(kind) || manifest.kind !== kind.kind) {
    throw badRequest(`the object provided is not a ${kind.kind} of ${apiVersionOf(kind)}`);
  }
  return manifest;
}

function parsed(body: unknown): Manifest {
  try {
    return parseManifest(body);
  } catch (error) {
    throw new StatusError(400, 'BadRequest', `the object provided cannot be decoded: ${messageOf(error)}`);
  }
}

function generatedName(kind: Kind, manifest: Manifest, random: () => number): string {
  const prefix = manifest.metadata.generateName;
  if (!prefix) throw invalid(kind, '', 'metadata.name', 'Required value: name or generateName is required');
  const alphabet = 'bcdfghjklmnpqrstvwxz2456789';
  return prefix + Array.from({ length: 5 }, () => alphabet.charAt(Math.floor(random() * alphabet.length))).join('');
}

function assertNamespace(store: ObjectStore, kind: Kind, namespace: string | undefined, manifest: Manifest): void {
  if (!kind.namespaced) return;
  if (namespace === undefined) throw new StatusError(405, 'MethodNotAllowed', `${resourceOf(kind)} are created in a namespace`);
  if ((manifest.metadata.namespace ?? namespace) !== namespace) {
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request');
  }
  const namespaces = store.kinds.byKind('Namespace', 'v1');
  if (namespaces !== undefined && store.get({ kind: namespaces, namespace: undefined, name: namespace }) === undefined) {
    throw notFound(namespaces, namespace);
  }
}

/** core/v1 validation: an Event lives where the object does that it is about. */
function assertEvent(kind: Kind, name: string, namespace: string | undefined, manifest: Manifest): void {
  const about = parsed({ metadata: manifest['involvedObject'] ?? {} }).metadata.namespace ?? '';
  if (about === namespace || (about === '' && namespace === 'default')) return;
  throw invalid(kind, name, 'involvedObject.namespace', `Invalid value: "${about}": does not match event.namespace`);
}
