import { limits } from '#core/limits.ts';
import type { TargetRef } from '#core/target.ts';
import { Fields } from './fields.ts';
import type { Artifact, Condition, FluxObject, Progress, ReleaseSnapshot } from './flux-object.ts';
import { parseFollows, parseMakes } from './parse-follows.ts';
import { parseOrigin } from './parse-origin.ts';
import { parsePaths } from './parse-paths.ts';
import { parseTimeout } from './parse-timeout.ts';
import { parseWrites } from './parse-writes.ts';

/** An object as far as it could be read, and the paths of the fields that could not. */
export interface ParsedObject {
  readonly object: FluxObject;
  readonly oddities: readonly string[];
}

/** @returns undefined when not even its name can be read */
export function parseFluxObject(cluster: string, kind: string, apiVersion: string, raw: unknown): ParsedObject | undefined {
  const fields = new Fields(raw);
  const meta = fields.at('metadata');
  const name = meta.text('name');
  const namespace = meta.text('namespace');
  if (!name || !namespace) return undefined;
  const target: TargetRef = { cluster, kind, namespace, name };
  const object = { apiVersion, ...readMeta(meta), ...readSpec(target, fields), ...readStatus(kind, fields.at('status')), target };
  const { oddities } = fields;
  // What it writes to may be in the part that could not be read.
  const writes = object.writes && oddities.length > 0 ? { ...object.writes, unbounded: true } : object.writes;
  return { object: { ...object, writes }, oddities };
}

function readMeta(meta: Fields): Pick<FluxObject, 'uid' | 'resourceVersion' | 'generation' | 'deleting' | 'tokens' | 'paths'> {
  const annotations = meta.at('annotations');
  const token = annotations.text('reconcile.fluxcd.io/requestedAt');
  return {
    uid: meta.text('uid') ?? '',
    resourceVersion: meta.text('resourceVersion') ?? '',
    generation: meta.number('generation') ?? 0,
    deleting: meta.has('deletionTimestamp'),
    tokens: token === undefined ? [] : [token],
    paths: parsePaths(annotations.text('headgate.dev/paths')),
  };
}

function readSpec(
  target: TargetRef,
  fields: Fields,
): Pick<FluxObject, 'suspended' | 'timeout' | 'follows' | 'makes' | 'origin' | 'writes' | 'chart'> {
  const spec = fields.at('spec');
  return {
    suspended: spec.flag('suspend') || isDisabled(target.kind, fields),
    timeout: parseTimeout(target.kind, spec),
    follows: parseFollows(target, spec, fields.at('status')),
    makes: parseMakes(target, fields.at('status')),
    origin: parseOrigin(target.kind, spec),
    writes: parseWrites(target, spec, fields.at('status')),
    chart: target.kind === 'HelmChart' ? readChart(spec, fields.at('status')) : null,
  };
}

function readChart(spec: Fields, status: Fields): FluxObject['chart'] {
  return {
    builtFrom: status.text('observedSourceArtifactRevision') ?? null,
    everyRevision: spec.text('reconcileStrategy') === 'Revision',
  };
}

/** ArtifactGenerators are suspended by annotation (source-watcher api/v1beta1). */
function isDisabled(kind: string, fields: Fields): boolean {
  if (kind !== 'ArtifactGenerator') return false;
  return fields.at('metadata').at('annotations').text('source.extensions.fluxcd.io/reconcile')?.toLowerCase() === 'disabled';
}

function readStatus(
  kind: string,
  status: Fields,
): Pick<FluxObject, 'handled' | 'ready' | 'reconciling' | 'stalled' | 'released' | 'artifact' | 'included' | 'progress'> {
  const conditions = new Map(status.list('conditions').map((entry) => [entry.text('type'), entry]));
  return {
    handled: status.text('lastHandledReconcileAt') ?? null,
    ready: readCondition(conditions.get('Ready')),
    reconciling: readCondition(conditions.get('Reconciling')),
    stalled: readCondition(conditions.get('Stalled')),
    released: readCondition(conditions.get('Released')),
    artifact: readArtifact(status),
    included: kind === 'GitRepository' ? status.list('includedArtifacts').flatMap((entry) => entry.text('revision') ?? []) : [],
    progress: readProgress(kind, status),
  };
}

function readCondition(entry: Fields | undefined): Condition | null {
  if (!entry) return null;
  return {
    status: entry.text('status') ?? 'Unknown',
    reason: entry.text('reason') ?? '',
    message: (entry.text('message') ?? '').slice(0, limits.outcome.messageChars),
    generation: entry.number('observedGeneration') ?? 0,
  };
}

function readArtifact(status: Fields): Artifact | null {
  const artifact = status.at('artifact');
  const revision = artifact.text('revision');
  if (!revision) return null;
  const updatedAt = Date.parse(artifact.text('lastUpdateTime') ?? '');
  return {
    revision,
    origin: artifact.at('metadata').text('org.opencontainers.image.revision') ?? null,
    updatedAt: Number.isNaN(updatedAt) ? 0 : updatedAt,
  };
}

function readProgress(kind: string, status: Fields): Progress {
  return {
    applied: status.text('lastAppliedRevision') ?? null,
    appliedOrigin: status.text('lastAppliedOriginRevision') ?? null,
    attempted: status.text('lastAttemptedRevision') ?? null,
    attemptedDigest: status.text('lastAttemptedRevisionDigest') ?? null,
    release: kind === 'HelmRelease' ? readRelease(status.list('history')[0]) : null,
  };
}

function readRelease(snapshot: Fields | undefined): ReleaseSnapshot | null {
  const chartVersion = snapshot?.text('chartVersion');
  if (!snapshot || !chartVersion) return null;
  return { chartVersion, status: snapshot.text('status') ?? '', ociDigest: snapshot.text('ociDigest') ?? null };
}
