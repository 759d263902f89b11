import type { Attempt } from '#core/ports/clusters.ts';
import { targetKey } from '#core/target.ts';
import { isFailing, isInProgress, isReady, isStalled } from './condition-state.ts';
import type { FluxObject, ObjectRef } from './flux-object.ts';
import type { SourceJudgement } from './judge-source.ts';
import { isMadeFrom, sameContent } from './same-content.ts';
import { type Verdict, verdict, verdictBy } from './verdict.ts';

/** An attempt with everything that is known around it. */
export interface Scene {
  readonly source: FluxObject;
  readonly sourceJudgement: SourceJudgement;
  readonly attempt: Attempt;
  /** Finds an object of the same cluster. */
  readonly find: (ref: ObjectRef) => FluxObject | undefined;
}

/** What gives a consumer its artifact: it carries the desired revision, or has not (yet), and why. */
export type ProviderJudgement = { readonly provider: FluxObject } | { readonly verdict: Verdict };

/** Judges what stands between a source and a consumer: nothing, a HelmChart, an ExternalArtifact, a repository that includes the source. */
export function judgeProvider(consumer: FluxObject, scene: Scene): ProviderJudgement {
  const [ref] = consumer.follows;
  if (!scene.sourceJudgement.reached || !ref) return { verdict: verdict(null, 'source-not-ready', null) };
  const provider = scene.find(ref);
  if (!provider) return { verdict: verdict(null, 'provider-missing', `${ref.kind} ${ref.namespace}/${ref.name} is not there`) };
  if (targetKey(provider.target) === targetKey(scene.source.target)) return { provider };
  switch (provider.target.kind) {
    case 'HelmChart':
      return judgeChart(provider, scene);
    case 'ExternalArtifact':
      return judgeExternalArtifact(provider, scene);
    default:
      return { verdict: included(provider) };
  }
}

/** source-controller notes the source's revision before it builds, so the chart must be Ready too. */
function judgeChart(chart: FluxObject, { source }: Scene): ProviderJudgement {
  const current = sameContent(chart.chart?.builtFrom, source.artifact?.revision);
  if (current && isReady(chart) && !isInProgress(chart) && isWhole(chart)) return { provider: chart };
  if (current || chart.suspended) return { verdict: notReady(chart) };
  return { verdict: verdict(null, 'chart-not-ready', chart.reconciling?.message ?? null) };
}

/** Ready=True is written a moment before the artifact: until then the message names another version than the artifact. */
function isWhole({ ready, artifact }: FluxObject): boolean {
  const told = /with version '([^']+)'/.exec(ready?.message ?? '')?.[1];
  return told === undefined || told === artifact?.revision;
}

function judgeExternalArtifact(artifact: FluxObject, scene: Scene): ProviderJudgement {
  if (isReady(artifact) && isMadeFromSource(artifact, scene)) return { provider: artifact };
  const generator = artifact.follows.map(scene.find).find((object) => object !== undefined);
  if (generator && (generator.suspended || isStalled(generator) || isFailing(generator))) return { verdict: notReady(generator) };
  return { verdict: verdict(null, 'artifact-not-ready', `ExternalArtifact serves ${artifact.artifact?.revision ?? 'nothing'} so far`) };
}

/**
 * By its origin, which ArtifactGenerators fill for `originRevision` only. Without it, an artifact that was stored after the source's
 * must have been made from it; an older one may or may not have been, so it is waited for.
 */
function isMadeFromSource({ artifact }: FluxObject, { source, attempt }: Scene): boolean {
  if (!artifact || !source.artifact) return false;
  if (attempt.revision !== null && isMadeFrom(artifact, attempt.revision)) return true;
  if (sameContent(artifact.origin, source.artifact.revision) || sameContent(artifact.revision, source.artifact.revision)) return true;
  return artifact.origin === null && artifact.updatedAt > source.artifact.updatedAt;
}

function notReady(object: FluxObject): Verdict {
  if (object.suspended) return verdict('skipped', 'suspended', `${object.target.kind} is suspended`);
  if (isStalled(object)) return verdictBy('stalled', object.stalled);
  if (isFailing(object)) return verdictBy('failed', object.ready);
  return verdict(null, 'provider-not-ready', object.reconciling?.message ?? object.ready?.message ?? null);
}

/** The revision of such an artifact is the including repository's, so Flux never says which included revision was applied. */
function included(provider: FluxObject): Verdict {
  const { kind, namespace, name } = provider.target;
  return verdict('skipped', 'included', `follows ${kind} ${namespace}/${name}, which includes this one: Flux does not report its revision`);
}
