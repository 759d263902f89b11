import type { CelInput } from '@bufbuild/cel';
import type { Account } from '#core/account.ts';
import { limits } from '#core/limits.ts';
import { isHere, kindOf } from '#core/person.ts';
import type { PullFacts } from '#core/ports/read-back.ts';
import type { ChangeReview, SubmitRequirement } from '#core/review.ts';
import type { DecisionInput } from '#policy/decision-input.ts';
import { otherBase } from '#policy/judge-pull.ts';
import { soundRange, submitsGround } from '#policy/sound-range.ts';
import { reliableVotes, vetoes } from '#policy/votes.ts';

type Reviewed = PullFacts & { readonly review: ChangeReview };

/**
 * `change.review`: what holds of every submitted change since the last allowed revision, so that an expression never rests on the last of them alone. It has
 * no value where a commit came otherwise, where not all is known, and for sources without votes: that denies.
 */
export function reviewFields(input: DecisionInput): readonly (readonly [string, CelInput])[] {
  const changes = changesIn(input);
  if (typeof changes === 'string') return [];
  const fields: Readonly<Record<string, CelInput>> = {
    changes: changes.map(({ number }) => BigInt(number)),
    labels: new Map(common(changes.map(labelsOf), (one, other) => (one < other ? one : other))),
    approvers: approversOf(changes, input),
    submitter: same(changes.map(({ review }) => personOf(review.submitter, input))),
    requirements: new Map(common(changes.map(statusesOf), graver)),
    rulesRevision: same(changes.map(({ review: { rules } }) => rules)),
  };
  return [['review', new Map(Object.entries(fields))]];
}

/** Why there is no `change.review`; undefined when there is. */
export function whyNoReview(input: DecisionInput): string | undefined {
  const changes = changesIn(input);
  return typeof changes === 'string' ? changes : undefined;
}

function changesIn(input: DecisionInput): readonly Reviewed[] | string {
  const { source, ref } = input.change;
  if (!input.votes) return `source ${source} has no votes`;
  const sound = soundRange(input, submitsGround);
  if ('code' in sound) return sound.message;
  const { commits, pulls } = sound.facts;
  const numbers = [...new Set(commits.map(({ broughtBy }) => broughtBy))];
  if (numbers.length === 0) return 'no change was submitted since the last allowed revision';
  if (numbers.length > limits.cel.items) return `more than ${limits.cel.items} changes were submitted since the last allowed revision`;
  const changes = pulls.flatMap((pull) => (pull.review && numbers.includes(pull.number) ? [{ ...pull, review: pull.review }] : []));
  const isComplete = changes.length === numbers.length && changes.every((one) => otherBase(one, ref) === undefined);
  return isComplete ? changes : `not every commit is known to have come by a change that was submitted to ${ref}`;
}

/** The highest vote on each label that somebody may rely on; the veto where there is one. */
function labelsOf({ review }: Reviewed): ReadonlyMap<string, bigint> {
  const highest = new Map<string, bigint>();
  for (const { label, value } of reliableVotes(review)) highest.set(label, max(highest.get(label), BigInt(value)));
  for (const { label, value } of vetoes(review)) highest.set(label, BigInt(value));
  return highest;
}

function max(one: bigint | undefined, other: bigint): bigint {
  return one === undefined || other > one ? other : one;
}

/** Persons who gave each change the highest vote of Code-Review. */
function approversOf(changes: readonly Reviewed[], input: DecisionInput): readonly string[] {
  const [first = [], ...others] = changes.map(({ review }) =>
    reliableVotes(review)
      .filter(({ label, value, range }) => label === 'Code-Review' && value > 0 && value === range?.max)
      .flatMap(({ by }) => humanOf(by, input) ?? []),
  );
  return [...new Set(first)].filter((name) => others.every((names) => names.includes(name))).toSorted();
}

function statusesOf({ review: { requirements } }: Reviewed): ReadonlyMap<string, SubmitRequirement['status']> {
  const statuses = new Map<string, SubmitRequirement['status']>();
  for (const { name, status } of requirements) statuses.set(name, graver(statuses.get(name) ?? status, status));
  return statuses;
}

const gravest: readonly SubmitRequirement['status'][] = ['error', 'unsatisfied', 'forced', 'overridden', 'not-applicable', 'satisfied'];

function graver(one: SubmitRequirement['status'], other: SubmitRequirement['status']): SubmitRequirement['status'] {
  return gravest.indexOf(one) < gravest.indexOf(other) ? one : other;
}

/** What every map has, with the lesser of their values. */
function common<T>(maps: readonly ReadonlyMap<string, T>[], lesser: (one: T, other: T) => T): readonly (readonly [string, T])[] {
  const [first = new Map<string, T>(), ...others] = maps;
  return [...first].flatMap(([name, value]) => {
    const values = others.map((map) => map.get(name));
    const known = values.filter((one) => one !== undefined);
    return known.length === values.length ? [[name, known.reduce(lesser, value)] as const] : [];
  });
}

function same(values: readonly (string | null)[]): string | null {
  return new Set(values).size === 1 ? (values[0] ?? null) : null;
}

function humanOf(account: Account | null, input: DecisionInput): string | null {
  const resolved = input.policies.people.ofAccount(input.change.source, account);
  return account && kindOf(account.kind, resolved) === 'human' ? personOf(account, input) : null;
}

function personOf(account: Account | null, { policies: { people }, change, now }: DecisionInput): string | null {
  const resolved = people.ofAccount(change.source, account);
  return 'person' in resolved && isHere(resolved.person, now) ? resolved.person.name : null;
}
