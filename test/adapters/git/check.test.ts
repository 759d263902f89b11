import assert from 'node:assert/strict';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkGit, type GitCheckOptions } from '#adapters/git/check.ts';
import { systemClock } from '#core/clock.ts';
import { startGitHost, type GitHost } from './git-host.ts';

describe('a check of git', function () {
  this.timeout(30_000);
  let host: GitHost;
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'headgate-git-check-'));
    host = await startGitHost();
    await host.createRepository('org/app');
  });
  afterEach(async () => {
    await host.stop();
    await rm(folder, { recursive: true });
  });

  const check = async (change: Partial<GitCheckOptions> = {}, repository: string | null = 'org/app'): Promise<string> => {
    const findings = await checkGit(
      {
        about: 'source hub',
        clock: systemClock,
        cloneUrl: (name) => `${host.url}/${name}.git`,
        credentials: { kind: 'none' },
        environment: { PATH: process.env['PATH'] },
        ...change,
      },
      repository ?? undefined,
    );
    return findings.map(({ code, severity, message }) => `${severity} ${code} ${message}`).join('\n');
  };

  it('names the binary, and the repository that it reaches', async () => {
    assert.match(await check(), /^good GIT_BINARY git \d+\.\d+.*\ngood GIT_REACHABLE git reaches org\/app$/);
    assert.match(await check({}, null), /^good GIT_BINARY git [\d.]+$/);
  });

  it('says that there is no git, or an old one', async () => {
    assert.match(await check({ environment: { PATH: folder } }), /^bad GIT_BINARY .*no `git` is in the path$/);
    await writeFile(join(folder, 'git'), '#!/bin/sh\necho git version 2.20.1\n', { mode: 0o755 });
    assert.match(await check({ environment: { PATH: folder } }, null), /^warning GIT_BINARY git 2\.20\.1 is older than 2\.31$/);
  });

  it('says that the credentials are refused, that there is no such repository, and that it is no git server', async () => {
    assert.match(await check({}, 'org/none'), /^bad GIT_REACHABLE org\/none: there is no such repository/m);
    host.credentials = 'reader:geheim';
    assert.match(await check(), /^bad GIT_REACHABLE org\/app: the credentials are refused/m);
    host.instead = (_, response) => (response.end('welcome'), true);
    assert.match(await check(), /^bad GIT_REACHABLE org\/app: /m);
  });

  describe('over SSH', () => {
    const files = () => ({ keyFile: join(folder, 'key'), knownHostsFile: join(folder, 'known_hosts') });
    const ssh = (): Promise<string> =>
      check({ credentials: { kind: 'ssh', ...files() }, cloneUrl: (name) => `ssh://git@git.example/${name}.git` }, null);
    beforeEach(async () => {
      await mkdir(folder, { recursive: true });
      await writeFile(files().keyFile, 'a key', { mode: 0o600 });
      await writeFile(files().knownHostsFile, 'git.example ssh-ed25519 AAAA\n');
    });

    it('finds files good that are', async () => {
      assert.match(await ssh(), /^good GIT_SSH SSH key .*its owner alone may read it\ngood GIT_SSH known_hosts .*: it has git\.example$/m);
    });

    it('says that ssh would not use a key that others may read', async () => {
      await chmod(files().keyFile, 0o640);
      assert.match(await ssh(), /^bad GIT_SSH SSH key .*\(mode 640\), so that ssh does not use it$/m);
    });

    it('says that the host is not known, or that there is no such file', async () => {
      await writeFile(files().knownHostsFile, 'other.example ssh-ed25519 AAAA\n');
      assert.match(await ssh(), /^bad GIT_SSH known_hosts .*: it has no key of git\.example$/m);
      await rm(files().knownHostsFile);
      await rm(files().keyFile);
      assert.match(await ssh(), /^bad GIT_SSH SSH key: ENOENT.*\nbad GIT_SSH known_hosts: ENOENT/m);
    });
  });
});
