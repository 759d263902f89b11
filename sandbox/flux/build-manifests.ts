import { posix } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { z } from 'zod';
import { messageOf } from '#core/errors.ts';
import { parseManifest, type Manifest } from '#sandbox/cluster/kube-object.ts';

const KUSTOMIZATION_FILES = ['kustomization.yaml', 'kustomization.yml', 'Kustomization'];

/** The part of kustomize that the sandbox knows; anything else is refused rather than left out. */
const kustomizationShape = z.strictObject({
  apiVersion: z.string().optional(),
  kind: z.string().optional(),
  resources: z.array(z.string()).default([]),
  namespace: z.string().optional(),
});

type Files = ReadonlyMap<string, string>;

/**
 * The objects that a directory stands for: what its kustomization.yaml lists, or every YAML file below it.
 * @param files path relative to the directory → content
 * @throws Error in the words of `kustomize build`
 */
export function buildManifests(files: Files): readonly Manifest[] {
  return buildDirectory(files, '', new Set());
}

function buildDirectory(files: Files, directory: string, seen: Set<string>): readonly Manifest[] {
  if (seen.has(directory)) throw new Error(`accumulating resources: cycle detected: '${directory}'`);
  seen.add(directory);
  const path = KUSTOMIZATION_FILES.map((name) => posix.join(directory, name)).find((name) => files.has(name));
  if (path === undefined) return everyFile(files, directory);
  const kustomization = parseKustomization(files, path);
  const built = kustomization.resources.flatMap((resource) => buildResource(files, posix.join(directory, resource), resource, seen));
  const { namespace } = kustomization;
  return namespace === undefined ? built : built.map((object) => ({ ...object, metadata: { ...object.metadata, namespace } }));
}

function everyFile(files: Files, directory: string): readonly Manifest[] {
  const prefix = directory === '' ? '' : `${directory}/`;
  const paths = [...files.keys()].filter((path) => path.startsWith(prefix) && /\.ya?ml$/.test(path)).sort();
  return paths.flatMap((path) => readFile(files, path));
}

function buildResource(files: Files, path: string, resource: string, seen: Set<string>): readonly Manifest[] {
  if (files.has(path)) return readFile(files, path);
  if ([...files.keys()].some((file) => file.startsWith(`${path}/`))) return buildDirectory(files, path, seen);
  throw new Error(
    `accumulating resources: accumulation err='accumulating resources from '${resource}': open ${path}: no such file or directory'`,
  );
}

function parseKustomization(files: Files, path: string): z.infer<typeof kustomizationShape> {
  const [document, ...more] = readYaml(files, path);
  const parsed = kustomizationShape.safeParse(document ?? {});
  if (more.length > 0 || !parsed.success) {
    throw new Error(`invalid Kustomization: ${path}: the sandbox builds \`resources\` and \`namespace\` only`);
  }
  return parsed.data;
}

function readFile(files: Files, path: string): readonly Manifest[] {
  return readYaml(files, path).flatMap((document) => (document === null ? [] : [readManifest(document, path)]));
}

function readYaml(files: Files, path: string): readonly unknown[] {
  return parseAllDocuments(files.get(path) ?? '').map((document) => {
    const [error] = document.errors;
    if (error === undefined) return document.toJS({ maxAliasCount: 100 }) as unknown;
    const line = error.linePos?.[0].line ?? 1;
    const problem = error.message.split(' at line ')[0] ?? error.code;
    throw new Error(`failed to decode Kubernetes YAML from ${path}: error converting YAML to JSON: yaml: line ${line}: ${problem}`);
  });
}

function readManifest(document: unknown, path: string): Manifest {
  try {
    const manifest = parseManifest(document);
    if (manifest.kind !== undefined && manifest.apiVersion !== undefined && manifest.metadata.name !== undefined) return manifest;
  } catch (error) {
    throw new Error(`failed to decode Kubernetes YAML from ${path}: ${messageOf(error)}`);
  }
  throw new Error(`failed to decode Kubernetes YAML from ${path}: missing Resource metadata`);
}
