import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createGitReadBack } from '#adapters/git/read-back.ts';
import { systemClock } from '#core/clock.ts';
import type { ReadBack } from '#core/ports/read-back.ts';
import { silentLog } from '#core/ports/telemetry.ts';
import { readBackConformance, type ReadBackUnderTest } from '../conformance/read-back.ts';
import { startSshServer, type SshServer } from './headgate/ssh-server.ts';

for (const version2 of [true, false]) {
  readBackConformance(`git over SSH, protocol version ${version2 ? 2 : 0}`, () => open(version2));
}

describe('reading back by git over SSH', function () {
  this.timeout(30_000);
  let server: SshServer;
  before(async () => {
    server = await startSshServer(true);
    await server.createRepository('org/app');
  });
  after(() => server.close());

  it('asks nothing of a host whose key is another than the known one', async () => {
    const known = join(server.directory, 'other_hosts');
    await writeFile(known, '');
    const unknown = readBackOf(server, known);
    await assert.rejects(unknown.heads('org/app', ['refs/heads/main']), { code: 'SOURCE_REFUSED', message: /knownHosts/ });
  });

  it('says when there is no ssh', async () => {
    const readBack = readBackOf(server, server.knownHostsFile, { PATH: await gitAlone(server.directory) });
    await assert.rejects(readBack.heads('org/app', ['refs/heads/main']), { code: 'TOOL_MISSING' });
  });
});

async function open(version2: boolean): Promise<ReadBackUnderTest> {
  const server = await startSshServer(version2);
  let away = false;
  return {
    readBack: readBackOf(server),
    createRepository: (name) => server.createRepository(name),
    async trouble(kind) {
      await server.admit(kind !== 'refused');
      if (kind === 'unreachable') await server.stop();
      else if (away) await server.start();
      away = kind === 'unreachable';
    },
    stop: () => server.close(),
  };
}

function readBackOf(server: SshServer, knownHostsFile = server.knownHostsFile, environment = { PATH: process.env['PATH'] }): ReadBack {
  return createGitReadBack({
    cloneUrl: (repository) => `${server.url}/${repository}.git`,
    credentials: { kind: 'ssh', keyFile: server.keyFile, knownHostsFile },
    directory: join(server.directory, 'mirrors'),
    clock: systemClock,
    log: silentLog,
    environment,
  });
}

/** A directory for PATH that has git and a shell, and nothing else. */
async function gitAlone(directory: string): Promise<string> {
  const bin = join(directory, 'bin');
  await mkdir(bin);
  for (const name of ['git', 'sh'])
    await symlink(execFileSync('/bin/sh', ['-c', `command -v ${name}`], { encoding: 'utf8' }).trim(), join(bin, name));
  return bin;
}
