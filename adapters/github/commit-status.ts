import { byTarget } from '#core/by-target.ts';
import type { Decision } from '#core/decision.ts';
import { limits } from '#core/limits.ts';
import type { News } from '#core/ports/sink.ts';
import type { Outcome, Reconcile } from '#core/reconcile.ts';
import { targetKey } from '#core/target.ts';

/** GitHub's word for a status; there is none for "neither". */
export type StatusState = 'failure' | 'error' | 'pending' | 'success';

/** What a commit's page says of one namespace of one cluster. */
export interface CommitStatus {
  /** `headgate/<cluster>/<namespace>`. */
  readonly context: string;
  readonly state: StatusState;
  /** At most limits.github.statusChars characters. Of a policy no more than the rule's name, of the cluster no more than a reason's slug. */
  readonly description: string;
}

interface Standing {
  readonly state: StatusState;
  readonly words: string;
}

/** The worst of several counts; a failure says more than what came to no end. */
const WORST_FIRST: readonly StatusState[] = ['failure', 'error', 'pending', 'success'];

/**
 * The statuses that news changes: one for each namespace that its target moves, over all targets of the change that move this namespace
 * of this cluster too. Made of what is known now, so that telling old news again tells what is new.
 */
export function statusesOf({ target, story }: Pick<News, 'target' | 'story'>, prefix: string): readonly CommitStatus[] {
  const key = targetKey(target);
  const targets = byTarget(story).filter((each) => each.target.cluster === target.cluster);
  const own = targets.find((each) => targetKey(each.target) === key)?.decision;
  if (own === undefined) return [];
  return namespacesOf(own)
    .slice(0, limits.github.statusNamespaces)
    .map((namespace) => {
      const standings = targets.flatMap(({ decision: decided, reconciles }) =>
        decided && namespacesOf(decided).includes(namespace) ? [standingOf(decided, reconciles.at(-1))] : [],
      );
      return { context: `${prefix}/${target.cluster}/${namespace}`, ...together(standings) };
    });
}

/** Those that the decision rested on: where objects are written, not where the source object lives. */
function namespacesOf({ facts, target }: Pick<Decision, 'facts' | 'target'>): readonly string[] {
  const { namespaces } = facts;
  return typeof namespaces === 'object' && namespaces !== null && namespaces.length > 0 ? namespaces : [target.namespace];
}

function together(standings: readonly Standing[]): Pick<CommitStatus, 'state' | 'description'> {
  const state = WORST_FIRST.find((each) => standings.some((standing) => standing.state === each)) ?? 'pending';
  const worst = standings.filter((standing) => standing.state === state);
  const words = [...new Set(worst.map((standing) => standing.words))].sort().join('; ');
  const count =
    standings.length === 1 ? '' : worst.length === standings.length ? `all ${worst.length}: ` : `${worst.length} of ${standings.length}: `;
  return { state, description: cut(`${count}${words}`) };
}

/** What a decision and what came of it mean on GitHub: the table of docs/how-to/github-status.md. */
export function standingOf(decision: Pick<Decision, 'verdict' | 'rule'>, reconcile: Reconcile | undefined): Standing {
  if (decision.verdict === 'deny') return { state: 'failure', words: deniedBy(decision.rule) };
  if (decision.verdict === 'hold') return { state: 'pending', words: `held by ${decision.rule}` };
  if (!reconcile?.outcome) return { state: 'pending', words: 'allowed, on its way' };
  return OUTCOMES[reconcile.outcome](reconcile);
}

function deniedBy(rule: string): string {
  return rule === 'default' ? 'denied by default: no policy in force allows it' : `denied by ${rule}`;
}

const OUTCOMES: Readonly<Record<Outcome, (reconcile: Reconcile) => Standing>> = {
  applied: () => ({ state: 'success', words: 'applied' }),
  failed: ({ state, reason }) => ({ state: 'failure', words: `failed${why(reason)}${state === 'ended' ? '' : ', Flux tries again'}` }),
  stalled: ({ reason }) => ({ state: 'failure', words: `stalled${why(reason)}: Flux does not try again` }),
  timed_out: () => ({ state: 'error', words: 'the cluster reported no outcome in time' }),
  superseded: () => ({ state: 'error', words: 'superseded: a newer revision took its place' }),
  skipped: ({ reason }) => SKIPPED.get(reason ?? '') ?? { state: 'error', words: `skipped${why(reason)}` },
};

/** By reason. Nothing was to be done in the first two; in the others the commit does not run here. */
const SKIPPED: ReadonlyMap<string, Standing> = new Map([
  ['current', { state: 'success', words: 'applied already' }],
  ['paths', { state: 'success', words: 'nothing to deploy: no declared path changed' }],
  ['not-head', { state: 'error', words: 'superseded: the ref has moved on' }],
  ['suspended', { state: 'error', words: 'skipped: suspended in Flux' }],
  ['gone', { state: 'error', words: 'skipped: the Flux object is gone' }],
]);

/** Reasons are slugs of ours or of Flux: `HealthCheckFailed`. What Flux says at length may hold what is nobody's business on GitHub. */
function why(reason: string | null): string {
  return reason !== null && /^[\w-]{1,60}$/.test(reason) ? ` (${reason})` : '';
}

function cut(text: string): string {
  const characters = Array.from(text);
  const most = limits.github.statusChars;
  return characters.length <= most ? text : `${characters.slice(0, most - 1).join('')}…`;
}
