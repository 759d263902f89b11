import { sshFindings } from '#config/check-ssh.ts';
import type { Clock } from '#core/clock.ts';
import { HeadgateError, messageOf } from '#core/errors.ts';
import { finding, type Finding } from '#core/finding.ts';
import { limits } from '#core/limits.ts';
import { gitEnvironment } from './environment.ts';
import { runGit } from './git-process.ts';
import { listArguments } from './list-refs.ts';
import { heard } from './read-back.ts';
import { remoteOf, type RemoteOptions } from './remote.ts';

export interface GitCheckOptions extends RemoteOptions {
  /** `source hub`. */
  readonly about: string;
  readonly clock: Clock;
}

/**
 * What `headgate check` finds where a source is read back by git: the binary, the files for SSH, and whether one repository can be listed.
 * @param repository full name of one that is followed; undefined = none is known
 */
export async function checkGit(options: GitCheckOptions, repository: string | undefined): Promise<readonly Finding[]> {
  const binary = await binaryFinding(options);
  const files = sshOf(options, repository);
  if (binary.severity === 'bad' || repository === undefined) return [binary, ...files];
  return [binary, ...files, await reachFinding(options, repository)];
}

async function binaryFinding({ about, clock, environment = {} }: GitCheckOptions): Promise<Finding> {
  try {
    const call = { args: ['--version'], environment: gitEnvironment(environment, []), timeout: limits.check.git };
    const { stdout } = await runGit(clock, call);
    const [, version, minor] = /^git version ((?:2\.(\d+)|\d+)\S*)/.exec(stdout.toString('utf8')) ?? [];
    if (version === undefined) return finding('GIT_BINARY', about, 'unknown', 'git: it does not tell its version');
    const isOld = minor !== undefined && Number(minor) < limits.check.gitMinor;
    return finding(
      'GIT_BINARY',
      about,
      isOld ? 'warning' : 'good',
      `git ${version}${isOld ? ` is older than 2.${limits.check.gitMinor}` : ''}`,
    );
  } catch (error) {
    return finding('GIT_BINARY', about, 'bad', messageOf(error));
  }
}

async function reachFinding({ about, clock, ...options }: GitCheckOptions, repository: string): Promise<Finding> {
  try {
    const remote = remoteOf(options, repository);
    const args = listArguments(remote.url, ['refs/heads/headgate-check']); // whether it is there does not matter
    const result = await runGit(clock, { args, environment: { ...remote.environment, GIT_DIR: '/dev/null' }, timeout: limits.check.git });
    heard(remote, result);
    return finding('GIT_REACHABLE', about, 'good', `git reaches ${repository}`);
  } catch (error) {
    const own = error instanceof HeadgateError && error.code !== 'SOURCE_REFUSED' ? { mend: error.hint } : {};
    return finding('GIT_REACHABLE', about, 'bad', messageOf(error), own);
  }
}

function sshOf({ about, credentials, cloneUrl }: GitCheckOptions, repository: string | undefined): readonly Finding[] {
  if (credentials.kind !== 'ssh') return [];
  const { hostname, port } = new URL(cloneUrl(repository ?? 'owner/name'));
  return sshFindings('GIT_SSH', about, { ...credentials, hostname, port: port === '' ? 22 : Number(port) });
}
