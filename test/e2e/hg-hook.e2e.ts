import assert from 'node:assert/strict';
import { join } from 'node:path';
import { makeHookHost, run, type HookHost, type HookHostOptions } from './mercurial/hook-host.ts';
import { startHookReceiver, type HookReceiver } from './mercurial/hook-receiver.ts';
import { installMercurials, type Mercurial, type Mercurials } from './mercurial/install.ts';

const secret = 'the-secret-of-the-hg-host';
let mercurials: Mercurials;
before(async function () {
  this.timeout(10 * 60_000); // the first time they are installed
  mercurials = await installMercurials();
});

for (const which of ['system', 'newest'] as const)
  describe(`the hook in the ${which} Mercurial`, function () {
    this.timeout(300_000);
    let receiver: HookReceiver;
    const hosts: HookHost[] = [];
    const mercurial = (): Mercurial => mercurials[which];
    const host = async (options: Partial<HookHostOptions> = {}): Promise<HookHost> => {
      const made = await makeHookHost(mercurial(), { url: receiver.url, secret, ...options });
      hosts.push(made);
      return made;
    };
    beforeEach(async () => {
      receiver = await startHookReceiver(secret);
    });
    afterEach(async () => {
      await receiver.close();
      await Promise.all(hosts.splice(0).map((one) => one.remove()));
    });

    it('tells of every push: of changesets, bookmarks, phases and obsolescence markers', async () => {
      const { repository, commit, hg } = await host({
        sections: ['[experimental]', 'evolution = all', '[phases]', 'publish = False'],
      });
      const clone = await repository('team/infra');
      for (const message of ['one', 'two']) await commit(clone, message);
      const first = await hg(clone, 'push');
      assert.match(first.said, /^headgate: queued dlv_0$/m);
      await hg(clone, 'bookmark', 'prod');
      assert.match((await hg(clone, 'push', '--bookmark', 'prod')).said, /^headgate: queued dlv_1$/m);
      await hg(clone, 'phase', '--public', '--rev', '0');
      assert.match((await hg(clone, 'push')).said, /^headgate: queued dlv_2$/m);
      const obsolete = (await hg(clone, 'log', '--rev', 'tip', '--template', '{node}')).said;
      await hg(clone, 'debugobsolete', '--record-parents', obsolete);
      assert.match((await hg(clone, 'push')).said, /^headgate: queued dlv_3$/m);
      const [news, bookmark, phase, marker] = receiver.taken;
      assert.ok(news && bookmark && phase && marker && receiver.taken.length === 4);
      assert.equal(news.hint.repository, 'team/infra');
      assert.equal(news.hint.commit, obsolete);
      assert.deepEqual([bookmark.hint.commit, bookmark.payload['bookmarks']], [null, { prod: [null, obsolete] }]);
      assert.deepEqual([phase.hint.commit, phase.payload['phases_moved']], [null, true]);
      assert.deepEqual([marker.hint.commit, marker.payload['obsmarkers']], [null, 1]);
      assert.equal(new Set(receiver.taken.map((one) => one.deliveryId)).size, 4);
      for (const { deliveryId, payload } of receiver.taken)
        assert.deepEqual([deliveryId, payload['hg']], [payload['txn'], mercurial().version]);
    });

    it('says of a local push who it was, and that nobody vouches for it', async () => {
      const { repository, commit, hg } = await host({ env: { REMOTE_USER: 'mallory', HEADGATE_USER: 'mallory' } });
      const clone = await repository('infra');
      await commit(clone, 'one');
      await hg(clone, 'push');
      const [actor] = receiver.taken[0]?.hint.actors ?? [];
      assert.deepEqual(receiver.taken[0]?.payload['pusher'], { name: actor?.name, via: 'local' });
      assert.equal(actor?.account, null);
      assert.notEqual(actor?.name, 'mallory');
    });

    it('tells of 10,000 changesets once', async () => {
      const { repository, root, directory, env, hg } = await host();
      const many = join(directory, 'many');
      const made = await run(mercurials.system.python, [join(import.meta.dirname, 'mercurial', 'many.py'), many], directory, env);
      assert.equal(made.code, 0, made.said);
      await repository('infra');
      assert.match((await hg(many, 'push', join(root, 'infra'))).said, /^headgate: queued dlv_0$/m);
      assert.equal(receiver.taken.length, 1);
      assert.ok(JSON.stringify(receiver.taken[0]?.payload).length < 1_000);
    });
  });
