import { watchDirectory, type DirectoryWatch, type DirectoryWatchOptions } from '#config/directory-watch.ts';
import type { Clock } from '#core/clock.ts';
import { HeadgateError, messageOf } from '#core/errors.ts';
import type { Log } from '#core/ports/telemetry.ts';
import type { PolicySet } from './documents.ts';
import { noPolicies, parsePolicies, requirePolicies } from './parse-policies.ts';

/**
 * Reads the policies of a directory, and again when they change. No policy at the start is a mistake worth refusing; later an empty
 * directory is a decision, and denies everything.
 * @param path absolute
 * @throws HeadgateError POLICY_MISSING, POLICY_INVALID
 */
export function watchPolicies(path: string, clock: Clock, log: Log, onReload?: (ok: boolean) => void): DirectoryWatch<PolicySet> {
  const watch = openPolicies({ path, parse: parsePolicies, clock, log, ...(onReload ? { onReload } : {}) });
  try {
    requirePolicies(policiesIn(watch), path);
  } catch (error) {
    watch.stop();
    throw error;
  }
  return watch;
}

function openPolicies(options: DirectoryWatchOptions<PolicySet>): DirectoryWatch<PolicySet> {
  try {
    return watchDirectory(options);
  } catch (error) {
    if (error instanceof HeadgateError) throw error;
    throw new HeadgateError('POLICY_MISSING', `the policy directory cannot be read: ${messageOf(error)}`, { cause: error });
  }
}

/** The policies in force; a set that denies everything once the directory has been bad for too long. */
export function policiesIn(watch: Pick<DirectoryWatch<PolicySet>, 'current' | 'status'>): PolicySet {
  return watch.current() ?? noPolicies(watch.status().problem ?? 'the policies have not loaded for too long');
}
