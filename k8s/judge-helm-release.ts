import { isReady, isStalled } from './condition-state.ts';
import type { FluxObject } from './flux-object.ts';
import type { Scene } from './judge-provider.ts';
import { sameContent } from './same-content.ts';
import { type Verdict, verdict } from './verdict.ts';
import { isPatient, waiting } from './waiting.ts';

/** Failures before a release is attempted (helm-controller `reconcileRelease`): they name no version. */
const prerequisiteReasons: ReadonlySet<string> = new Set([
  'ArtifactFailed',
  'ValuesError',
  'ChartMutateError',
  'RESTClientError',
  'ResourceManagerError',
  'FactoryError',
]);

/** Stalled reasons that hold for one version only: the next chart is tried again. */
const versionStalls: ReadonlySet<string> = new Set(['RetriesExceeded', 'MissingRollbackTarget']);

/** Judges a HelmRelease whose provider (HelmChart, OCIRepository, ExternalArtifact) carries the desired revision. */
export function judgeHelmRelease(consumer: FluxObject, provider: FluxObject, scene: Scene): Verdict {
  const attempted = hasAttempted(consumer, provider);
  if (hasStalled(consumer, attempted)) return verdict('stalled', consumer.stalled?.reason ?? null, failureMessage(consumer));
  if (attempted && isReady(consumer) && hasReleased(consumer, provider)) return released(provider, scene);
  if (hasFailed(consumer, attempted)) return verdict('failed', consumer.ready?.reason ?? null, failureMessage(consumer));
  return waiting(consumer);
}

function hasStalled(consumer: FluxObject, attempted: boolean): boolean {
  return isStalled(consumer) && (attempted || !versionStalls.has(consumer.stalled?.reason ?? ''));
}

/** helm-controller leaves Reconciling at Progressing beside a failure, and sets Ready to Unknown before it writes the attempted version. */
function hasFailed(consumer: FluxObject, attempted: boolean): boolean {
  const { ready, generation } = consumer;
  if (ready?.status !== 'False' || ready.generation !== generation || isPatient(consumer)) return false;
  return attempted || prerequisiteReasons.has(ready.reason);
}

/** After a rollback Ready speaks of the rollback; what went wrong stands in Released. */
function failureMessage({ ready, released }: FluxObject): string | null {
  const remediated = ready?.reason.startsWith('Rollback') || ready?.reason.startsWith('Uninstall');
  return remediated && released?.status === 'False' ? released.message : (ready?.message ?? null);
}

/** Charts in a registry are told apart by digest, others by version. */
function hasAttempted({ progress }: FluxObject, { artifact }: FluxObject): boolean {
  if (!artifact) return false;
  return isDigest(artifact.revision) ? sameContent(progress.attemptedDigest, artifact.revision) : progress.attempted === artifact.revision;
}

function hasReleased({ progress }: FluxObject, { artifact }: FluxObject): boolean {
  const { release } = progress;
  if (!artifact || release?.status !== 'deployed') return false;
  return isDigest(artifact.revision) ? sameContent(release.ociDigest, artifact.revision) : release.chartVersion === artifact.revision;
}

/** A chart with strategy ChartVersion is rebuilt when its version changes only: one older than the source's artifact was not. */
function released({ chart, artifact }: FluxObject, { source }: Scene): Verdict {
  const unchanged = chart !== null && !chart.everyRevision && (artifact?.updatedAt ?? 0) < (source.artifact?.updatedAt ?? 0);
  return unchanged
    ? verdict('skipped', 'chart-unchanged', `the chart's version is still ${artifact?.revision ?? 'the same'} in this revision`)
    : verdict('applied', null, null);
}

function isDigest(revision: string): boolean {
  return revision.includes(':');
}
