import type { Approval, PullInput } from '#policy/approval.ts';
import { isHere, kindOf, type Person } from '#core/person.ts';
import type { PullFacts, RangeCommit } from '#core/ports/read-back.ts';
import { deedsOf, involvedIn, type Involved } from '#policy/involved.ts';
import type { ReviewRule } from '#policy/range-rules.ts';
import type { ReasonCode } from '#policy/reason-codes.ts';
import { unownedBy } from '#policy/judge-owners.ts';
import { isAmong } from '#policy/people/matcher.ts';
import { sayReviewers } from '#policy/say-reviewers.ts';
import { sayFew, sayPull } from '#policy/say.ts';
import { reviewVoices } from '#policy/review-states.ts';
import type { Voice } from '#policy/voice.ts';
import { voteVoices } from '#policy/votes.ts';

/** The reviews of one pull request that count for a rule, or why they are not enough. */
export type PullVerdict = { readonly approvals: readonly Approval[] } | { readonly code: ReasonCode; readonly why: string };

/**
 * Whether a pull request or a change was reviewed as a rule asks. A review or vote counts if it is its reviewer's latest, was given on what was merged, and the
 * reviewer is a human who may write, is resolved to a person who has not left, is among those that the rule names, and is proven to be
 * none of those whom the rule tells apart. Persons are counted, not accounts.
 * @param commits of the range, those that it brought
 */
export function judgePull(rule: ReviewRule, pull: PullFacts, commits: readonly RangeCommit[], input: PullInput): PullVerdict {
  const { change, policies } = input;
  const voices = pull.review ? voteVoices(rule, pull.review, pull.head) : reviewVoices(pull);
  const involved = involvedIn(rule.distinctFrom, { change, pull, commits, people: policies.people });
  const obstacle = otherBase(pull, change.ref) ?? objectionTo(pull, voices, rule) ?? notDistinct(pull, involved);
  const deeds = deedsOf(involved);
  return (
    obstacle ??
    enough(
      rule,
      pull,
      voices.map((voice) => count(voice, { rule, deeds, input })),
      input,
    )
  );
}

/** Why a pull request or change did not come to this branch; undefined when it did. */
export function otherBase(pull: PullFacts, ref: string): { readonly code: ReasonCode; readonly why: string } | undefined {
  const { base } = pull;
  if (base === ref) return undefined;
  return { code: 'unreviewed', why: `${sayPull(pull)} brought it, which was merged into ${base ?? 'an unknown branch'}, not ${ref}` };
}

function objectionTo(pull: PullFacts, voices: readonly Voice[], { label }: ReviewRule): PullVerdict | undefined {
  const objection = voices.find(({ objects }) => objects);
  if (!objection) return undefined;
  const who = objection.by?.name ?? 'somebody';
  if (pull.review) return { code: 'vote-against', why: `${who} gave ${sayPull(pull)} the lowest vote on ${label}, and it stands` };
  const why = `${who} asked for changes in ${sayPull(pull)} and has not approved it since. Dismiss that review, or have it renewed`;
  return { code: 'changes-requested', why };
}

function notDistinct(pull: PullFacts, involved: readonly Involved[]): PullVerdict | undefined {
  for (const { who, resolved } of involved) {
    if ('person' in resolved) continue;
    const why = `no reviewer of ${sayPull(pull)} is proven to be somebody else than its ${who}: ${resolved.unresolved}`;
    return { code: 'not-distinct', why };
  }
  return undefined;
}

function enough(rule: ReviewRule, pull: PullFacts, counted: readonly (Approval | string)[], input: PullInput): PullVerdict {
  const { required, from } = rule;
  const approvals = new Map(counted.flatMap((one) => (typeof one === 'string' ? [] : [[one.person.name, one]])));
  const unowned = from?.owners === true && approvals.size > 0 ? unownedBy([...approvals.values()], from, pull, input) : undefined;
  if (unowned !== undefined) return { code: 'unreviewed', why: unowned };
  if (approvals.size >= required) return { approvals: [...approvals.values()] };
  const others = counted.filter((one) => typeof one === 'string');
  const said = sayFew(others, '; ');
  const have = approvals.size === 0 ? 'none counts' : `only that of ${[...approvals.keys()].join(', ')} counts`;
  const what = pull.review ? `${rule.label} votes on` : 'reviews of';
  const code = pull.review ? 'vote-missing' : 'unreviewed';
  const why = `of the ${what} ${sayPull(pull)}, ${required === 1 ? 'one must' : `those of ${required} people must`} count, and ${have}`;
  return { code, why: said === '' ? `${why}: there is ${counted.length === 0 ? 'none' : 'no other'}` : `${why}: ${said}` };
}

interface Counting {
  readonly rule: ReviewRule;
  /** Of each person whom a reviewer must not be. */
  readonly deeds: ReadonlyMap<string, string>;
  readonly input: PullInput;
}

/** The approval, or in words why it is none. */
function count(voice: Voice, counting: Counting): Approval | string {
  const { by, flaw } = voice;
  if (by === null) return 'one is of an account that the source cannot name';
  if (flaw !== undefined) return `${by.name}'s ${flaw}`;
  const { policies, change } = counting.input;
  const resolved = policies.people.ofAccount(change.source, by);
  if ('unresolved' in resolved) return `${by.name} (${change.source} ${by.account}) is not known to be anybody: ${resolved.unresolved}`;
  const kind = kindOf(by.kind, resolved);
  const objection =
    kind === 'human' ? personFlaw(resolved.person, counting) : `is no human, but ${kind === 'unknown' ? kind : `a ${kind}`}`;
  return objection === undefined ? { person: resolved.person, voice } : `${by.name} is ${resolved.person.name}, who ${objection}`;
}

function personFlaw(person: Person, { rule, deeds, input: { policies, now } }: Counting): string | undefined {
  if (!isHere(person, now)) return 'has left';
  const deed = deeds.get(person.name);
  if (deed !== undefined) return deed;
  return rule.from === null || rule.from.owners || isAmong(person, rule.from, policies.people, now)
    ? undefined
    : `is not ${sayReviewers(rule.from, policies.people, now)}`;
}
