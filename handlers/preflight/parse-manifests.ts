import { LineCounter, parseAllDocuments } from 'yaml';
import type { Document } from 'yaml';
import { isObject } from '#core/json.ts';
import { limits } from '#core/limits.ts';
import type { Manifest, PreflightFile, PreflightFinding } from '#core/preflight.ts';

/** What files hold. */
export interface Parsed {
  readonly manifests: readonly Manifest[];
  readonly findings: readonly PreflightFinding[];
}

/**
 * Reads the objects of YAML files: several documents in each, lists taken apart. What is encrypted by SOPS is read as it will be once it is decrypted.
 * @param of where the documents come from: files, or the directory that they were rendered from
 */
export function parseManifests(files: readonly PreflightFile[], of: 'files' | 'rendered' = 'files'): Parsed {
  return joined(files.map((file) => parseFile(file, of)));
}

/** What several hold, together. */
export function joined(parts: readonly Parsed[]): Parsed {
  return { manifests: parts.flatMap(({ manifests }) => manifests), findings: parts.flatMap(({ findings }) => findings) };
}

/** Whether Flux takes a file for manifests where there is no kustomization (kustomize-controller, "Generate kustomization.yaml"). */
export function isManifestFile(path: string): boolean {
  return /\.ya?ml$/.test(path);
}

function parseFile({ path, text }: PreflightFile, of: 'files' | 'rendered'): Parsed {
  const lines = new LineCounter();
  const parsed = parseAllDocuments(text, { lineCounter: lines, uniqueKeys: true, prettyErrors: false });
  const documents: readonly Document.Parsed[] = 'empty' in parsed ? [] : parsed;
  return joined(
    documents.map((document) => {
      const line = of === 'files' ? lines.linePos(document.contents?.range[0] ?? 0).line : null;
      return objectsOf(document, { path, line }, lines);
    }),
  );
}

type Place = Pick<Manifest, 'path' | 'line'>;

function objectsOf(document: Document.Parsed, place: Place, lines: LineCounter): Parsed {
  const [error] = document.errors;
  if (error) {
    const line = place.line === null ? null : lines.linePos(error.pos[0]).line;
    return { manifests: [], findings: [{ code: 'yaml-invalid', severity: 'error', path: place.path, line, message: error.message }] };
  }
  const value = valueOf(document);
  if (typeof value === 'string') return refused(place, 'yaml-invalid', value);
  return value === null ? { manifests: [], findings: [] } : take(value, place);
}

/** The value, or in words why it is not looked at. Aliases are counted, so that a few of them cannot become millions of values. */
function valueOf(document: Document.Parsed): object | null | string {
  try {
    const value: unknown = document.toJS({ maxAliasCount: limits.preflight.aliases });
    if (value === null || value === undefined) return null;
    return typeof value === 'object' ? value : 'a document holds a single value, which is no object';
  } catch (error) {
    return error instanceof Error ? error.message : 'it cannot be read';
  }
}

function take(value: object, place: Place): Parsed {
  if ('items' in value && Array.isArray(value.items) && 'kind' in value && String(value.kind).endsWith('List')) {
    return joined(value.items.map((item: unknown) => take(isObject(item) ? item : {}, place)));
  }
  const manifest = manifestOf(value, place);
  return typeof manifest === 'string' ? refused(place, 'not-a-manifest', manifest) : { manifests: manifest, findings: [] };
}

/** None for what kustomize itself reads. */
function manifestOf(value: object, place: Place): readonly Manifest[] | string {
  const { sops: _encrypted, ...object } = value as Readonly<Record<string, unknown>>;
  const { apiVersion, kind, metadata } = object;
  if (typeof apiVersion !== 'string' || typeof kind !== 'string') return 'a document has no `apiVersion` and `kind`';
  if (apiVersion.startsWith('kustomize.config.k8s.io/')) return [];
  const { name, generateName, namespace } = isObject(metadata) ? metadata : {};
  if (typeof name !== 'string' || name === '')
    return generateName === undefined
      ? `a ${kind} has no \`metadata.name\``
      : `a ${kind} has \`generateName\`, which nothing can apply again`;
  return [{ ...place, apiVersion, kind, namespace: typeof namespace === 'string' ? namespace : null, name, object: { ...object } }];
}

function refused({ path, line }: Place, code: 'yaml-invalid' | 'not-a-manifest', message: string): Parsed {
  return { manifests: [], findings: [{ code, severity: 'error', path, line, message }] };
}
