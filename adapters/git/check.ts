import { readFileSync, statSync } from 'node:fs';
import type { Clock } from '#core/clock.ts';
import { HeadgateError, messageOf } from '#core/errors.ts';
import { finding, type Finding } from '#core/finding.ts';
import { knowsHost } from '#core/keys/known-hosts.ts';
import { limits } from '#core/limits.ts';
import { gitEnvironment } from './environment.ts';
import { runGit } from './git-process.ts';
import { listArguments } from './list-refs.ts';
import { heard } from './read-back.ts';
import { remoteOf, type GitCredentials, type RemoteOptions } from './remote.ts';

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
  const files = sshFindings(options, repository);
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

function sshFindings({ about, credentials, cloneUrl }: GitCheckOptions, repository: string | undefined): readonly Finding[] {
  if (credentials.kind !== 'ssh') return [];
  const { hostname, port } = new URL(cloneUrl(repository ?? 'owner/name'));
  return [keyFinding(about, credentials), hostsFinding(about, credentials, hostname, port === '' ? 22 : Number(port))];
}

type SshCredentials = Extract<GitCredentials, { readonly kind: 'ssh' }>;

/** ssh(1) ignores a private key that others may read. */
function keyFinding(about: string, { keyFile }: SshCredentials): Finding {
  try {
    const { mode } = statSync(keyFile);
    if ((mode & 0o077) === 0) return finding('GIT_SSH', about, 'good', `SSH key ${keyFile}: its owner alone may read it`);
    const message = `SSH key ${keyFile}: others may read it (mode ${(mode & 0o777).toString(8)}), so that ssh does not use it`;
    return finding('GIT_SSH', about, 'bad', message, { mend: `\`chmod 0600 ${keyFile}\`` });
  } catch (error) {
    return finding('GIT_SSH', about, 'bad', `SSH key: ${messageOf(error)}`);
  }
}

function hostsFinding(about: string, { knownHostsFile: file }: SshCredentials, host: string, port: number): Finding {
  try {
    if (knowsHost(readFileSync(file, 'utf8'), host, port)) return finding('GIT_SSH', about, 'good', `known_hosts ${file}: it has ${host}`);
    const mend = `\`ssh-keyscan${port === 22 ? '' : ` -p ${port}`} ${host} >> ${file}\`, and compare the key with what the host publishes.`;
    return finding('GIT_SSH', about, 'bad', `known_hosts ${file}: it has no key of ${host}`, { mend });
  } catch (error) {
    return finding('GIT_SSH', about, 'bad', `known_hosts: ${messageOf(error)}`);
  }
}
