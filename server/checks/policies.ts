import type { DirectoryWatch } from '#config/directory-watch.ts';
import type { Clock } from '#core/clock.ts';
import { finding, type Check, type Finding } from '#core/finding.ts';
import { formatAge } from '#core/format-duration.ts';
import { limits } from '#core/limits.ts';

interface Checked extends Pick<DirectoryWatch<unknown>, 'current' | 'status'> {
  /** Whether any of them is about the policies themselves; absent where they come from a directory. */
  isChangeable?(): boolean;
}

/** What is wrong with whatever policies name. */
export interface PolicyTroubles {
  /** Null when they name nobody. */
  readonly people: () => readonly string[] | null;
  /** Clusters, sources and issuers that the Config has not. */
  readonly names: () => readonly string[];
}

const noTroubles: PolicyTroubles = { people: () => null, names: () => [] };

/**
 * Whether the policies in force are those that their directory or repository holds now, and name people who are there.
 */
export function policiesCheck(policies: Checked, clock: Clock, { people, names }: PolicyTroubles = noTroubles): Check {
  const run = async (): Promise<readonly Finding[]> => [
    policiesFinding(policies, clock.now()),
    ...(policies.current() === undefined ? [] : changeableFindings(policies.isChangeable?.() ?? true)),
    ...unknownNamesFindings(names()),
    ...namedPeopleFindings(people()),
  ];
  return { about: 'policies', run };
}

/** Nothing where they can be changed: that is what everybody expects. */
export function changeableFindings(isChangeable: boolean): readonly Finding[] {
  return isChangeable ? [] : [finding('POLICIES_CHANGEABLE', 'policies', 'warning', 'no policy is about the policies themselves')];
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
  return warnings('POLICY_PEOPLE', troubles);
}

/** Nothing where all of them are there. */
export function unknownNamesFindings(troubles: readonly string[]): readonly Finding[] {
  return warnings('POLICY_NAMES', troubles);
}

function warnings(code: 'POLICY_PEOPLE' | 'POLICY_NAMES', troubles: readonly string[]): readonly Finding[] {
  const shown = troubles.slice(0, limits.config.problemsShown).map((trouble) => finding(code, 'policies', 'warning', trouble));
  const more = troubles.length - shown.length;
  return more === 0 ? shown : [...shown, finding(code, 'policies', 'warning', `and ${more} more`)];
}
