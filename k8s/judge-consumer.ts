import type { Observation } from '#core/ports/clusters.ts';
import type { FluxObject } from './flux-object.ts';
import { judgeHelmRelease } from './judge-helm-release.ts';
import { judgeKustomization } from './judge-kustomization.ts';
import { judgeProvider, type Scene } from './judge-provider.ts';
import { type Verdict, verdict } from './verdict.ts';

/** What became of one consumer under an attempt. */
export function judgeConsumer(consumer: FluxObject, scene: Scene): Observation['consumers'][number] {
  const { progress, target } = consumer;
  return { object: target, revision: progress.applied ?? progress.release?.chartVersion ?? null, ...judge(consumer, scene) };
}

/** A suspended consumer echoes tokens and stays Ready, so suspension is looked at first. */
function judge(consumer: FluxObject, scene: Scene): Verdict {
  if (consumer.deleting) return verdict('skipped', 'deleting', `${consumer.target.kind} is being deleted`);
  if (consumer.suspended) return verdict('skipped', 'suspended', `${consumer.target.kind} is suspended`);
  const provided = judgeProvider(consumer, scene);
  if ('verdict' in provided) return provided.verdict;
  return consumer.target.kind === 'HelmRelease'
    ? judgeHelmRelease(consumer, provided.provider, scene)
    : judgeKustomization(consumer, provided.provider, scene);
}
