import assert from 'node:assert/strict';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execFileSync } from 'node:child_process';
import { SimulatedClock } from '#core/simulated-clock.ts';
import { limits } from '#core/limits.ts';
import { startGitHost, type GitHost } from './git-host.ts';
import { MAIN, readBackOf, twoCommits, UNKNOWN } from './subject.ts';

describe('git and the server', function () {
  this.timeout(30_000);
  let host: GitHost;
  beforeEach(async () => {
    host = await startGitHost();
  });
  afterEach(() => host.stop());

  const unreachable = { code: 'SOURCE_UNREACHABLE' };
  const refused = { code: 'SOURCE_REFUSED' };

  it('does not take a page that is no git server for a repository without refs', async () => {
    host.instead = (_, response) => (response.end('welcome'), true);
    await assert.rejects(readBackOf(host).heads('org/app', [MAIN]), { ...unreachable, message: /not git/ });
    await assert.rejects(readBackOf(host).tags('org/app'), unreachable);
  });

  for (const [status, code] of [
    [403, 'SOURCE_REFUSED'],
    [410, 'SOURCE_REFUSED'],
    [429, 'SOURCE_LIMITED'],
    [500, 'SOURCE_UNREACHABLE'],
    [502, 'SOURCE_UNREACHABLE'],
  ] as const) {
    it(`takes status ${status} as ${code}`, async () => {
      host.instead = (_, response) => (response.writeHead(status).end(), true);
      await assert.rejects(readBackOf(host).heads('org/app', [MAIN]), { code });
    });
  }

  it('follows no redirect, so that no other host is shown the credentials', async () => {
    const other = await startGitHost();
    try {
      host.instead = (request, response) => (response.writeHead(301, { location: `${other.url}${request.url}` }).end(), true);
      const credentials = { kind: 'password', username: 'reader', password: () => 'geheim' } as const;
      await assert.rejects(readBackOf(host, { credentials }).heads('org/app', [MAIN]), { ...refused, message: /moved/ });
      assert.equal(host.requests.length, 1);
      assert.equal(other.requests.length, 0);
    } finally {
      await other.stop();
    }
  });

  it('gives up on a server that never answers', async () => {
    const clock = new SimulatedClock();
    const asked = Promise.withResolvers<void>();
    host.instead = () => (asked.resolve(), true);
    const heads = readBackOf(host, { clock }).heads('org/app', [MAIN]);
    const given = assert.rejects(heads, { ...unreachable, message: /too long/ });
    await asked.promise;
    await clock.advance(limits.git.listTimeout);
    await given;
  });

  it('ends what runs when it is told to', async () => {
    const stop = new AbortController();
    host.instead = () => (stop.abort(), true);
    await assert.rejects(readBackOf(host, { signal: stop.signal }).heads('org/app', [MAIN]), { ...unreachable, message: /stopped/ });
    await assert.rejects(readBackOf(host, { signal: stop.signal }).isAncestor('org/app', UNKNOWN, UNKNOWN), unreachable);
  });

  it('asks for the password each time, and says why there is none', async () => {
    const { second } = await twoCommits(host, 'org/app');
    host.credentials = 'reader:second';
    let current = 'first';
    const readBack = readBackOf(host, { credentials: { kind: 'password', username: 'reader', password: () => current } });
    await assert.rejects(readBack.heads('org/app', [MAIN]), refused);
    current = 'second';
    assert.equal((await readBack.heads('org/app', [MAIN])).get(MAIN)?.commit, second);
    const without = readBackOf(host, {
      credentials: {
        kind: 'password',
        username: 'reader',
        password: () => {
          throw new Error('file token: does not exist');
        },
      },
    });
    await assert.rejects(without.heads('org/app', [MAIN]), { ...refused, message: /file token: does not exist/ });
  });

  it('shows the password to the server alone: not in arguments, not in errors', async () => {
    const { first, second } = await twoCommits(host, 'org/app');
    const { path, calls } = await recordingGit(host.scratch);
    const environment = { PATH: path, HOME: '/somewhere', GIT_TRACE: '1', GIT_SSH_COMMAND: 'x', HTTPS_PROXY: 'http://proxy.example.com' };
    const credentials = { kind: 'password', username: 'reader', password: () => 'geheimnis' } as const;
    const readBack = readBackOf(host, { credentials, environment });
    host.credentials = 'reader:geheimnis';
    assert.equal(await readBack.isAncestor('org/app', first, second), true);
    host.credentials = 'reader:changed';
    const error = await readBack.heads('org/app', [MAIN]).catch((failure: Error) => failure);
    assert.ok(error instanceof Error);
    const recorded = await calls();
    for (const secret of ['geheimnis', btoa('reader:geheimnis')]) {
      assert.ok(!recorded.arguments.includes(secret));
      assert.ok(!String(error.stack).includes(secret));
    }
    assert.match(recorded.arguments, /ls-remote/);
    const variables = recorded.variables.split('\n').map((line) => line.replace(/=.*/, ''));
    const allowed =
      /^(PATH|LC_ALL|TZ|HTTPS_PROXY|PWD|SHLVL|OLDPWD|_|GIT_(CONFIG_.*|ATTR_NOSYSTEM|NO_REPLACE_OBJECTS|TERMINAL_PROMPT|ALLOW_PROTOCOL|SSH_VARIANT|TRACE2_EVENT|DIR))$/;
    assert.deepEqual(
      variables.filter((name) => name !== '' && !allowed.test(name)),
      [],
    );
  });

  it('says when there is no git', async () => {
    const environment = { PATH: join(host.scratch, 'nothing') };
    await assert.rejects(readBackOf(host, { environment }).heads('org/app', [MAIN]), { code: 'TOOL_MISSING' });
    await assert.rejects(readBackOf(host, { environment }).range('org/app', UNKNOWN, UNKNOWN), { code: 'TOOL_MISSING' });
  });

  it('takes what this machine denies for something that passes, as it does when the source is away', async () => {
    const directory = join(host.scratch, 'a-file');
    await mkdir(host.scratch, { recursive: true });
    await writeFile(directory, '');
    const range = readBackOf(host, { directory }).range('org/app', UNKNOWN, UNKNOWN);
    await assert.rejects(range, { ...unreachable, message: /this machine cannot ask/ });
  });

  for (const url of [
    'file:///etc',
    'ext::sh -c true',
    'git://127.0.0.1/x',
    '/etc',
    '--upload-pack=x',
    'http://user:password@127.0.0.1/x',
    'http://user@127.0.0.1/x',
    'http://127.0.0.1/x?y',
    'ssh://-oProxyCommand=x/y',
    'ssh://-oX@host/y',
  ]) {
    it(`does not let git see the clone URL ${url}`, async () => {
      const { path, calls } = await recordingGit(host.scratch);
      const readBack = readBackOf(host, { cloneUrl: () => url, environment: { PATH: path } });
      await assert.rejects(readBack.heads('org/app', [MAIN]), refused);
      await assert.rejects(readBack.isAncestor('org/app', UNKNOWN, UNKNOWN), refused);
      assert.equal((await calls()).arguments, '');
    });
  }

  it('lets git see no names that are none: refs and ids', async () => {
    await twoCommits(host, 'org/app');
    const { path, calls } = await recordingGit(host.scratch);
    const readBack = readBackOf(host, { environment: { PATH: path } });
    await readBack.heads('org/app', ['--upload-pack=x', 'refs/heads/\n', `refs/heads/${'x'.repeat(300)}`]);
    for (const id of ['--all', 'HEAD', 'main', '', '1'.repeat(39), '1'.repeat(64)]) {
      assert.equal(await readBack.isAncestor('org/app', id, UNKNOWN), undefined);
      assert.deepEqual((await readBack.range('org/app', id, UNKNOWN)).lacked, ['commits', 'files', 'pulls', 'reviews', 'checks']);
    }
    assert.equal((await calls()).arguments, '');
  });

  for (const path of [
    'relative/key',
    '/with space/key',
    "/quote'/key",
    '/dollar$HOME/key',
    '/percent%h/key',
    '/semicolon;x/key',
    '/new\nline',
  ]) {
    it(`does not take ${JSON.stringify(path)} for the name of a file for SSH`, async () => {
      const credentials = { kind: 'ssh', keyFile: '/run/key', knownHostsFile: path } as const;
      const readBack = readBackOf(host, { credentials, cloneUrl: () => 'ssh://git@127.0.0.1:1/org/app' });
      await assert.rejects(readBack.heads('org/app', [MAIN]), { code: 'CONFIG_INVALID' });
    });
  }
});

interface Calls {
  readonly arguments: string;
  readonly variables: string;
}

/** A `git` that writes down what it is given and goes on as git. */
async function recordingGit(scratch: string): Promise<{ path: string; calls: () => Promise<Calls> }> {
  const bin = join(scratch, 'bin');
  await mkdir(bin, { recursive: true });
  const real = execFileSync('/bin/sh', ['-c', 'command -v git'], { encoding: 'utf8' }).trim();
  const script = `#!/bin/sh\nprintf '%s\\n' "$@" >> '${bin}/arguments'\nenv >> '${bin}/variables'\nexec '${real}' "$@"\n`;
  await writeFile(join(bin, 'git'), script);
  await chmod(join(bin, 'git'), 0o755);
  const read = (name: string): Promise<string> => readFile(join(bin, name), 'utf8').catch(() => '');
  return {
    path: `${bin}:${process.env['PATH'] ?? ''}`,
    calls: async () => ({ arguments: await read('arguments'), variables: await read('variables') }),
  };
}
