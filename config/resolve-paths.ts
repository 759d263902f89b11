import { resolve } from 'node:path';
import { policyOrigin } from '#config/policies-schema.ts';
import type { ConfigSpec, SinkBase, SourceBase } from '#config/schema.ts';
import type { Path } from '#config/source-map.ts';
import type { JournalConfig } from '#config/stores-schema.ts';

/** Makes the paths of a spec absolute and notes in each secret reference where it stands in the file. */
export function resolvePaths<Source extends SourceBase, Sink extends SinkBase>(
  spec: ConfigSpec<Source, Sink>,
  base: string,
  place: (path: Path) => string,
): ConfigSpec<Source, Sink> {
  const absolute = resolveReferences(spec, base, [], place) as ConfigSpec<Source, Sink>;
  return {
    ...absolute,
    journal: journalAt(absolute.journal, base),
    records: { ...absolute.records, checkpoint: withFile(absolute.records.checkpoint, base) },
    policies: policyOrigin(absolute.policies) ? absolute.policies : { path: resolve(base, absolute.policies.path) },
    preflight: absolute.preflight.schemas ? { schemas: { path: resolve(base, absolute.preflight.schemas.path) } } : {},
    clusters: absolute.clusters.map((cluster) =>
      cluster.kubeconfig === undefined
        ? cluster
        : { ...cluster, kubeconfig: { ...cluster.kubeconfig, path: resolve(base, cluster.kubeconfig.path) } },
    ),
  };
}

function journalAt({ sqlite, postgres }: JournalConfig, base: string): JournalConfig {
  if (sqlite === undefined) return { postgres: { ...postgres, data: resolve(base, postgres.data) } };
  return { sqlite: { path: resolve(base, sqlite.path) } };
}

/** A `file` that is not alone in its mapping is no reference. */
function withFile<T extends { readonly file?: string | undefined }>(value: T, base: string): T {
  return value.file === undefined ? value : { ...value, file: resolve(base, value.file) };
}

/** A mapping whose only key is `file` or `env` is a reference wherever it stands, in the sources of every adapter too. */
function resolveReferences(value: unknown, base: string, path: Path, place: (path: Path) => string): unknown {
  if (Array.isArray(value)) return value.map((item, index) => resolveReferences(item, base, [...path, index], place));
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype) return value;
  const entries = Object.entries(value).filter(([, field]) => field !== undefined);
  const [first] = entries;
  if (entries.length === 1 && typeof first?.[1] === 'string') {
    if (first[0] === 'file') return { file: resolve(base, first[1]), at: place(path) };
    if (first[0] === 'env') return { env: first[1], at: place(path) };
  }
  return Object.fromEntries(entries.map(([key, field]) => [key, resolveReferences(field, base, [...path, key], place)]));
}
