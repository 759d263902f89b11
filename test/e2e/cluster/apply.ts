import { readFileSync } from 'node:fs';
import { parseAllDocuments } from 'yaml';
import type { KubeClient } from '../../conformance/cluster/kube-client.ts';

/** What it takes to address an object. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
}

const clusterScoped = new Set(['Namespace', 'ClusterRole', 'ClusterRoleBinding', 'CustomResourceDefinition']);

/** Path of an object's collection, `/apis/apps/v1/namespaces/web/deployments`. */
function collectionPath(object: Manifest): string {
  const root = object.apiVersion.includes('/') ? `/apis/${object.apiVersion}` : `/api/${object.apiVersion}`;
  const scope = clusterScoped.has(object.kind) ? '' : `/namespaces/${object.metadata.namespace ?? 'default'}`;
  return `${root}${scope}/${pluralOf(object.kind)}`;
}

function pluralOf(kind: string): string {
  const name = kind.toLowerCase();
  return name.endsWith('y') ? `${name.slice(0, -1)}ies` : `${name}s`;
}

/** Creates the object or makes it what is given: a forced server-side apply. @throws with the API server's words */
export async function applyManifest(kube: KubeClient, object: Manifest): Promise<void> {
  const path = `${collectionPath(object)}/${object.metadata.name}?fieldManager=test&force=true`;
  const answer = await kube.send('PATCH', path, object, { 'content-type': 'application/apply-patch+yaml' });
  if (answer.status >= 300) throw new Error(`${object.kind} ${object.metadata.name} was refused with ${answer.status}: ${answer.text}`);
}

/** The documents of a YAML file. */
export function readManifests(file: string): Manifest[] {
  return parseAllDocuments(readFileSync(file, 'utf8')).map((document) => document.toJS() as Manifest);
}
