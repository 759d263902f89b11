import type { DirectoryWatch } from '#config/directory-watch.ts';
import type { Clock } from '#core/clock.ts';
import { finding, type Check, type Finding } from '#core/finding.ts';
import { formatAge } from '#core/format-duration.ts';

/** Whether the policies in force are those that are in the directory now. */
export function policiesCheck(policies: Pick<DirectoryWatch<unknown>, 'current' | 'status'>, clock: Clock): Check {
  return { about: 'policies', run: () => Promise.resolve([policiesFinding(policies, clock.now())]) };
}

function policiesFinding(policies: Pick<DirectoryWatch<unknown>, 'current' | 'status'>, now: number): Finding {
  const { problem, loadedAt } = policies.status();
  const loaded = `loaded ${formatAge(now - loadedAt)} ago`;
  if (problem === null) return finding('POLICIES_VALID', 'policies', 'good', `in force, ${loaded}`);
  if (policies.current() === undefined)
    return finding('POLICIES_VALID', 'policies', 'bad', `none in force, everything is denied: ${problem}`);
  return finding('POLICIES_VALID', 'policies', 'bad', `the last good ones stand in, ${loaded}: ${problem}`);
}
