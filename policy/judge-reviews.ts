import type { PullFacts, RangeCommit, RangeFacts } from '#core/ports/read-back.ts';
import type { DecisionInput } from '#policy/decision-input.ts';
import type { PullInput } from '#policy/approval.ts';
import { parseOwners } from '#policy/owners/parse-owners.ts';
import { directPush } from '#policy/judge-submits.ts';
import { judgePull, type PullVerdict } from '#policy/judge-pull.ts';
import { denied, groupByWhy, type Judged } from '#policy/judged.ts';
import type { ReviewRule } from '#policy/range-rules.ts';
import { sayVoice } from '#policy/say-voice.ts';
import { nothingCame, sayCommit, sayFew } from '#policy/say.ts';
import { soundRange, submitsGround, type Ground } from '#policy/sound-range.ts';

const ownersGround: Ground = {
  asked: ['reviews', 'owners'],
  known: ['commits', 'pulls', 'reviews', 'coverage', 'files', 'owners'],
  everyCommit: true,
};

/**
 * Whether every commit since the last allowed revision came by a pull request that was reviewed as the rule asks. One that did not makes the
 * rule fail, and is named.
 */
export function judgeReviews(review: ReviewRule, rule: string, input: DecisionInput): Judged {
  if (input.policies.people.hash === '') return denied(rule, { code: 'no-people', message: noPeople });
  const sound = soundRange(input, review.from?.owners === true ? ownersGround : submitsGround);
  if ('code' in sound) return denied(rule, sound);
  const { facts } = sound;
  const owners = review.from?.owners === true && facts.owners !== null ? parseOwners(facts.owners) : null;
  const pulls = pullVerdicts(review, facts, { ...input, files: facts.files, owners });
  const failures = facts.commits.flatMap((commit) => {
    const verdict = verdictOf(commit, pulls, input);
    return 'approvals' in verdict ? [] : [{ of: sayCommit(commit), ...verdict }];
  });
  if (failures.length > 0) return denied(rule, ...groupByWhy(failures));
  const saw = [...pulls].flatMap(([number, { pull, verdict }]) =>
    pull && 'approvals' in verdict
      ? verdict.approvals.map(({ person, voice }) => sayVoice(number, input.change.source, { ...voice, person: person.name }))
      : [],
  );
  return { rule, denials: [], holds: holds(facts, saw), saw };
}

const noPeople =
  'reviewers are people, and no document says who is who. Put documents of kind Person beside the policies (docs/how-to/people.md)';

interface Judgement {
  readonly pull: PullFacts | undefined;
  readonly verdict: PullVerdict;
}

/** Each pull request that brought a commit is judged once. */
function pullVerdicts(review: ReviewRule, facts: RangeFacts, input: PullInput): ReadonlyMap<number, Judgement> {
  const brought = Map.groupBy(facts.commits, ({ broughtBy }) => broughtBy);
  return new Map(
    [...brought].flatMap(([number, those]) => (number === null ? [] : [[number, judgement(review, number, those, facts, input)]])),
  );
}

function judgement(review: ReviewRule, number: number, commits: readonly RangeCommit[], facts: RangeFacts, input: PullInput): Judgement {
  const pull = facts.pulls.find((one) => one.number === number);
  const unknown: PullVerdict = {
    code: 'incomplete-range',
    why: `the source tells nothing of ${input.votes ? `change ${number}` : `pull request #${number}`}, which brought it`,
  };
  return { pull, verdict: pull ? judgePull(review, pull, commits, input) : unknown };
}

function verdictOf({ broughtBy }: RangeCommit, pulls: ReadonlyMap<number, Judgement>, { change, votes }: DecisionInput): PullVerdict {
  const judged = broughtBy === null ? undefined : pulls.get(broughtBy);
  if (judged) return judged.verdict;
  if (votes) return { code: 'direct-push', why: directPush(change.ref) };
  return { code: 'unreviewed', why: `no pull request that was merged into ${change.ref} is proven to have brought it` };
}

function holds({ commits }: RangeFacts, saw: readonly string[]): string {
  return commits.length === 0 ? nothingCame : `commits reviewed: ${commits.length}, by ${sayFew(saw, ', ')}`;
}
