import assert from 'node:assert/strict';
import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { mountPrefix } from './cluster/tools.ts';
import { hookFile, makeHookHost, run, type HookHost, type HookHostOptions } from './mercurial/hook-host.ts';
import { startHookReceiver, type HookReceiver } from './mercurial/hook-receiver.ts';
import { installMercurials, type Mercurial, type Mercurials } from './mercurial/install.ts';

const secret = 'the-secret-of-the-hg-host';
let mercurials: Mercurials;
before(async function () {
  this.timeout(10 * 60_000); // the first time they are installed
  mercurials = await installMercurials();
});

for (const which of ['system', 'newest'] as const)
  describe(`the hook in the ${which} Mercurial, when it cannot deliver`, function () {
    this.timeout(300_000);
    let receiver: HookReceiver;
    const hosts: HookHost[] = [];
    const mercurial = (): Mercurial => mercurials[which];
    const host = async (options: Partial<HookHostOptions> = {}): Promise<HookHost> => {
      const made = await makeHookHost(mercurial(), { url: receiver.url, secret, ...options });
      hosts.push(made);
      return made;
    };
    /** Moves a bookmark of the clone's repository, which is the quickest push there is. */
    const moves = (one: HookHost, clone: string): (() => Promise<string>) => {
      let count = 0;
      return async () => {
        await one.hg(clone, 'bookmark', '--rev', '0', `mark${++count}`);
        return (await one.hg(clone, 'push', '--bookmark', `mark${count}`)).said;
      };
    };
    beforeEach(async () => {
      receiver = await startHookReceiver(secret);
    });
    afterEach(async () => {
      await receiver.close();
      await Promise.all(hosts.splice(0).map((one) => one.remove()));
    });

    it('keeps what it cannot deliver, and the next hook or `flush` delivers it', async () => {
      const one = await host({ settings: ['timeout = 5'] });
      const clone = await one.repository('infra');
      await one.commit(clone, 'one');
      const push = moves(one, clone);
      await receiver.away();
      const refused = await one.hg(clone, 'push');
      assert.match(refused.said, /^headgate: is not reachable \(Connection refused\), kept for later$/m);
      assert.match(await push(), /kept for later$/m);
      assert.equal((await one.spooled()).length, 2);
      const early = await one.flush();
      assert.deepEqual([early.code, early.said], [1, 'headgate: is not reachable (Connection refused)\nheadgate: 0 sent, 2 left\n']);
      await receiver.back();
      assert.match(await push(), /^headgate: queued dlv_0$/m);
      assert.deepEqual([await one.spooled(), receiver.taken.length], [[], 3]);
      await receiver.away();
      await push();
      await writeFile(join(one.spool, '0-damaged.json'), '{"id": 7');
      await receiver.back();
      const late = await one.flush();
      assert.deepEqual([late.code, late.said], [0, 'headgate: 2 sent, 0 left\n']);
      assert.deepEqual([await one.spooled(), receiver.taken.length, receiver.refused], [[], 4, []]);
    });

    it('keeps what may be taken later, and nothing else', async () => {
      const one = await host({ settings: ['timeout = 1'] });
      const clone = await one.repository('infra');
      await one.commit(clone, 'one');
      await one.hg(clone, 'push');
      const push = moves(one, clone);
      for (const status of [401, 503]) {
        receiver.answer((response) => response.writeHead(status).end('{"code":"SIGNATURE_INVALID"}'));
        assert.match(await push(), new RegExp(`^headgate: answered ${status} SIGNATURE_INVALID, kept for later$`, 'm'));
      }
      receiver.answer((response) => response.writeHead(302, { location: `${receiver.url}/elsewhere` }).end());
      assert.match(await push(), /^headgate: answered 302, kept for later$/m);
      receiver.answer((response) => response.writeHead(200).end('<html>'));
      assert.match(await push(), /^headgate: answered 200, but not as Headgate does, kept for later$/m);
      receiver.answer(() => {}); // for ever
      assert.match(await push(), /^headgate: (did not answer in time|is not reachable \(timed out\)), kept for later$/m);
      assert.equal((await one.spooled()).length, 5);
      receiver.answer((response) => response.writeHead(422).end('{"code":"REPOSITORY_FOREIGN"}'));
      assert.match(await push(), /^headgate: answered 422 REPOSITORY_FOREIGN$/m);
      assert.equal((await one.spooled()).length, 5);
      assert.equal(receiver.taken.length, 1);
    });

    it('sends what an hour without Headgate has left behind in its order, and no push waits for all of it', async () => {
      const one = await host({ settings: ['timeout = 5'] });
      const clone = await one.repository('infra');
      const script = join(import.meta.dirname, 'mercurial', 'keep_many.py');
      const made = await run('python3', [script, hookFile, one.hgrc, '250'], one.directory, one.env);
      assert.equal(made.code, 0, made.said);
      const kept = made.said.trim().split('\n');
      assert.equal((await one.spooled()).length, 250);
      await one.commit(clone, 'one');
      receiver.answer((response) => setTimeout(() => response.writeHead(202).end('{"delivery":"dlv_slow"}'), 200));
      assert.match((await one.hg(clone, 'push')).said, /^headgate: queued dlv_slow$/m);
      const left = await one.spooled();
      assert.ok(left.length >= 220 && left.length <= 250, `${left.length} are left: at 200 ms each no more than 25 go within 5 s`);
      receiver.answer(undefined);
      const flushed = await one.flush();
      assert.deepEqual([flushed.code, flushed.said], [0, `headgate: ${left.length} sent, 0 left\n`]);
      assert.deepEqual(
        receiver.taken.map(({ deliveryId }) => deliveryId),
        kept.slice(250 - left.length),
      );
    });

    it('sends with one push a hundred of them at most', async () => {
      const one = await host({ settings: ['timeout = 30'] });
      const clone = await one.repository('infra');
      const script = join(import.meta.dirname, 'mercurial', 'keep_many.py');
      const made = await run('python3', [script, hookFile, one.hgrc, '130'], one.directory, one.env);
      assert.equal(made.code, 0, made.said);
      await one.commit(clone, 'one');
      assert.match((await one.hg(clone, 'push')).said, /^headgate: queued dlv_0$/m);
      assert.equal((await one.spooled()).length, 30);
      assert.deepEqual(
        receiver.taken.slice(1).map(({ deliveryId }) => deliveryId),
        made.said.trim().split('\n').slice(0, 100),
      );
    });

    it('never makes a push fail, whatever becomes of the spool', async () => {
      const one = await host({ settings: ['spool-count = 1'] });
      const clone = await one.repository('infra');
      await one.commit(clone, 'one');
      await receiver.away();
      await one.hg(clone, 'push');
      const push = moves(one, clone);
      const lost = (why: string): RegExp => new RegExp(`, and it could not be kept \\(${why}\\): a sweep will find it$`, 'm');
      assert.match(await push(), lost('the spool is full'));
      await chmod(one.spool, 0o777);
      assert.match(await push(), lost('everybody may write to the spool'));
      await chmod(one.spool, 0o700);
      const settings = await readFile(one.hgrc, 'utf8');
      await writeFile(one.hgrc, settings.replace(/^spool = .*$/m, `spool = ${join(one.directory, 'none')}`));
      assert.match(await push(), lost('spool: No such file or directory'));
      await writeFile(one.hgrc, settings.replace(/^secret-file = .*$/m, `secret-file = ${join(one.directory, 'none')}`));
      assert.match(await push(), /^headgate: cannot be told: .*No such file or directory/m);
      await writeFile(one.hgrc, settings.replace(/^url = .*$/m, ''));
      assert.match(await push(), /^headgate: nothing was sent \(\[headgate\] url is not set\)$/m);
      await writeFile(one.hgrc, settings.replace(/^root = .*$/m, `root = ${one.spool}`));
      assert.doesNotMatch(await push(), /^headgate:/m);
    });

    it('never makes a push fail when the disk of the spool is full', async () => {
      const one = await host();
      const clone = await one.repository('infra');
      await one.commit(clone, 'one');
      await receiver.away();
      const [command = 'unshare', ...flags] = mountPrefix() ?? [];
      const script = 'mount -t tmpfs -o size=4k,mode=0700 tmpfs "$0" && head -c 4096 /dev/zero > "$0/ballast"; exec "$@"';
      const args = [...flags, '/bin/sh', '-c', script, one.spool, mercurial().hg, 'push'];
      const { code, said } = await run(command, args, clone, one.env);
      assert.equal(code, 0, said);
      assert.match(said, /could not be kept \(spool: No space left on device\): a sweep will find it$/m);
    });
  });
