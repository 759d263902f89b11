import assert from 'node:assert/strict';
import { once } from 'node:events';
import { truncate, writeFile, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { openCloning, type Cloning } from './mercurial/cloning.ts';
import { startHgServe, type HgWebServer } from './mercurial/hgweb.ts';
import { installMercurials, type Mercurial } from './mercurial/install.ts';
import { createHgRepository, type HgRepository } from './mercurial/repository.ts';
import { startHgSsh, type HgSshServer } from './mercurial/ssh.ts';

const { system, newest } = await installMercurials();

for (const mercurial of [system, newest]) {
  describe(`clones by Mercurial ${mercurial.version}`, function () {
    this.timeout(300_000);
    let host: HgWebServer;
    let cloning: Cloning;
    before(async () => {
      host = await startHgServe(mercurial, { rc: '[phases]\npublish = False\n[experimental]\nevolution = all\n' });
    });
    after(() => host.close());
    afterEach(() => cloning.close());

    const opened = async (name: string): Promise<HgRepository> => {
      cloning = await openCloning(mercurial, host.url);
      const repository = await createHgRepository(host.account, join(host.root, name));
      await repository.commit({ 'apps/a.yaml': 'a: 1\n' });
      return repository;
    };
    const heads = async (name: string): Promise<readonly string[] | undefined> =>
      (await cloning.backEnd.names(name)).branches.get('default');

    it('forget what was stripped on the host, and a repository that is another now', async () => {
      const repository = await opened('stripped');
      const first = await repository.node('.');
      const gone = await repository.commit({ 'apps/a.yaml': 'a: 2\n' });
      assert.deepEqual(await heads('stripped'), [gone]);
      await repository.hg('update', '--quiet', `--rev=${first}`);
      await repository.hg('--config=extensions.strip=', 'strip', '--no-backup', `--rev=${gone}`);
      assert.deepEqual(await heads('stripped'), [first]);
      assert.equal(await cloning.backEnd.changeset('stripped', gone), null);
      await rm(repository.path, { recursive: true });
      const other = await createHgRepository(host.account, repository.path);
      const node = await other.commit({ 'other.yaml': 'b: 1\n' });
      assert.deepEqual(await heads('stripped'), [node]);
    });

    it('are made anew when they are broken', async () => {
      const repository = await opened('broken');
      const node = await repository.node('.');
      assert.deepEqual(await heads('broken'), [node]);
      const clone = await cloning.clone();
      await truncate(join(clone, '.hg/store/00changelog.i'), 20);
      await cloning.backEnd.names('broken').catch(() => {}); // this time it may still be told of
      assert.deepEqual(await heads('broken'), [node]);
      await writeFile(join(clone, '.hg/store/journal'), 'half a transaction');
      const next = await repository.commit({ 'apps/a.yaml': 'a: 2\n' });
      assert.deepEqual(await heads('broken'), [next]);
    });

    it('answer although the hg that was to answer was killed before', async () => {
      const repository = await opened('killed');
      const node = await repository.node('.');
      assert.deepEqual(await heads('killed'), [node]);
      const [server] = await cloning.servers();
      assert.ok(server !== undefined);
      process.kill(server, 'SIGKILL');
      assert.equal((await cloning.backEnd.changeset('killed', node))?.node, node);
    });

    it('reject when hg is killed in the midst of an archive, and go on', async () => {
      const repository = await opened('midst');
      const node = await repository.commit({ large: 'x'.repeat(8 * 1024 * 1024) });
      await cloning.backEnd.names('midst');
      const { tar } = await cloning.backEnd.archive('midst', node, 'large');
      const [server] = await cloning.servers();
      assert.ok(server !== undefined);
      process.kill(server, 'SIGKILL');
      await assert.rejects(
        async () => {
          for await (const chunk of tar) void chunk;
        },
        { code: 'SOURCE_UNREACHABLE' },
      );
      assert.equal((await sizeOf((await cloning.backEnd.archive('midst', node, 'large')).tar)) > 8 * 1024 * 1024, true);
    });

    it('end an hg that hangs, and go on', async () => {
      const repository = await opened('hung');
      const node = await repository.node('.');
      await cloning.backEnd.names('hung');
      const [server] = await cloning.servers();
      assert.ok(server !== undefined);
      process.kill(server, 'SIGSTOP');
      cloning.hurry(300);
      await assert.rejects(cloning.backEnd.changeset('hung', node), { code: 'SOURCE_UNREACHABLE', message: /too long/ });
      cloning.hurry(undefined);
      assert.equal((await cloning.backEnd.changeset('hung', node))?.node, node);
      assert.equal((await cloning.servers()).includes(server), false);
    });

    it('fetch nothing that a pushed .hgsub names', async () => {
      const trap = await startTrap();
      try {
        const repository = await opened('subrepository');
        await writeFile(join(repository.path, '.hgsubstate'), `${'1'.repeat(40)} inside\n`);
        const node = await repository.commit({ '.hgsub': `inside = ${trap.url}/inside\nlocal = /etc\n` });
        await cloning.backEnd.names('subrepository');
        const files = (await cloning.backEnd.files('subrepository', node, '')).map(({ path }) => path);
        assert.ok(files.includes('.hgsub'));
        assert.ok((await sizeOf((await cloning.backEnd.archive('subrepository', node, '')).tar)) > 0);
        assert.equal(await cloning.backEnd.file('subrepository', node, 'inside/x'), null);
        assert.deepEqual(await cloning.backEnd.files('subrepository', node, 'inside'), []);
        await cloning.backEnd.range('subrepository', await repository.node('0'), node);
        assert.equal(trap.requests(), 0);
      } finally {
        trap.server.close();
      }
    });

    it('know what was amended as obsolete', async () => {
      const repository = await opened('amended');
      const old = await repository.commit({ 'apps/a.yaml': 'a: 2\n' });
      assert.deepEqual(await heads('amended'), [old]);
      assert.equal((await cloning.backEnd.changeset('amended', old))?.phase, 'draft');
      await writeFile(join(repository.path, 'apps/a.yaml'), 'a: 3\n');
      // Debian's evolve fits Debian's Mercurial; where there is none that fits, hg's own amend leaves the same markers.
      const evolve = mercurial === system ? ['--config=extensions.evolve='] : [];
      await repository.hg(...evolve, 'commit', '--amend', '--quiet', '--message=Amended');
      const amended = await repository.node('.');
      assert.notEqual(amended, old);
      assert.deepEqual(await heads('amended'), [amended]);
      assert.equal((await cloning.backEnd.changeset('amended', old))?.obsolete ?? true, true);
    });
  });

  describe(`clones by Mercurial ${mercurial.version}, over SSH`, function () {
    this.timeout(300_000);
    let host: HgSshServer;
    before(async () => {
      host = await startHgSsh(mercurial);
    });
    after(() => host.close());

    it('answer, and say why when they cannot', async () => {
      const repository = await createHgRepository(host.account, join(host.root, 'infra'));
      const node = await repository.commit({ 'apps/a.yaml': 'a: 1\n' });
      const person = await host.person('reader', { readOnly: true });
      const ssh = { kind: 'ssh', keyFile: person.keyFile, knownHostsFile: host.knownHostsFile } as const;
      await using(mercurial, host.url, ssh, async ({ backEnd }) => {
        assert.deepEqual((await backEnd.names('infra')).branches.get('default'), [node]);
        assert.equal(Buffer.from((await backEnd.file('infra', node, 'apps/a.yaml')) ?? []).toString(), 'a: 1\n');
        await assert.rejects(backEnd.names('absent'), { code: 'SOURCE_REFUSED', message: /no such repository/ });
      });
      await writeFile(join(host.account.home, 'no-hosts'), '');
      await using(mercurial, host.url, { ...ssh, knownHostsFile: join(host.account.home, 'no-hosts') }, async ({ backEnd }) => {
        await assert.rejects(backEnd.names('infra'), { code: 'SOURCE_REFUSED', message: /knownHosts/ });
      });
      await host.sshd.admit(false);
      await using(mercurial, host.url, ssh, async ({ backEnd }) => {
        await assert.rejects(backEnd.names('infra'), { code: 'SOURCE_REFUSED', message: /credentials/ });
      });
    });
  });
}

describe('archives of clones', function () {
  this.timeout(300_000);

  it('are the same bytes by each Mercurial, also once a tag was set', async () => {
    const host = await startHgServe(system);
    try {
      const repository = await createHgRepository(host.account, join(host.root, 'infra'));
      const node = await repository.commit({ 'apps/a.yaml': 'a: 1\n', 'apps/ü b': 'b', other: 'x' });
      const archive = (mercurial: Mercurial, path: string): Promise<string> =>
        using(mercurial, host.url, { kind: 'none' }, async ({ backEnd }) => {
          const { tar } = await backEnd.archive('infra', node, path);
          const chunks: Uint8Array[] = [];
          for await (const chunk of tar) chunks.push(chunk);
          return Buffer.concat(chunks).toString('base64');
        });
      const before = await archive(system, 'apps');
      assert.equal(await archive(newest, 'apps'), before);
      await repository.hg('tag', 'v1', `--rev=${node}`);
      assert.equal(await archive(system, 'apps'), before);
      assert.notEqual(await archive(newest, ''), before);
    } finally {
      await host.close();
    }
  });
});

async function using<T>(
  mercurial: Mercurial,
  url: string,
  credentials: Parameters<typeof openCloning>[2],
  task: (cloning: Cloning) => Promise<T>,
): Promise<T> {
  const cloning = await openCloning(mercurial, url, credentials);
  try {
    return await task(cloning);
  } finally {
    await cloning.close();
  }
}

async function sizeOf(tar: AsyncIterable<Uint8Array>): Promise<number> {
  let size = 0;
  for await (const chunk of tar) size += chunk.byteLength;
  return size;
}

/** Something inside that a pushed file points at. */
async function startTrap(): Promise<{ readonly server: Server; readonly url: string; requests(): number }> {
  let requests = 0;
  const server = createServer((_, response) => {
    requests += 1;
    response.writeHead(404).end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests: () => requests };
}
