import assert from 'node:assert/strict';
import { chmod, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createCloneBackEnd } from '#adapters/hg/clone/clone-back-end.ts';
import type { HgBackEnd } from '#adapters/hg/back-end.ts';
import { systemClock } from '#core/clock.ts';
import { silentLog } from '#core/ports/telemetry.ts';

describe('reading Mercurial back by clones', function () {
  this.timeout(30_000);
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'headgate-clones-'));
  });
  afterEach(() => rm(directory, { recursive: true, force: true }));

  const backEndOf = (hg: string): HgBackEnd => {
    const common = { clock: systemClock, log: silentLog, environment: process.env, credentials: { kind: 'none' } as const };
    return createCloneBackEnd({ ...common, hg, url: 'https://hg.example.com', directory: join(directory, 'data') });
  };
  /** A program that is not Mercurial, and notes that it was run. */
  const program = async (says: string): Promise<string> => {
    const path = join(directory, 'hg');
    await writeFile(path, `#!/bin/sh\nfor arg; do echo "$arg" >> ${join(directory, 'ran')}; done\necho '${says}'\n`);
    await chmod(path, 0o755);
    return path;
  };

  it('says what is missing where there is no hg', async () => {
    const missing = { code: 'TOOL_MISSING', message: /nowhere\/hg/, hint: /Mercurial 6\.3 or newer.*web/ };
    await assert.rejects(backEndOf('/nowhere/hg').names('infra'), missing);
  });

  it('says that an hg is too old, or no hg', async () => {
    const old = backEndOf(await program('Mercurial Distributed SCM (version 5.6.1)'));
    await assert.rejects(old.names('infra'), { code: 'TOOL_MISSING', message: /5\.6, which is too old/ });
    await assert.rejects(backEndOf(await program('hello')).names('infra'), { code: 'TOOL_MISSING', message: /is not Mercurial/ });
  });

  it('gives hg nothing that is no repository or no node', async () => {
    const backEnd = backEndOf(await program('Mercurial Distributed SCM (version 7.2.4)'));
    const odd = '--config=alias.log=!touch pwned';
    const node = '1'.repeat(40);
    for (const ask of [
      () => backEnd.names(odd),
      () => backEnd.changeset(odd, node),
      () => backEnd.changeset('infra', odd),
      () => backEnd.isAncestor('infra', node, odd),
      () => backEnd.range('infra', odd, node),
      () => backEnd.files('infra', odd, ''),
      () => backEnd.file('infra', `${node}\n`, 'a'),
      () => backEnd.annotate('infra', 'tip', 'a'),
      () => backEnd.archive('infra', 'all()', ''),
    ])
      await assert.rejects(ask, { code: 'SOURCE_REFUSED' });
    assert.deepEqual((await readdir(directory)).toSorted(), ['data', 'hg', 'ran']);
    const ran = await readFile(join(directory, 'ran'), 'utf8');
    assert.deepEqual([...new Set(ran.trim().split('\n'))], ['version', '--quiet'], 'it was asked for its version alone');
  });
});
