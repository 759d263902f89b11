import type { ChangeReview, Vote } from '#core/review.ts';
import type { ReviewRule } from '#policy/range-rules.ts';
import type { Voice } from '#policy/voice.ts';

type Asked = Pick<ReviewRule, 'label' | 'value'>;

/**
 * Votes on one label as reviews: of each account the latest before the submit, and whatever was given after it, which counts for nothing but
 * as an objection. Values of 0 are no votes, they take one back.
 * @param head the patch set that was submitted
 */
export function voteVoices(asked: Asked, review: ChangeReview, head: string): readonly Voice[] {
  const byAccount = Map.groupBy(
    review.votes.filter(({ label }) => label === asked.label),
    (vote) => vote.by?.account ?? vote,
  );
  return [...byAccount.values()].flatMap((votes) =>
    standing(votes).map(({ vote, raised, unordered }) => ({
      by: vote.by,
      commit: vote.onSubmitted ? head : null,
      at: vote.at,
      objects: !raised && isObjection(vote),
      flaw: unordered ? `is ${sayVote(vote)}, and which of their votes is the latest is not known` : flawOf(asked, vote, review),
    })),
  );
}

/** Of each account and label the latest vote before the submit, as far as somebody may rely on it. */
export function reliableVotes(review: ChangeReview): readonly Vote[] {
  return standingOn(review).flatMap(({ vote, unordered }) => (!unordered && voteFlaw(vote, review) === undefined ? [vote] : []));
}

/** Lowest votes that stand, whoever gave them. */
export function vetoes(review: ChangeReview): readonly Vote[] {
  return standingOn(review).flatMap(({ vote, raised }) => (!raised && isObjection(vote) ? [vote] : []));
}

/** `Code-Review+2` */
function sayVote({ label, value }: Pick<Vote, 'label' | 'value'>): string {
  return `${label}${value > 0 ? '+' : ''}${value}`;
}

/**
 * Whether somebody may rely on a vote, whatever its value: given before the submit, by its account in person, on what was submitted.
 * @returns in words why not; undefined when they may
 */
function voteFlaw(vote: Vote, { submittedAt }: Pick<ChangeReview, 'submittedAt'>): string | undefined {
  const said = sayVote(vote);
  if (vote.postSubmit) return `${said} was given after the change was submitted`;
  if (vote.at === null) return `${said} has no time`;
  if (submittedAt === null) return `${said} cannot be told from one after the submit, because it is not known when that was`;
  if (vote.at > submittedAt) return `${said} was given after the change was submitted`;
  if (vote.automatic) return `${said} was given by a program`;
  if (vote.onBehalf !== false)
    return vote.onBehalf === null
      ? `${said} is not known to have been given in person`
      : `${said} was given in their name by somebody else`;
  return vote.onSubmitted ? undefined : `${said} was given on other content than was submitted`;
}

function flawOf({ label, value }: Asked, vote: Vote, review: ChangeReview): string | undefined {
  const highest = vote.range?.max ?? value;
  const most = highest < value ? `, which the label does not have: its highest is +${highest}` : '';
  if (vote.value < value) return `is ${sayVote(vote)}, and ${sayVote({ label, value })} is asked for${most}`;
  return voteFlaw(vote, review);
}

/**
 * The lowest value of the label, whoever gave it, is a veto in Gerrit too, on whatever content: votes that Gerrit drops with a new patch set are not
 * among those of the change any more. Where the range is not known, every negative one is taken for it.
 */
function isObjection({ value, range }: Vote): boolean {
  return value < 0 && value <= (range?.min ?? value);
}

interface Standing {
  readonly vote: Vote;
  /** The same account took it back, or gave another one, after the submit. */
  readonly raised: boolean;
  /** One of the account's votes has no time, so that none is known to be the latest. */
  readonly unordered: boolean;
}

function standingOn({ votes }: ChangeReview): readonly Standing[] {
  const byAccount = Map.groupBy(votes, (vote) => (vote.by ? JSON.stringify([vote.by.account, vote.label]) : vote));
  return [...byAccount.values()].flatMap(standing);
}

function standing(votes: readonly Vote[]): readonly Standing[] {
  if (votes.length > 1 && votes.some(({ at }) => at === null))
    return given(votes).map((vote) => ({ vote, raised: false, unordered: true }));
  const [before, after] = [false, true].map((postSubmit) => latest(votes.filter((vote) => vote.postSubmit === postSubmit)));
  return given([before, after].flatMap((vote) => vote ?? [])).map((vote) => ({
    vote,
    raised: vote === before && after !== undefined,
    unordered: false,
  }));
}

function given(votes: readonly Vote[]): readonly Vote[] {
  return votes.filter(({ value }) => value !== 0);
}

/** Gerrit counts in seconds: of two at the same moment the lower one is taken for the later. */
function latest(votes: readonly Vote[]): Vote | undefined {
  return votes.toSorted((one, other) => (one.at ?? 0) - (other.at ?? 0) || other.value - one.value).at(-1);
}
