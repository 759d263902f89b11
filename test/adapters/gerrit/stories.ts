import type { BriefPull, Change } from '#core/change.ts';
import type { Decision } from '#core/decision.ts';
import type { Story } from '#core/ports/journal.ts';
import type { PullFacts } from '#core/ports/read-back.ts';
import type { Heir, News, NewsKind } from '#core/ports/sink.ts';
import type { Outcome, Reconcile } from '#core/reconcile.ts';
import type { ChangeReview } from '#core/review.ts';
import type { TargetRef } from '#core/target.ts';
import { sampleChange, sampleReconcile, sha } from '../../handlers/samples.ts';
import { sampleDecision, sampleStory } from '../github/stories.ts';

const SUBMITTED = Date.UTC(2026, 10, 21, 7, 51, 50);

function sampleReview(number: number, more: Partial<ChangeReview> = {}): ChangeReview {
  return {
    id: `demo%2Fapp~${number}`,
    url: `https://review.example.com/c/demo/app/+/${number}`,
    owner: null,
    uploader: null,
    submitter: null,
    submittedAt: SUBMITTED,
    submission: '21-t',
    topic: null,
    requirements: [],
    votes: [],
    reverts: null,
    rules: null,
    ...more,
  };
}

export function samplePull(number: number, more: Partial<ChangeReview> = {}): PullFacts {
  const review = sampleReview(number, more);
  const { owner: author, submitter: mergedBy } = review;
  return { number, title: `Change ${number}`, author, mergedBy, base: 'refs/heads/main', head: sha('b'), reviews: [], review };
}

/** What is told of a change of Gerrit. */
export function brief(number: number, more: Partial<ChangeReview> = {}): BriefPull {
  return { number, review: sampleReview(number, more) };
}

/** A change of `review` that these changes of Gerrit came with. */
export function submitted(numbers: readonly number[], more: Partial<Change> = {}): Change {
  const range = {
    base: sha('a'),
    commits: numbers.length,
    files: 1,
    firstFiles: ['a'],
    pulls: numbers.map((number) => samplePull(number)),
    checks: [],
    lacked: [],
  };
  const readBack = { by: 'api' as const, at: SUBMITTED + 50, head: sha('b'), standing: 'head' as const, range };
  return sampleChange({ source: 'review', repository: 'demo/app', confirmed: true, readBack, ...more });
}

/** How a target stands: an outcome, `denied`, or null while it is under way. */
export interface Fate {
  readonly target: TargetRef;
  readonly fate: Outcome | 'denied' | null;
  readonly decision?: Partial<Decision>;
  readonly reconcile?: Partial<Reconcile>;
}

export function targetNamed(name: string, cluster = 'prod'): TargetRef {
  return { cluster, kind: 'GitRepository', namespace: 'apps', name };
}

export function storyOf(change: Change, fates: readonly Fate[]): Story {
  const decided = fates.map(({ target, fate, decision }, index): Decision => {
    const denied = {
      verdict: 'deny',
      rule: 'default',
      reasons: [{ code: 'no-policy', message: 'no policy is about namespace apps' }],
    } as const;
    return sampleDecision({ id: `dec_${index}`, target, at: SUBMITTED + 60, ...(fate === 'denied' ? denied : {}), ...decision });
  });
  const reconciles = fates.flatMap(({ target, fate, reconcile }, index): readonly Reconcile[] => {
    if (fate === 'denied') return [];
    const ended = fate === null || fate === 'failed' ? {} : { state: 'ended' as const, endedAt: SUBMITTED + 8_200 };
    const base = { id: `rec_${index}`, seq: index + 1, decision: `dec_${index}`, target, outcome: fate };
    return [sampleReconcile({ ...base, ...ended, ...reconcile })];
  });
  return sampleStory({ change, decisions: decided, reconciles });
}

/** News of the n-th target of a story. */
export function newsOf(story: Story, index = 0): News {
  const decision = story.decisions[index] ?? sampleDecision();
  const reconcile = story.reconciles.find((one) => one.decision === decision.id) ?? null;
  const kind: NewsKind = decision.verdict === 'deny' ? 'denied' : (reconcile?.outcome ?? 'triggered');
  return { id: `${decision.id}-${kind}`, kind, at: SUBMITTED + 9_000, target: decision.target, decision, reconcile, story };
}

/** What took the place of what was superseded at a target: a change at `sha('c')` that came by this one of Gerrit. */
export function sampleHeir(
  target: TargetRef,
  number: number,
  { reconcile, holds = true }: { readonly reconcile?: Partial<Reconcile>; readonly holds?: boolean } = {},
): Heir {
  const change = submitted([number], { id: 'chg_2', revision: sha('c'), after: sha('c') });
  const [pull = samplePull(number)] = change.readBack?.range?.pulls ?? [];
  const range = change.readBack?.range ? { ...change.readBack.range, pulls: [{ ...pull, head: sha('c') }] } : null;
  const ended = {
    id: 'rec_9',
    seq: 9,
    target,
    outcome: 'applied',
    state: 'ended',
    revision: sha('c'),
    endedAt: SUBMITTED + 8_200,
  } as const;
  return {
    change: { ...change, readBack: change.readBack && { ...change.readBack, range } },
    decision: sampleDecision({ id: 'dec_9', rule: 'later changes[1]' }),
    reconcile: sampleReconcile({ ...ended, ...reconcile }),
    holds,
  };
}
