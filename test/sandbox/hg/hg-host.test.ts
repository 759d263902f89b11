import assert from 'node:assert/strict';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '#core/clock.ts';
import { startHgHost } from '#sandbox/hg/hg-host.ts';

describe('a Mercurial of the sandbox that cannot be used', function () {
  this.timeout(60_000);
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'headgate-hg-host-'));
  });
  afterEach(() => rm(directory, { recursive: true, force: true }));

  /** @param script what stands for hg; none = there is none */
  const said = async (script?: string): Promise<string> => {
    if (script !== undefined) {
      await writeFile(join(directory, 'hg'), `#!/bin/sh\n${script}\n`);
      await chmod(join(directory, 'hg'), 0o755);
    }
    const options = { clock: systemClock, directory: join(directory, 'data'), path: directory, repository: 'bread', files: { a: 'a' } };
    const host = await startHgHost(options, 'a secret for tests only');
    if (typeof host === 'string') return host;
    await host.stop();
    return assert.fail('it is used');
  };

  it('is told of in one line that says how to get one', async () => {
    assert.match(await said(), /^there is no `hg` here; .*apt-get install mercurial[^\n]*$/);
    assert.match(await said('echo "Mercurial Distributed SCM (version 5.6.1)"'), /^Mercurial 5\.6\.1 is older than 6\.3; .*install[^\n]*$/);
    assert.match(await said('echo hello'), /^`hg` is not Mercurial; /);
    assert.match(await said('echo "abort: no module named mercurial" >&2; exit 255'), /^`hg` does not work \(Command failed[^\n]*\); /);
  });

  it('is told of in one line where it makes no repository, or does not serve', async () => {
    const version = 'if [ "$1" = version ]; then echo "Mercurial Distributed SCM (version 6.3.2)"; exit; fi';
    assert.match(await said(`${version}; exit 1`), /^Mercurial is there, but does not serve: [^\n]*$/);
    const works =
      'case "$1" in init) /bin/mkdir -p "$2";; log) echo 1;; clone) /bin/mkdir -p "$5/.hg";; serve) echo "abort: no" >&2; exit 255;; esac';
    assert.match(await said(`${version}; ${works}`), /^Mercurial is there, but does not serve: hg serve ended: abort: no$/);
  });
});
