import { isFailing, isReady, isStalled } from './condition-state.ts';
import type { FluxObject } from './flux-object.ts';
import type { Scene } from './judge-provider.ts';
import { digestOf, isMadeFrom, sameContent } from './same-content.ts';
import { type Verdict, verdict, verdictBy } from './verdict.ts';
import { isPatient, waiting } from './waiting.ts';

/**
 * Judges a Kustomization whose provider carries the desired revision. Ready=True alone is not success: it is written a moment
 * before the applied revision, and it stays from the revision before.
 */
export function judgeKustomization(consumer: FluxObject, provider: FluxObject, scene: Scene): Verdict {
  const { ready, stalled } = consumer;
  if (isStalled(consumer)) return verdictBy('stalled', stalled);
  if (isReady(consumer) && hasApplied(consumer, provider, scene)) return applied(consumer, provider, scene);
  if (isFailing(consumer) && !isPatient(consumer) && hasAttempted(consumer, provider)) {
    return verdictBy('failed', ready);
  }
  return waiting(consumer);
}

function hasApplied({ progress }: FluxObject, provider: FluxObject, { attempt }: Scene): boolean {
  if (sameContent(progress.applied, provider.artifact?.revision)) return true;
  if (attempt.digest !== undefined && provider.target.kind === 'OCIRepository') return false;
  return attempt.revision !== null && sameContent(progress.appliedOrigin, attempt.revision);
}

/** A generated artifact whose content the revision does not touch keeps its own revision, and nothing is applied. */
function applied({ progress }: FluxObject, provider: FluxObject, { source, attempt }: Scene): Verdict {
  const { artifact } = provider;
  const generated = provider.target.kind === 'ExternalArtifact' && artifact !== null && artifact.origin !== null;
  const from = attempt.revision ?? source.artifact?.revision;
  const untouched = generated && from !== undefined && !sameContent(artifact.revision, from) && !sameContent(progress.appliedOrigin, from);
  return untouched && !isMadeFrom({ ...artifact, origin: progress.appliedOrigin }, from)
    ? verdict('skipped', 'content-unchanged', 'its part of the repository is the same in this revision')
    : verdict('applied', null, null);
}

/** When fetching fails, the attempted revision is not written; it stands in the messages only. */
function hasAttempted({ progress, reconciling, ready }: FluxObject, { artifact }: FluxObject): boolean {
  if (!artifact) return false;
  if (sameContent(progress.attempted, artifact.revision)) return true;
  const digest = digestOf(artifact.revision);
  return [reconciling?.message, ready?.message].some((message) => message?.includes(digest) ?? false);
}
