import type { Reason } from '#core/decision.ts';
import type { RangeFacts, RangeLack } from '#core/ports/read-back.ts';
import type { RangeEvidence } from '#core/range-evidence.ts';
import type { DecisionInput } from '#policy/decision-input.ts';
import { reason } from '#policy/reason.ts';
import { shortId } from '#policy/say.ts';

/** What a rule rests on. */
export interface Ground {
  /** What must have been asked for of every commit. */
  readonly asked: readonly ('reviews' | 'signatures' | 'owners')[];
  /** What must be known, and completely. */
  readonly known: readonly RangeLack[];
  /** Whether it is about every commit since the last allowed revision, and not about the head alone. */
  readonly everyCommit: boolean;
}

/** What is known of every change that brought a commit. */
export const submitsGround: Ground = { asked: ['reviews'], known: ['commits', 'pulls', 'reviews', 'coverage'], everyCommit: true };

/** The evidence when all that a rule rests on is known; else why it is not, and then the rule cannot hold. */
export function soundRange({ change, range }: Pick<DecisionInput, 'change' | 'range'>, ground: Ground): RangeEvidence | Reason {
  if ('missing' in range) return reason('no-range', `what came since the last allowed revision is not known: ${range.missing}`);
  const { facts } = range;
  if (change.revision === null || facts.head !== change.revision)
    return reason('no-range', `what is known is about ${facts.head}, not about ${change.revision ?? 'whatever the head is'}`);
  const unasked = ground.asked.filter((what) => facts.question?.[what] !== true || facts.question.ref !== change.ref);
  if (unasked.length > 0) return reason('no-range', `the source was not asked for ${unasked.join(' and ')}`);
  const lacked = ground.known.filter((lack) => facts.lacked.includes(lack));
  if (lacked.length > 0) return reason('incomplete-range', incomplete(facts, lacked));
  return (ground.everyCommit ? gap(facts) : undefined) ?? range;
}

/** Why the commits of a range are not all that came since its base. */
function gap(facts: RangeFacts): Reason | undefined {
  const { course, commits, commitCount, base, head } = facts;
  if (commitCount === null || commitCount !== commits.length) return reason('incomplete-range', incomplete(facts, ['commits']));
  if (course === 'same' && base === head && commitCount === 0) return undefined;
  if (course === 'ahead' && commitCount > 0) return undefined;
  return reason(
    'other-course',
    `${shortId(head)} does not follow ${shortId(base)}, the last allowed revision here: ${courses[course ?? 'null']}`,
  );
}

const courses = {
  back: 'it lies in its history. Bring a commit on top that takes the later ones back (`git revert`)',
  diverged: 'they have gone different ways, as after a forced push. Put the branch back, or bring its commits on top',
  null: 'which way it goes is not known. Ask again (`headgate reconcile`) when the source can tell',
  ahead: 'the source names no commit between them. Ask again (`headgate reconcile`)',
  same: 'the source takes them for the same one, which they are not. Ask again (`headgate reconcile`)',
} as const;

function incomplete({ base, head }: RangeFacts, lacked: readonly RangeLack[]): string {
  return (
    `of ${shortId(base)}..${shortId(head)} the source could not tell, or not completely: ${lacked.map((lack) => lacks[lack]).join(', ')}. ` +
    'Ask again (`headgate reconcile`) when it can; bring what is too much at once in smaller steps'
  );
}

const lacks: Readonly<Record<RangeLack, string>> = {
  commits: 'its commits',
  files: 'its files',
  pulls: 'its pull requests or changes',
  reviews: 'their reviews',
  checks: 'the checks of its head',
  coverage: 'which pull request or change brought each commit, and who had a hand in it',
  signatures: 'its signatures',
  owners: 'the code owners',
};
