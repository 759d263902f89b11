import type { PullFacts, RangeCommit } from '#core/ports/read-back.ts';
import type { Reason } from '#core/decision.ts';
import type { SubmitRequirement } from '#core/review.ts';
import type { DecisionInput } from '#policy/decision-input.ts';
import type { ChangeRule } from '#policy/documents.ts';
import { groupByWhy } from '#policy/judged.ts';
import { otherBase } from '#policy/judge-pull.ts';
import { reason } from '#policy/reason.ts';
import type { ReasonCode } from '#policy/reason-codes.ts';
import { sayCommit } from '#policy/say.ts';
import { soundRange, submitsGround } from '#policy/sound-range.ts';

/** Whether a rule takes only what the source's own submit requirements let in: where it does not say, wherever the source has any. */
export function mustBeReviewed({ reviewed, requirements }: Pick<ChangeRule, 'reviewed' | 'requirements'>, votes: boolean): boolean {
  return reviewed ?? (votes || requirements.length > 0);
}

/**
 * Why the commits since the last allowed revision were not all brought by changes that met their submit requirements; empty when they were, and
 * where the rule does not ask. That a change is merged proves nothing: a push closes open changes, and `%submit` forces them in.
 */
export function unmetSubmits(rule: ChangeRule, input: DecisionInput): readonly Reason[] {
  if (!mustBeReviewed(rule, input.votes)) return [];
  const { source, ref } = input.change;
  if (!input.votes)
    return [reason('no-requirements', `source ${source} has no submit requirements, so nothing meets them: ask with \`reviews\``)];
  const sound = soundRange(input, submitsGround);
  if ('code' in sound) return [sound];
  const { commits, pulls } = sound.facts;
  const verdicts = new Map(pulls.map((pull) => [pull.number, unmet(rule, pull, ref)]));
  return groupByWhy(
    commits.flatMap((commit) => {
      const failure = failureOf(commit, verdicts, ref);
      return failure ? [{ of: sayCommit(commit), ...failure }] : [];
    }),
  );
}

/** Of a commit that no change brought. */
export function directPush(ref: string): string {
  return `no change that was submitted to ${ref} is proven to have brought it, so it was pushed there past review`;
}

interface Unmet {
  readonly code: ReasonCode;
  readonly why: string;
}

function failureOf({ broughtBy }: RangeCommit, verdicts: ReadonlyMap<number, Unmet | undefined>, ref: string): Unmet | undefined {
  if (broughtBy === null) return { code: 'direct-push', why: directPush(ref) };
  if (verdicts.has(broughtBy)) return verdicts.get(broughtBy);
  return { code: 'incomplete-range', why: `the source tells nothing of change ${broughtBy}, which brought it` };
}

function unmet({ requirements: named }: ChangeRule, pull: PullFacts, ref: string): Unmet | undefined {
  const { number, review } = pull;
  if (!review) return { code: 'incomplete-range', why: `the source does not tell the submit requirements of change ${number}` };
  const { requirements } = review;
  return otherBase(pull, ref) ?? unasked(number, requirements) ?? missed(number, requirements) ?? unnamed(number, requirements, named);
}

function unasked(number: number, requirements: readonly SubmitRequirement[]): Unmet | undefined {
  if (requirements.length > 0) return undefined;
  return {
    code: 'direct-push',
    why: `change ${number} was merged without being asked for any submit requirement, as when a push closes it`,
  };
}

/** Whatever is neither satisfied nor without application, the gravest first. */
function missed(number: number, requirements: readonly SubmitRequirement[]): Unmet | undefined {
  for (const { status, code, how } of misses) {
    const names = requirements.filter((one) => one.status === status).map(({ name }) => name);
    if (names.length > 0) return { code, why: `change ${number} was submitted although ${names.join(', ')} ${how}` };
  }
  return undefined;
}

const misses: readonly { readonly status: SubmitRequirement['status']; readonly code: ReasonCode; readonly how: string }[] = [
  { status: 'forced', code: 'forced-submit', how: 'was not satisfied: the push that submitted it forced that (`%submit`)' },
  { status: 'overridden', code: 'overridden-submit', how: 'was not satisfied, but set aside by an override' },
  { status: 'unsatisfied', code: 'unreviewed-submit', how: 'was not satisfied' },
  { status: 'error', code: 'unreviewed-submit', how: 'could not be evaluated' },
];

/** One at least must have been satisfied, and each that the rule names. */
function unnamed(number: number, requirements: readonly SubmitRequirement[], named: readonly string[]): Unmet | undefined {
  const satisfied = requirements.filter(({ status }) => status === 'satisfied').map(({ name }) => name);
  if (satisfied.length === 0)
    return { code: 'unreviewed-submit', why: `change ${number} satisfied no submit requirement: none applied to it` };
  const missing = named.filter((name) => !satisfied.includes(name));
  if (missing.length === 0) return undefined;
  return { code: 'unreviewed-submit', why: `change ${number} did not satisfy ${missing.join(', ')}, which the rule asks for` };
}
