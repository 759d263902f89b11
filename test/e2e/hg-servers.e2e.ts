import { deepEqual, equal, match, rejects } from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openHgAccount, type HgAccount } from './mercurial/account.ts';
import { startHgServe, startHgWsgi } from './mercurial/hgweb.ts';
import { installMercurials, type Mercurials } from './mercurial/install.ts';
import { registryAccount, startRegistry } from './mercurial/registry.ts';
import { cloneHgRepository, createHgRepository, createLargeHgRepository } from './mercurial/repository.ts';
import { startHgSsh } from './mercurial/ssh.ts';

describe('the Mercurial servers that other tests rest on', function () {
  this.timeout(300_000);
  let mercurials: Mercurials;
  let person: HgAccount;
  before(async function () {
    this.timeout(600_000);
    mercurials = await installMercurials();
    person = await openHgAccount(mercurials.newest);
  });
  after(() => person.close());

  for (const version of ['system', 'newest', 'old'] as const) {
    it(`hg serve of the ${version} one takes pushes of everybody`, async () => {
      const server = await startHgServe(mercurials[version]);
      try {
        const repository = await createHgRepository(server.account, join(server.root, 'infra'));
        const first = await repository.commit({ 'apps/a.yaml': 'a: 1\n' }, { user: 'CEO <ceo@example.com>' });
        const clone = await cloneHgRepository(person, `${server.url}/infra`, join(person.home, `serve-${version}`));
        equal(await clone.node('tip'), first);
        const second = await clone.commit({ 'apps/a.yaml': 'a: 2\n' }, { branch: 'stable' });
        await clone.hg('push', '--new-branch');
        equal(await repository.node('tip'), second);
        equal(await (await fetch(`${server.url}/infra?cmd=branchmap`)).text(), `default ${first}\nstable ${second}`);
        await server.stop();
        await server.start();
        equal((await fetch(`${server.url}/infra?cmd=heads`)).status, 200);
      } finally {
        await server.close();
      }
    });

    it(`hgweb of the ${version} one knows who pushes`, async () => {
      const rc = `[hooks]\ntxnclose.who = echo "$HG_URL" > ${join(person.home, `who-${version}`)}\n`;
      const server = await startHgWsgi(mercurials[version], { users: { 'alice@example.com': 'secret' }, rc });
      try {
        const repository = await createHgRepository(server.account, join(server.root, 'team/infra'));
        await repository.commit({ a: '1\n' });
        const url = `${server.url}/team/infra`;
        const clone = await cloneHgRepository(person, url, join(person.home, `wsgi-${version}`));
        const node = await clone.commit({ a: '2\n' });
        const auth = `--config=auth.x.prefix=${server.url}`;
        const alice = [auth, '--config=auth.x.username=alice@example.com', '--config=auth.x.schemes=http'];
        await rejects(clone.hg('push', ...alice, '--config=auth.x.password=wrong'), /authorization failed/);
        await clone.hg('push', ...alice, '--config=auth.x.password=secret');
        equal(await repository.node('tip'), node);
        match(await readFile(join(person.home, `who-${version}`), 'utf8'), /:alice%40example\.com$/m);
      } finally {
        await server.close();
      }
    });

    it(`hg-ssh of the ${version} one lets a key in, and one to read alone`, async () => {
      const server = await startHgSsh(mercurials[version]);
      try {
        const repository = await createHgRepository(server.account, join(server.root, 'infra'));
        await repository.commit({ a: '1\n' });
        const [alice, bob] = [await server.person('alice'), await server.person('bob', { readOnly: true })];
        const clone = await cloneHgRepository(person, `${server.url}/infra`, join(person.home, `ssh-${version}`), ['--ssh', bob.command]);
        const node = await clone.commit({ a: '2\n' });
        await rejects(clone.hg('push', '--ssh', bob.command), /push failed on remote/);
        await clone.hg('push', '--ssh', alice.command);
        equal(await repository.node('tip'), node);
      } finally {
        await server.close();
      }
    });
  }

  it('the large repository has its files and changesets', async () => {
    const repository = await createLargeHgRepository(person, join(person.home, 'large'));
    equal((await repository.hg('manifest')).trim().split('\n').length, 5_100);
    equal(await repository.hg('log', '--rev=tip', '--template={rev}'), '200');
  });

  it('the registry answers, asks for its account, and refuses to be written', async () => {
    for (const options of [{}, { authenticated: true }, { readOnly: true }]) {
      const registry = await startRegistry(options);
      try {
        const account = Buffer.from(`${registryAccount.user}:${registryAccount.password}`).toString('base64');
        const headers = { authorization: `Basic ${account}` };
        const upload = (more: object): Promise<Response> => fetch(`${registry.url}/v2/x/blobs/uploads/`, { method: 'POST', ...more });
        const statuses = [(await upload({})).status, (await upload({ headers })).status];
        deepEqual(statuses, 'authenticated' in options ? [401, 202] : 'readOnly' in options ? [405, 405] : [202, 202]);
      } finally {
        await registry.close();
      }
    }
  });
});
