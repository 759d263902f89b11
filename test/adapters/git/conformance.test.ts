import { join } from 'node:path';
import { createGitReadBack } from '#adapters/git/read-back.ts';
import { systemClock } from '#core/clock.ts';
import { silentLog } from '#core/ports/telemetry.ts';
import { readBackConformance, type ReadBackUnderTest } from '../../conformance/read-back.ts';
import { startGitHost } from './git-host.ts';

for (const version2 of [true, false]) {
  readBackConformance(`git over HTTP, protocol version ${version2 ? 2 : 0}`, () => open(version2));
}

async function open(version2: boolean): Promise<ReadBackUnderTest> {
  const host = await startGitHost();
  host.version2 = version2;
  host.credentials = 'reader:correct';
  const readBack = createGitReadBack({
    cloneUrl: (repository) => `${host.url}/${repository}.git`,
    credentials: { kind: 'password', username: 'reader', password: () => 'correct' },
    directory: join(host.scratch, 'mirrors'),
    clock: systemClock,
    log: silentLog,
    environment: { PATH: process.env['PATH'] },
  });
  return {
    readBack,
    createRepository: (name) => host.createRepository(name),
    async trouble(kind) {
      host.credentials = kind === 'refused' ? 'reader:changed' : 'reader:correct';
      host.instead = kind === 'unreachable' ? (_, response) => (response.writeHead(503).end(), true) : undefined;
    },
    stop: () => host.stop(),
  };
}
