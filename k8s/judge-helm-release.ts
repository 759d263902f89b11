import { isFailing, isReady, isStalled } from './condition-state.ts';
import type { FluxObject } from './flux-object.ts';
import type { Scene } from './judge-provider.ts';
import { sameContent } from './same-content.ts';
import { type Verdict, verdict } from './verdict.ts';
import { isPatient, waiting } from './waiting.ts';

/**
 * Failures before a release is attempted (helm-controller `reconcileRelease`). They name no version, and Reconciling stays at
 * Progressing beside them.
 */
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
  const { ready, stalled } = consumer;
  const attempted = hasAttempted(consumer, provider);
  if (isStalled(consumer) && (attempted || !versionStalls.has(stalled?.reason ?? ''))) {
    return verdict('stalled', stalled?.reason ?? null, ready?.message || (stalled?.message ?? null));
  }
  if (attempted && isReady(consumer) && hasReleased(consumer, provider)) return released(provider, scene);
  if (hasFailed(consumer, attempted)) return verdict('failed', ready?.reason ?? null, ready?.message ?? null);
  return waiting(consumer);
}

function hasFailed(consumer: FluxObject, attempted: boolean): boolean {
  const { ready, generation } = consumer;
  if (isPatient(consumer)) return false;
  const before = ready?.status === 'False' && ready.generation === generation && prerequisiteReasons.has(ready.reason);
  return before || (attempted && isFailing(consumer));
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
