import type { Approval, PullInput } from '#policy/approval.ts';
import { isHere, kindOf, type Person } from '#core/person.ts';
import type { PullFacts, RangeCommit, ReviewFacts } from '#core/ports/read-back.ts';
import { deedsOf, involvedIn, type Involved } from '#policy/involved.ts';
import type { ReviewRule } from '#policy/range-rules.ts';
import type { ReasonCode } from '#policy/reason-codes.ts';
import { unownedBy } from '#policy/judge-owners.ts';
import { isObjection, latestReviews } from '#policy/review-states.ts';
import { isAmong } from '#policy/people/matcher.ts';
import { sayReviewers } from '#policy/say-reviewers.ts';
import { sayFew, shortId } from '#policy/say.ts';

/** The reviews of one pull request that count for a rule, or why they are not enough. */
export type PullVerdict = { readonly approvals: readonly Approval[] } | { readonly code: ReasonCode; readonly why: string };

/**
 * Whether a pull request was reviewed as a rule asks. A review counts if it is its reviewer's latest, was given on what was merged, and the
 * reviewer is a human who may write, is resolved to a person who has not left, is among those that the rule names, and is proven to be
 * none of those whom the rule tells apart. Persons are counted, not accounts.
 * @param commits of the range, those that it brought
 */
export function judgePull(rule: ReviewRule, pull: PullFacts, commits: readonly RangeCommit[], input: PullInput): PullVerdict {
  const { change, policies } = input;
  const reviews = latestReviews(pull.reviews);
  const involved = involvedIn(rule.distinctFrom, { change, pull, commits, people: policies.people });
  const obstacle = otherBase(pull, change.ref) ?? objectionTo(pull, reviews) ?? notDistinct(pull, involved);
  const deeds = deedsOf(involved);
  return (
    obstacle ??
    enough(
      rule,
      pull,
      reviews.map((review) => count(review, { rule, pull, deeds, input })),
      input,
    )
  );
}

function otherBase({ number, base }: PullFacts, ref: string): PullVerdict | undefined {
  if (base === ref) return undefined;
  return {
    code: 'unreviewed',
    why: `pull request #${number} brought it, which was merged into ${base ?? 'an unknown branch'}, not ${ref}`,
  };
}

function objectionTo({ number }: PullFacts, reviews: readonly ReviewFacts[]): PullVerdict | undefined {
  const objection = reviews.find(isObjection);
  const who = objection?.by?.name ?? 'somebody';
  const why = `${who} asked for changes in pull request #${number} and has not approved it since. Dismiss that review, or have it renewed`;
  return objection && { code: 'changes-requested', why };
}

function notDistinct({ number }: PullFacts, involved: readonly Involved[]): PullVerdict | undefined {
  for (const { who, resolved } of involved) {
    if ('person' in resolved) continue;
    const why = `no reviewer of pull request #${number} is proven to be somebody else than its ${who}: ${resolved.unresolved}`;
    return { code: 'not-distinct', why };
  }
  return undefined;
}

function enough({ required, from }: ReviewRule, pull: PullFacts, counted: readonly (Approval | string)[], input: PullInput): PullVerdict {
  const approvals = new Map(counted.flatMap((one) => (typeof one === 'string' ? [] : [[one.person.name, one]])));
  const unowned = from?.owners === true && approvals.size > 0 ? unownedBy([...approvals.values()], from, pull, input) : undefined;
  if (unowned !== undefined) return { code: 'unreviewed', why: unowned };
  if (approvals.size >= required) return { approvals: [...approvals.values()] };
  const others = counted.filter((one) => typeof one === 'string');
  const said = sayFew(others, '; ');
  const have = approvals.size === 0 ? 'none counts' : `only that of ${[...approvals.keys()].join(', ')} counts`;
  const why = `of the reviews of pull request #${pull.number}, ${required === 1 ? 'one must' : `those of ${required} people must`} count, and ${have}`;
  return { code: 'unreviewed', why: said === '' ? `${why}: there is ${counted.length === 0 ? 'none' : 'no other'}` : `${why}: ${said}` };
}

interface Counting {
  readonly rule: ReviewRule;
  readonly pull: PullFacts;
  /** Of each person whom a reviewer must not be. */
  readonly deeds: ReadonlyMap<string, string>;
  readonly input: PullInput;
}

/** The approval, or in words why it is none. */
function count(review: ReviewFacts, counting: Counting): Approval | string {
  const { by } = review;
  if (by === null) return 'one is of an account that the source cannot name';
  const flaw = flawOf(review, counting.pull);
  if (flaw !== undefined) return `${by.name}'s ${flaw}`;
  const { policies, change } = counting.input;
  const resolved = policies.people.ofAccount(change.source, by);
  if ('unresolved' in resolved) return `${by.name} (${change.source} ${by.account}) is not known to be anybody: ${resolved.unresolved}`;
  const kind = kindOf(by.kind, resolved);
  const objection =
    kind === 'human' ? personFlaw(resolved.person, counting) : `is no human, but ${kind === 'unknown' ? kind : `a ${kind}`}`;
  return objection === undefined ? { person: resolved.person, review } : `${by.name} is ${resolved.person.name}, who ${objection}`;
}

/** What is wrong with a review by itself. */
function flawOf({ state, commit, at, canWrite }: ReviewFacts, { head }: PullFacts): string | undefined {
  if (state !== 'APPROVED') return state === 'DISMISSED' ? 'was dismissed' : 'asks for changes';
  if (commit !== head)
    return `was given on ${commit === null ? 'an unknown commit' : shortId(commit)}, not on ${shortId(head)}, which was merged`;
  if (at === null) return 'has no time';
  if (canWrite === null) return 'is of an account of which is not known whether it may write to the repository';
  return canWrite ? undefined : 'is of an account that may not write to the repository';
}

function personFlaw(person: Person, { rule, deeds, input: { policies, now } }: Counting): string | undefined {
  if (!isHere(person, now)) return 'has left';
  const deed = deeds.get(person.name);
  if (deed !== undefined) return deed;
  return rule.from === null || rule.from.owners || isAmong(person, rule.from, policies.people, now)
    ? undefined
    : `is not ${sayReviewers(rule.from, policies.people, now)}`;
}
