import type { Manifest } from '#core/preflight.ts';

/** A Secret that an object cannot do without. */
export interface SecretReference {
  readonly from: Manifest;
  readonly name: string;
}

/**
 * Secrets that objects name and that none of them brings along, each pair once: environment, volumes, image pulls, and `secretRef` as Flux and others have it.
 * Optional ones are none.
 */
export function secretReferences(manifests: readonly Manifest[]): readonly SecretReference[] {
  const brought = new Set(manifests.flatMap(secretsBrought));
  return manifests.flatMap((from) => {
    if (isBringer(from)) return [];
    const names = [...new Set(namesIn(from.object))].filter((name) => !name.includes('${'));
    return names.filter((name) => !brought.has(nameIn(from.namespace, name))).map((name) => ({ from, name }));
  });
}

/** What makes a Secret, with the name of what it makes. */
function secretsBrought({ kind, namespace, name, object }: Manifest): readonly string[] {
  if (kind === 'Secret' || kind === 'SealedSecret') return [nameIn(namespace, name)];
  if (kind === 'ExternalSecret') return [nameIn(namespace, textAt(object, 'spec', 'target', 'name') ?? name)];
  if (kind !== 'Certificate') return [];
  const made = textAt(object, 'spec', 'secretName');
  return made === undefined ? [] : [nameIn(namespace, made)];
}

function isBringer({ kind }: Manifest): boolean {
  return ['Secret', 'SealedSecret', 'ExternalSecret', 'Certificate'].includes(kind);
}

function nameIn(namespace: string | null, name: string): string {
  return `${namespace ?? ''}/${name}`;
}

function namesIn(value: unknown): readonly string[] {
  if (Array.isArray(value)) return value.flatMap(namesIn);
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, below]: [string, unknown]) => [...namedBy(key, below), ...namesIn(below)]);
}

function namedBy(key: string, value: unknown): readonly string[] {
  if (key === 'imagePullSecrets' && Array.isArray(value)) return value.flatMap((entry) => textAt(entry, 'name') ?? []);
  const field = key === 'secretKeyRef' || key === 'secretRef' ? 'name' : key === 'secret' ? 'secretName' : undefined;
  const name = field === undefined ? undefined : textAt(value, field);
  return name === undefined || isOptional(value) || textAt(value, 'namespace') !== undefined ? [] : [name];
}

function isOptional(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'optional' in value && value.optional === true;
}

function textAt(value: unknown, ...path: readonly string[]): string | undefined {
  const found = path.reduce<unknown>(
    (at, key) => (typeof at === 'object' && at !== null ? (at as Readonly<Record<string, unknown>>)[key] : undefined),
    value,
  );
  return typeof found === 'string' ? found : undefined;
}
