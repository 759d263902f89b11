import { resumeCommand } from '#core/flux-command.ts';
import type { Story } from '#core/ports/journal.ts';
import type { TargetStory } from './target-stories.ts';

/** What a reader can do about a target that was let through and did not get its revision; undefined when there is nothing to do. */
export function adviceFor({ reconciles, target }: TargetStory): string | undefined {
  const last = reconciles.at(-1);
  if (last === undefined) return undefined;
  const { outcome, reason, consumers } = last;
  if (outcome === 'skipped') return reason === 'suspended' ? `Resume it: ${resumeCommand(target)}` : undefined;
  if (outcome !== 'failed' && outcome !== 'stalled' && outcome !== 'timed_out') return undefined;
  const failing = consumers.find((consumer) => consumer.outcome !== 'applied' && consumer.outcome !== 'skipped')?.object ?? target;
  return `Look at kubectl -n ${failing.namespace} describe ${failing.kind.toLowerCase()} ${failing.name}, mend what it says in the repository or in the cluster, then push or ask again.`;
}

/** Why a change came to no target at all. */
export function unmatchedReason({ change, candidates, delivery }: Story): string {
  if (delivery.state === 'pending') return 'It is being handled.';
  if (change.owed.length > 0)
    return `The content of ${change.owed.join(', ')} is not known yet; it is matched there as soon as the cluster answers.`;
  if (candidates.some(({ reason }) => reason === 'not-head' || reason === 'late'))
    return `Objects that follow ${change.ref} of ${change.repository} take what it leads to now, which is something else:`;
  if (candidates.length > 0)
    return `No object in the clusters follows ${change.ref} of ${change.repository}. Those that have this repository do not match:`;
  return (
    `No object of any cluster has ${change.repository} of ${change.source} as its URL. ` +
    'If the clusters know it by another address, add that to the aliases of the source.'
  );
}
