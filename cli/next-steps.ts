import { byTarget } from '#core/by-target.ts';
import { resumeCommand } from '#core/flux-command.ts';
import { whatWouldPass } from '#core/remedies.ts';
import type { Decision, Reconcile, Story, TargetRef } from './schema.ts';
import { printable } from './text.ts';

/** What a reader of a story can do now, most useful first; empty when all is well. */
export function nextSteps(story: Story): readonly string[] {
  if (story.delivery.state === 'pending') return ['It is being handled; ask again in a moment.'];
  const targets = byTarget(story);
  if (targets.length === 0) return [unmatched(story)];
  const advice = targets.flatMap(({ decision, reconciles }) => adviceFor(decision, reconciles.at(-1)));
  return [...new Set(advice)];
}

/** Of objects that follow the very ref, but take what it leads to by now. */
const PAST: readonly string[] = ['not-head', 'late'];

function unmatched({ candidates, change }: Story): string {
  if (candidates.some(({ reason }) => PAST.includes(reason))) {
    const head = change.readBack?.head ?? null;
    const where = head === null ? '' : `: \`headgate trace ${printable(head)}\``;
    return `What follows ${printable(change.ref)} takes what it leads to now${where}.`;
  }
  if (candidates.length > 0)
    return `Nothing follows ${printable(change.ref)}; the reasons stand above. \`headgate get targets\` shows what each object follows.`;
  if (change.owed.length > 0) return 'Nothing yet; `headgate check` shows how the clusters do.';
  return (
    `No object of any cluster has the repository ${printable(change.repository)} of ${printable(change.source)} as its URL. Compare with \`headgate get targets\`; ` +
    'if the clusters use another address for it, add that to `aliases` of the source.'
  );
}

function adviceFor(decision: Decision | undefined, reconcile: Reconcile | undefined): readonly string[] {
  if (reconcile === undefined) return decision === undefined ? [] : whatWouldPass(decision).map(printable);
  const { outcome, reason, state, target } = reconcile;
  switch (outcome) {
    case null:
      return [state === 'queued' ? 'It waits for its turn; ask again in a moment.' : 'Flux is at work; ask again in a moment.'];
    case 'failed':
    case 'stalled':
      return inspect(reconcile);
    case 'timed_out':
      return [...inspect(reconcile), `Ask once more: \`${reconcileCommand(target)}\`.`];
    case 'skipped':
      return reason === 'suspended' ? [resume(target)] : [];
    default:
      return [];
  }
}

/** The objects whose own status says what is wrong: the failing consumers, else the source. */
function inspect({ consumers, target }: Reconcile): readonly string[] {
  const failing = consumers.filter(({ outcome }) => outcome !== 'applied' && outcome !== 'skipped').map(({ object }) => object);
  const objects = failing.length > 0 ? failing : [target];
  return objects
    .slice(0, 3)
    .map(
      ({ kind, name, namespace }) =>
        `See \`kubectl -n ${printable(namespace)} describe ${kind.toLowerCase()} ${printable(name)}\`, mend what it says in the repository or in the cluster, then push or ask again.`,
    );
}

function resume(target: TargetRef): string {
  return `It is suspended: \`${printable(resumeCommand(target))}\`, then \`${reconcileCommand(target)}\`.`;
}

function reconcileCommand({ cluster, kind, namespace, name }: TargetRef): string {
  return printable(`headgate reconcile ${kind}/${name} -n ${namespace} --cluster ${cluster}`);
}
