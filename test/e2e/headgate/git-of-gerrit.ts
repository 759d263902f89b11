import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '#core/clock.ts';
import { silentLog } from '#core/ports/telemetry.ts';
import { startFakeGerrit, type FakeGerrit } from '#sandbox/gerrit/fake-gerrit.ts';
import { newSshKey } from '#sandbox/gerrit/ssh/openssh-key.ts';
import type { GitServer, HostedRepository } from '../cluster/git-http.ts';

/** The sandbox's Gerrit as the git server of a stage, with an account for Headgate. */
export interface GerritServer extends Pick<GitServer, 'url' | 'repository' | 'stop'> {
  readonly gerrit: FakeGerrit;
  /** Fields of a source that listens by SSH and reads back by REST and git. */
  readonly source: object;
  /** The files that `source` names. */
  readonly files: Readonly<Record<string, string>>;
}

/** Accounts: `headgate`, `dev` and `admin`. */
export async function startGerritServer(): Promise<GerritServer> {
  const directory = await mkdtemp(join(tmpdir(), 'headgate-gerrit-'));
  const gerrit = await startFakeGerrit({ clock: systemClock, log: silentLog, directory });
  const { privateKey, publicKey } = newSshKey();
  const { password } = gerrit.createAccount({ username: 'headgate', groups: ['Service Users'], sshKeys: [publicKey] });
  gerrit.createAccount({ username: 'dev' });
  const { url } = gerrit.http;
  const ssh = { port: gerrit.ssh.port, user: 'headgate', key: { file: './gerrit-key' }, knownHosts: { file: './known_hosts' } };
  return {
    gerrit,
    url,
    source: { type: 'gerrit', url, ssh, http: { user: 'headgate', token: { file: './gerrit-token' } }, feedback: { messages: true } },
    files: { 'gerrit-key': privateKey, 'gerrit-token': password, known_hosts: gerrit.ssh.knownHosts },
    repository: (name) => hosted(gerrit, name),
    async stop() {
      await gerrit.stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** Commits are pushed directly, by the administrator. */
async function hosted(gerrit: FakeGerrit, name: string): Promise<HostedRepository> {
  await gerrit.createProject({ name });
  return {
    name,
    url: `${gerrit.http.url}/${name}`,
    commit: (files, { branch = 'main', message = 'A change' } = {}) => gerrit.push({ project: name, branch, files, message }),
  };
}
