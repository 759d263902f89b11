import assert from 'node:assert/strict';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createCloneBackEnd } from '#adapters/hg/clone/clone-back-end.ts';
import { createHgwebBackEnd } from '#adapters/hg/web/back-end.ts';
import { systemClock } from '#core/clock.ts';
import type { Finding } from '#core/finding.ts';
import { silentLog } from '#core/ports/telemetry.ts';
import { startStandIn, wire, type StandIn } from '../web/hgweb-stand-in.ts';

const shown = (findings: readonly Finding[] | undefined): readonly string[] =>
  (findings ?? []).map(({ code, severity, message }) => `${severity} ${code} ${message}`);
const question = { about: 'source hg', clock: systemClock, repositories: ['infra'] };

describe('a check of hgweb', function () {
  this.timeout(60_000);
  let host: StandIn;
  beforeEach(async () => {
    host = await startStandIn();
  });
  afterEach(() => host.stop());

  const check = async (url = host.url): Promise<readonly string[]> =>
    shown(await createHgwebBackEnd({ source: 'hg', url, clock: systemClock, env: {} }).check?.(question));

  it('tells that it answers, what it can, and its clock', async () => {
    host.answers.set('capabilities', wire('batch branchmap known lookup pushkey unbundle=HG10GZ,HG10BZ'));
    assert.deepEqual(await check(), [
      'good SOURCE_REACHABLE hgweb answers for infra, and can what is asked of it; it tells no version',
      'good SOURCE_CLOCK clock: agrees with ours',
    ]);
    assert.deepEqual(host.asked, ['capabilities']);
  });

  it('tells that its clock is another one', async () => {
    host.answers.set('capabilities', (response) => {
      response.setHeader('date', new Date(Date.now() + 600_000).toUTCString());
      wire('branchmap known pushkey')(response);
    });
    assert.match((await check())[1] ?? '', /^warning SOURCE_CLOCK clock: /);
  });

  it('names what it cannot', async () => {
    host.answers.set('capabilities', wire('lookup branchmap'));
    assert.equal((await check())[0], 'bad SOURCE_VERSION hgweb of infra cannot known, pushkey');
  });

  it('tells that there is no such repository, that something else answers, that it asks for credentials, that nothing does', async () => {
    assert.deepEqual(await check(), ['bad SOURCE_REPOSITORY hgweb has no repository infra']);
    host.answers.set('capabilities', (response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<h1>hello</h1>'));
    assert.equal((await check())[0], 'bad SOURCE_REACHABLE what answers for infra is not hgweb');
    host.answers.set('capabilities', (response) => response.writeHead(401).end());
    assert.match((await check())[0] ?? '', /^bad SOURCE_REPOSITORY hg asks for credentials for infra/);
    assert.match((await check('http://127.0.0.1:1'))[0] ?? '', /^bad SOURCE_REACHABLE hg: infra: capabilities: /);
  });
});

describe('a check of clones', function () {
  this.timeout(60_000);
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'headgate-hg-check-'));
  });
  afterEach(() => rm(directory, { recursive: true, force: true }));

  /** @param script what stands for hg: `$1` is `version` when it is asked for that */
  const check = async (script: string): Promise<readonly Finding[] | undefined> => {
    const hg = join(directory, 'hg');
    await writeFile(hg, `#!/bin/sh\n${script}\n`);
    await chmod(hg, 0o755);
    const common = { clock: systemClock, log: silentLog, environment: process.env, credentials: { kind: 'none' } as const };
    const backEnd = createCloneBackEnd({ ...common, hg, url: 'https://hg.example.com', directory: join(directory, 'data') });
    return backEnd.check?.(question);
  };
  const version = 'echo "Mercurial Distributed SCM (version 7.2.4)"';

  it('tells the version of hg, and that each repository can be cloned', async () => {
    const found = await check(`case "$1" in version) ${version};; init) mkdir -p "$2";; esac`);
    assert.deepEqual(shown(found), [
      `good HG_BINARY Mercurial 7.2 (${join(directory, 'hg')})`,
      'good HG_CLONE the clone of infra has what the host has',
    ]);
  });

  it('says why one cannot', async () => {
    const refused = 'echo "abort: HTTP Error 404: Not Found" >&2; exit 255';
    const found = await check(`case "$1" in version) ${version};; init) mkdir -p "$2";; *) ${refused};; esac`);
    assert.match(shown(found)[1] ?? '', /^bad HG_CLONE infra: there is no such repository, or the credentials do not reach it/);
  });

  it('passes over the frame that ssh draws around what it says', async () => {
    const frame = 'echo "remote: @@@@@@@@@@@@" >&2; echo "remote: @ WARNING: UNPROTECTED PRIVATE KEY FILE! @" >&2; exit 255';
    const found = await check(`case "$1" in version) ${version};; init) mkdir -p "$2";; *) ${frame};; esac`);
    assert.match(shown(found)[1] ?? '', /^bad HG_CLONE infra: .*UNPROTECTED PRIVATE KEY FILE/);
  });

  it('asks nothing more where hg is too old or is none, and says what to install', async () => {
    const [found, ...more] = (await check('echo "Mercurial Distributed SCM (version 4.9)"')) ?? [];
    assert.match(`${found?.severity} ${found?.code} ${found?.message}`, /^bad HG_BINARY .*4\.9, which is too old/);
    assert.match(found?.mend ?? '', /Install Mercurial 6\.3 or newer/);
    assert.deepEqual(more, []);
  });
});
