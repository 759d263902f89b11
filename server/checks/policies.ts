import type { DirectoryWatch } from '#config/directory-watch.ts';
import type { Clock } from '#core/clock.ts';
import { finding, type Check, type Finding } from '#core/finding.ts';
import { formatAge } from '#core/format-duration.ts';
import { limits } from '#core/limits.ts';

/**
 * Whether the policies in force are those that are in the directory now, and name people who are there.
 * @param troubles what is wrong with the people that they name
 */
export function policiesCheck(
  policies: Pick<DirectoryWatch<unknown>, 'current' | 'status'>,
  clock: Clock,
  troubles: () => readonly string[] | null = () => null,
): Check {
  const run = async (): Promise<readonly Finding[]> => [policiesFinding(policies, clock.now()), ...namedPeopleFindings(troubles())];
  return { about: 'policies', run };
}

function policiesFinding(policies: Pick<DirectoryWatch<unknown>, 'current' | 'status'>, now: number): Finding {
  const { problem, loadedAt } = policies.status();
  const loaded = `loaded ${formatAge(now - loadedAt)} ago`;
  if (problem === null) return finding('POLICIES_VALID', 'policies', 'good', `in force, ${loaded}`);
  if (policies.current() === undefined)
    return finding('POLICIES_VALID', 'policies', 'bad', `none in force, everything is denied: ${problem}`);
  return finding('POLICIES_VALID', 'policies', 'bad', `the last good ones stand in, ${loaded}: ${problem}`);
}

/**
 * Whether the people and groups that policies name are there.
 * @param troubles null when no policy names anybody
 */
export function namedPeopleFindings(troubles: readonly string[] | null): readonly Finding[] {
  if (troubles === null) return [];
  if (troubles.length === 0) return [finding('POLICY_PEOPLE', 'policies', 'good', 'the people and groups that they name are there')];
  const most = limits.config.problemsShown;
  const shown = troubles.slice(0, most).map((trouble) => finding('POLICY_PEOPLE', 'policies', 'warning', trouble));
  const more = troubles.length - shown.length;
  return more === 0 ? shown : [...shown, finding('POLICY_PEOPLE', 'policies', 'warning', `and ${more} more`)];
}
