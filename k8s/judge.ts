import type { Attempt, Observation } from '#core/ports/clusters.ts';
import type { FluxObject } from './flux-object.ts';
import { judgeConsumer } from './judge-consumer.ts';
import { judgeSource, type SourceJudgement } from './judge-source.ts';
import { patience } from './patience.ts';
import type { Scene } from './judge-provider.ts';
import { type Verdict, verdict } from './verdict.ts';

type Consumers = Observation['consumers'];

/**
 * What a cluster's objects say about one attempt. Source and consumers are judged together: a failing source leaves its consumers
 * Ready. Pure.
 * @param downstream everything that follows the source, near or far
 */
export function judge(
  source: FluxObject,
  downstream: readonly FluxObject[],
  attempt: Attempt,
  find: Scene['find'],
): Omit<Observation, 'fresh'> {
  const sourceJudgement = judgeSource(source, attempt);
  const scene: Scene = { source, sourceJudgement, attempt, find };
  const followers = downstream.filter((object) => object.writes !== null);
  const consumers = followers.map((consumer) => judgeConsumer(consumer, scene));
  return {
    ...overall(sourceJudgement, consumers),
    artifactReached: sourceJudgement.reached,
    artifactRevision: source.artifact?.revision ?? null,
    lagging: sourceJudgement.lagging,
    consumers,
    patience: patience(source, followers),
  };
}

function overall({ verdict: source }: SourceJudgement, consumers: Consumers): Verdict {
  if (source.outcome !== 'applied') return source;
  return (
    first(consumers, 'failed') ??
    first(consumers, null) ??
    first(consumers, 'stalled') ??
    allSkipped(consumers) ??
    verdict('applied', null, null)
  );
}

/** The first consumer with that outcome speaks for all. */
function first(consumers: Consumers, outcome: Verdict['outcome']): Verdict | undefined {
  const found = consumers.find((consumer) => consumer.outcome === outcome);
  return found && verdict(found.outcome, found.reason, found.message);
}

/** Suspension is what a person can change, so it is named before other reasons. */
function allSkipped(consumers: Consumers): Verdict | undefined {
  if (consumers.length === 0 || consumers.some(({ outcome }) => outcome !== 'skipped')) return undefined;
  const telling = consumers.find(({ reason }) => reason === 'suspended') ?? consumers[0];
  return telling && verdict('skipped', telling.reason, telling.message);
}
