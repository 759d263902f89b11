import assert from 'node:assert/strict';
import { join } from 'node:path';
import { createGitReadBack } from '#adapters/git/read-back.ts';
import { systemClock } from '#core/clock.ts';
import type { ContentReader } from '#core/ports/content-reader.ts';
import type { ReadBack } from '#core/ports/read-back.ts';
import { silentLog } from '#core/ports/telemetry.ts';
import { contentConformance } from '../../conformance/content.ts';
import { History } from '../../conformance/read-back/history.ts';
import { readBackConformance, type ReadBackUnderTest } from '../../conformance/read-back.ts';
import { startGitHost } from './git-host.ts';

for (const version2 of [true, false]) {
  readBackConformance(`git over HTTP, protocol version ${version2 ? 2 : 0}`, () => open(version2));
}

contentConformance('git over HTTP', async () => {
  const { readBack, ...more } = await open(true);
  return { content: readBack, ...more };
});

describe('a git server without protocol version 2', () => {
  it('is said to hand out no single files', async () => {
    const old = await open(false);
    try {
      const commit = await new History(await old.createRepository('org/old')).one('refs/heads/main', { 'policies/a.yaml': 'a' });
      const said = { code: 'SOURCE_REFUSED', message: /version 0 of git's protocol/ };
      await assert.rejects(old.readBack.read('org/old', commit, 'policies'), said);
    } finally {
      await old.stop();
    }
  });
});

async function open(version2: boolean): Promise<ReadBackUnderTest & { readonly readBack: ReadBack & ContentReader }> {
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
