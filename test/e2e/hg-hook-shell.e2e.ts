import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openHgAccount } from './mercurial/account.ts';
import { hookFile, makeHookHost, run, shellHookFile, type HookHost } from './mercurial/hook-host.ts';
import { startHookReceiver, type HookReceiver } from './mercurial/hook-receiver.ts';
import { startHgWsgi } from './mercurial/hgweb.ts';
import { installMercurials, type Mercurials } from './mercurial/install.ts';

const secret = 'the secret of the hg host, which is longer than one block of SHA-256 has bytes';

const linesOf = (settings: string): string[] =>
  ['changegroup', 'pushkey'].map((hook) => `${hook}.headgate = sh ${shellHookFile} ${settings}`);

for (const which of ['old', 'newest'] as const)
  describe(`the hook in sh, in the ${which} Mercurial`, function () {
    this.timeout(300_000);
    let mercurials: Mercurials;
    let receiver: HookReceiver;
    let host: HookHost | undefined;
    before(async function () {
      this.timeout(10 * 60_000); // the first time they are installed
      mercurials = await installMercurials();
    });
    beforeEach(async () => {
      receiver = await startHookReceiver(secret);
    });
    afterEach(async () => {
      await receiver.close();
      await host?.remove();
      host = undefined;
    });

    it('tells of changesets and of bookmarks, also of repositories with odd names, and keeps nothing', async () => {
      // The settings that it reads are the hgrc itself.
      host = await makeHookHost(mercurials[which], { url: receiver.url, secret, hooks: linesOf('"$HGRCPATH"') });
      const clone = await host.repository("team/odd $(touch x) 'name' é");
      await host.commit(clone, 'one');
      assert.match((await host.hg(clone, 'push')).said, /^headgate: queued dlv_0$/m);
      await host.hg(clone, 'bookmark', 'prod');
      assert.match((await host.hg(clone, 'push', '--bookmark', 'prod')).said, /^headgate: queued dlv_1$/m);
      const node = (await host.hg(clone, 'log', '--rev', 'tip', '--template', '{node}')).said;
      const [changesets, bookmark] = receiver.taken;
      assert.deepEqual([changesets?.hint.commit, bookmark?.hint.commit], [node, null]);
      assert.equal(decodeURIComponent(String(changesets?.hint.repository)), "team/odd $(touch x) 'name' é");
      assert.match(JSON.stringify(changesets?.payload['pusher']), /"via":"local"/);
      await receiver.away();
      await host.commit(clone, 'two');
      assert.match((await host.hg(clone, 'push')).said, /^headgate: is not reachable \(curl 7\): a sweep will find it$/m);
      await receiver.back();
      receiver.answer((response) => response.writeHead(401).end('{"code":"SIGNATURE_INVALID"}'));
      await host.commit(clone, 'three');
      assert.match((await host.hg(clone, 'push')).said, /^headgate: answered 401 SIGNATURE_INVALID: a sweep will find it$/m);
      assert.deepEqual([receiver.taken.length, receiver.refused], [2, []]);
    });

    it('says who pushed by HTTP', async () => {
      const person = await openHgAccount(mercurials[which]);
      const [settings, secretFile] = [join(person.home, 'headgate.rc'), join(person.home, 'secret')];
      await writeFile(secretFile, secret);
      await writeFile(
        settings,
        `[headgate]\nurl = ${receiver.url}\nsecret-file = ${secretFile}\nrepo = https://hg.example.com/infra\ntimeout = 20\n`,
      );
      const name = 'al"i\\ce@example.com';
      const rc = `[hooks]\n${linesOf(settings).join('\n')}\n`;
      const server = await startHgWsgi(mercurials[which], { rc, users: { [name]: 'password' } });
      try {
        const clone = join(person.home, 'clone');
        await person.hg(person.home, ['init', join(server.root, 'infra')]);
        await person.hg(person.home, ['init', clone]);
        await writeFile(join(clone, 'file'), 'one');
        await person.hg(clone, ['commit', '--addremove', '--message', 'one']);
        const url = `${server.url.replace('://', `://${encodeURIComponent(name)}:password@`)}/infra`;
        const { code, said } = await run(person.mercurial.hg, ['push', url], clone, person.environment);
        assert.equal(code, 0, said);
        assert.match(said, /^remote: headgate: queued dlv_0$/m);
        assert.deepEqual(receiver.taken[0]?.payload['pusher'], { name, via: 'REMOTE_USER' });
      } finally {
        await server.close();
        await person.close();
      }
    });

    if (which === 'newest')
      it('does no harm beside the one in Python: a push is one delivery', async () => {
        const hooks = [`txnclose.headgate = python:${hookFile}:txnclose`, ...linesOf('"$HGRCPATH"')];
        host = await makeHookHost(mercurials[which], { url: receiver.url, secret, hooks });
        const clone = await host.repository('infra');
        await host.commit(clone, 'one');
        await host.hg(clone, 'bookmark', 'prod');
        const { said } = await host.hg(clone, 'push', '--bookmark', 'prod');
        assert.equal(said.match(/queued/g)?.length, 1);
        assert.deepEqual([receiver.taken.length, receiver.known.length], [1, 2]);
      });
  });
