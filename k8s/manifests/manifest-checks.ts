import type { Clock } from '#core/clock.ts';
import { messageOf } from '#core/errors.ts';
import { forEachAtOnce } from '#core/for-each-at-once.ts';
import { limits } from '#core/limits.ts';
import type { ManifestChecks, SecretName } from '#core/ports/manifest-checks.ts';
import { manifestName, type Manifest, type PreflightFinding } from '#core/preflight.ts';
import { hasStatus } from '../api-error.ts';
import type { Connection } from '../connection.ts';
import { ClusterSchemas, type Schemas } from './cluster-schemas.ts';
import { SavedSchemas } from './saved-schemas.ts';

export interface ManifestChecksOptions {
  readonly connections: ReadonlyMap<string, Connection>;
  /** Directory of saved schemas, for changes that no cluster follows; null: there are none. */
  readonly saved: string | null;
  readonly clock: Pick<Clock, 'monotonic'>;
}

/** By the schemas that clusters publish, and the metadata of their Secrets. */
export class KubeManifestChecks implements ManifestChecks {
  readonly #connections: ReadonlyMap<string, Connection>;
  readonly #schemas: ReadonlyMap<string | null, Schemas>;

  constructor({ connections, saved, clock }: ManifestChecksOptions) {
    this.#connections = connections;
    this.#schemas = new Map<string | null, Schemas>([
      ...[...connections].map(([cluster, connection]): [string, Schemas] => [cluster, new ClusterSchemas(connection, clock)]),
      ...(saved === null ? [] : [[null, new SavedSchemas(saved)] as const]),
    ]);
  }

  async validate(cluster: string | null, manifests: readonly Manifest[], signal: AbortSignal): Promise<readonly PreflightFinding[]> {
    const schemas = this.#schemas.get(cluster);
    if (!schemas)
      return [unvalidated('', 'no cluster follows this, and there are no saved schemas (`preflight.schemas`): objects were parsed only')];
    const findings: PreflightFinding[] = [];
    // One after the other: whoever gives up finds the rest undone, not under way.
    for (const [groupVersion, group] of Map.groupBy(manifests, ({ apiVersion }) => apiVersion)) {
      if (signal.aborted) break;
      findings.push(...(await validateGroup(schemas, cluster, groupVersion, group)));
    }
    return findings;
  }

  async secrets(cluster: string, asked: readonly SecretName[], signal: AbortSignal): Promise<readonly (boolean | undefined)[]> {
    const connection = this.#connections.get(cluster);
    const found: (boolean | undefined)[] = asked.map(() => undefined);
    if (!connection) return found;
    await forEachAtOnce(asked.entries(), limits.preflight.secretsAtOnce, async ([index, { namespace, name }]) => {
      if (!signal.aborted) found[index] = await hasSecret(connection, namespace, name);
    });
    return found;
  }
}

async function validateGroup(
  schemas: Schemas,
  cluster: string | null,
  groupVersion: string,
  manifests: readonly Manifest[],
): Promise<readonly PreflightFinding[]> {
  const where = cluster === null ? 'the saved schemas' : `cluster ${cluster}`;
  try {
    const set = await schemas.of(groupVersion);
    return manifests.flatMap((manifest) => {
      const misfits = set?.misfits(manifest.kind, manifest.object);
      if (misfits === undefined) return [unknownKind(manifest, where)];
      return misfits.map((misfit) => ({ ...at(manifest, 'schema-invalid', 'error'), message: `${manifestName(manifest)}: ${misfit}` }));
    });
  } catch (error) {
    return [unvalidated(manifests[0]?.path ?? '', `the schemas of ${groupVersion} of ${where} cannot be read: ${messageOf(error)}`)];
  }
}

/** The definition may come by the same push, or by another one before it is applied. */
function unknownKind(manifest: Manifest, where: string): PreflightFinding {
  const message = `${manifestName(manifest)}: ${where} has no ${manifest.kind} of ${manifest.apiVersion}`;
  return { ...at(manifest, 'kind-unknown', 'warning'), message };
}

function at(
  { path, line }: Manifest,
  code: PreflightFinding['code'],
  severity: PreflightFinding['severity'],
): Omit<PreflightFinding, 'message'> {
  return { code, severity, path, line };
}

function unvalidated(path: string, message: string): PreflightFinding {
  return { code: 'not-validated', severity: 'unknown', path, line: null, message };
}

/** By its metadata alone: the value never leaves the cluster. Undefined where that may not be asked, or was not answered. */
async function hasSecret(connection: Connection, namespace: string, name: string): Promise<boolean | undefined> {
  const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/secrets/${encodeURIComponent(name)}`;
  try {
    await connection.send({ method: 'GET', path, accept: METADATA_ONLY });
    return true;
  } catch (error) {
    return hasStatus(error, 404) ? false : undefined;
  }
}

/** Kubernetes API concepts, "Metadata-only fetches". Nothing else is acceptable: a server that knows no such answer says 406. */
const METADATA_ONLY = 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1';
