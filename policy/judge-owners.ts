import type { PullFacts } from '#core/ports/read-back.ts';
import type { Approval, PullInput } from '#policy/approval.ts';
import { unownedPaths, type OwningReviewer } from '#policy/owners/unowned-paths.ts';
import type { ReviewersOrOwners } from '#policy/range-rules.ts';
import { isAmong } from '#policy/people/matcher.ts';
import { sayFew, sayPull } from '#policy/say.ts';

/**
 * Why the approvals of a pull request are not those of code owners: a file has owners, and none of them is among those who approved, nor anybody
 * whom the rule names. Which pull request changed which file is not known, so each needs the owners of all files that differ.
 * @returns undefined when they are
 */
export function unownedBy(approvals: readonly Approval[], from: ReviewersOrOwners, pull: PullFacts, input: PullInput): string | undefined {
  const { policies, now, change, owners, files } = input;
  const { people } = policies;
  if (approvals.some(({ person }) => isAmong(person, from, people, now))) return undefined;
  if (owners === null) return 'the repository has no CODEOWNERS at the last allowed revision, so nobody owns anything';
  const reviewers = approvals.map(({ person, voice }): OwningReviewer => {
    const isIn = (team: string): boolean => people.isIn(person, `${change.source}:${team}`, now);
    return { login: voice.by?.name ?? '', isIn };
  });
  const unowned = unownedPaths(owners, files, reviewers);
  if (unowned.length === 0) return undefined;
  const named = unowned.map(({ path, needs }) => `${JSON.stringify(path)} of ${needs}`);
  return `no owner approved ${sayPull(pull)} for ${sayFew(named, ', ')}`;
}
