import type { Decision } from '#core/decision.ts';
import { limits } from '#core/limits.ts';
import type { PullFacts } from '#core/ports/read-back.ts';
import type { DecisionInput } from '#policy/decision-input.ts';
import { sayVoice } from '#policy/say-voice.ts';
import { reliableVotes } from '#policy/votes.ts';

/**
 * Of a source with submit requirements, what brought the commits since `base`: what became of the requirements of each change, who submitted it, whether
 * anything was pushed past review, and what `refs/meta/config` led to. Who may weaken requirements can restore them, but not without two commits there:
 * the next decision names another one.
 */
export function submitFacts({ range, votes, change: { source } }: DecisionInput): Decision['facts'] {
  if (!votes || 'missing' in range) return {};
  const { commits, pulls } = range.facts;
  const reviewed = pulls.flatMap(({ number, review }) => (review ? [{ number, review }] : []));
  return {
    submits: few(
      reviewed.map(({ number, review: { requirements } }) => {
        const said = requirements.map(({ name, status }) => `${name} ${status}`).join(', ');
        return `#${number} ${said === '' ? 'was asked for nothing' : said}`;
      }),
    ),
    submitted: few(
      reviewed.map(({ number, review: { submitter, submittedAt } }) => sayVoice(number, source, { by: submitter, at: submittedAt })),
    ),
    directPush: commits.some(
      ({ broughtBy }) => !reviewed.some(({ number, review }) => number === broughtBy && review.requirements.length > 0),
    ),
    reviewRules: [...new Set(reviewed.map(({ review: { rules } }) => rules ?? 'not known'))],
  };
}

/** The votes on changes that a rule without `reviews` takes: whoever approved them stands in the record all the same. */
export function sawVotes(rule: string, { range, votes, change: { source }, policies: { people } }: DecisionInput): readonly string[] {
  if (!votes || 'missing' in range) return [];
  return range.facts.pulls.flatMap((pull) =>
    votesOn(pull).map((voice) => {
      const found = people.ofAccount(source, voice.by);
      return `${rule}: ${sayVoice(pull.number, source, { ...voice, ...('person' in found ? { person: found.person.name } : {}) })}`;
    }),
  );
}

function votesOn({ review, head }: PullFacts) {
  if (!review) return [];
  return reliableVotes(review)
    .filter(({ value }) => value > 0)
    .map(({ by, at }) => ({ by, at, commit: head }));
}

function few(all: readonly string[]): readonly string[] {
  const most = limits.readBack.kept.pulls;
  return all.length > most ? [...all.slice(0, most), `and ${all.length - most} more`] : all;
}
