import { deepEqual, equal, match, notEqual, ok } from 'node:assert/strict';
import { appendFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createHgReadBack } from '#adapters/hg/read-back.ts';
import { createCloneBackEnd } from '#adapters/hg/clone/clone-back-end.ts';
import { systemClock } from '#core/clock.ts';
import { readSigningKey } from '#core/keys/signing-key.ts';
import { FakeReadBack } from '#core/ports/fake-read-back.ts';
import type { ReadBack } from '#core/ports/read-back.ts';
import { silentLog } from '#core/ports/telemetry.ts';
import { keysOf } from '#core/signature.ts';
import { verifyTag } from '#handlers/range-evidence.ts';
import { Signatures } from '#identity/signatures/signatures.ts';
import { openHgAccount, type HgAccount } from './mercurial/account.ts';
import { startHgServe, type HgWebServer } from './mercurial/hgweb.ts';
import { installMercurials, type Mercurial } from './mercurial/install.ts';
import { cloneHgRepository, createHgRepository, type HgRepository } from './mercurial/repository.ts';
import { makeHgSigners, type HgSigners } from './mercurial/signers.ts';

/** The lines of tags and signatures are written by each, and read back by clones of the same. */
for (const version of ['system', 'newest'] as const) {
  describe(`signed tags of Mercurial, the ${version} one`, function () {
    this.timeout(300_000);
    const stopping = new AbortController();
    let mercurial: Mercurial;
    let keys: HgSigners;
    let signatures: Signatures;
    let server: HgWebServer;
    let account: HgAccount;
    let clone: HgRepository;
    let readBack: ReadBack;
    let first: string;
    let tagging: string;

    before(async function () {
      this.timeout(600_000);
      mercurial = (await installMercurials())[version];
      keys = await makeHgSigners();
      const listed = [keys.armored.jane, keys.armored.expired].map((text) => readSigningKey(text));
      signatures = new Signatures(() => listed);
      server = await startHgServe(mercurial);
      await createHgRepository(server.account, join(server.root, 'infra'));
      account = await openHgAccount(mercurial, keys.rc);
      clone = await cloneHgRepository(account, `${server.url}/infra`, join(account.home, 'infra'));
      readBack = createHgReadBack(
        createCloneBackEnd({
          hg: mercurial.hg,
          url: server.url,
          credentials: { kind: 'none' },
          directory: join(account.home, 'clones'),
          clock: systemClock,
          log: silentLog,
          environment: process.env,
          signal: stopping.signal,
        }),
      );
      first = await clone.commit({ 'app.yaml': 'a: 1\n' });
    });
    after(async () => {
      stopping.abort();
      await account?.close();
      await server?.close();
      await keys?.[Symbol.asyncDispose]();
    });

    const push = (): Promise<string> => clone.hg('push', '--quiet', '--force', '--new-branch');
    /** hg says with 1 that no changeset went with it. */
    const pushBookmark = async (name: string): Promise<void> => {
      const pushed = await clone.hg('push', '--quiet', `--bookmark=${name}`).catch((error: unknown) => error);
      if (pushed instanceof Error && 'code' in pushed && pushed.code !== 1) throw pushed;
    };
    const sign = (key: string, node: string): Promise<string> => clone.hg('sign', `--key=${key}`, node);
    const tag = async (name: string, node: string): Promise<string> => {
      await clone.hg('tag', '--force', `--rev=${node}`, name);
      return clone.node('.');
    };
    const refOf = (name: string): string => `tag:${name}@branch:default`;

    /** What the ref leads to, the codes of its doubts, and who signed it or why nobody did. */
    async function read(name: string): Promise<{ readonly commit?: string; readonly doubts: readonly string[]; readonly signing: string }> {
      const ref = refOf(name);
      const head = (await readBack.heads('infra', [ref])).get(ref) ?? null;
      const asOf = Object.assign(new FakeReadBack(), {
        heads: async () => new Map([[ref, head]]),
        tag: async (name: string, object: string) => readBack.tag?.(name, object, ref),
      });
      const asked = { repository: 'infra', ref, revision: head?.commit ?? '' };
      const { tag: signing } = await verifyTag({ clock: systemClock, signatures }, asOf, asked);
      const said = signing && 'unsigned' in signing ? signing.unsigned : keysOf(signing ?? { unsigned: '' }).join();
      return { ...(head ? { commit: head.commit } : {}), doubts: (head?.doubts ?? []).map(({ code }) => code), signing: said };
    }

    it('count for whoever signed the changeset that brought them', async () => {
      tagging = await tag('v1', first);
      await sign(keys.mallory, tagging);
      await sign(keys.jane, tagging);
      await push();
      deepEqual(await read('v1'), { commit: first, doubts: [], signing: `openpgp:${keys.jane}` });
      deepEqual([...(await readBack.tags('infra', 'tag:v*@branch:default'))], [[refOf('v1'), { object: tagging, commit: first }]]);
    });

    it('do not move by what another branch says, though they do for Mercurial', async () => {
      const head = await clone.node('.');
      const evil = await clone.commit({ 'app.yaml': 'evil: 1\n' }, { branch: 'evil' });
      await appendFile(join(clone.path, '.hgtags'), `${first} v1\n${evil} v1\n`);
      await clone.hg('commit', '--message=Move');
      await sign(keys.mallory, '.');
      await push();
      equal(await clone.node('v1'), evil);
      deepEqual(await read('v1'), { commit: first, doubts: [], signing: `openpgp:${keys.jane}` });
      await clone.hg('update', '--quiet', '--clean', `--rev=${head}`);
    });

    it('count for nobody without a signature, by an unknown or an expired key, or with one of something else', async () => {
      const [unsigned, unknown, old, other, forged] = [
        await tag('v2', first),
        await tag('v3', first),
        await tag('v4', first),
        await tag('v5', first),
        await tag('v6', first),
      ];
      await sign(keys.mallory, unknown);
      await sign(keys.expired, old);
      await sign(keys.jane, first);
      const lines = (await readFile(join(clone.path, '.hgsigs'), 'utf8')).trim().split('\n');
      const [, , base64] = lines.at(-1)?.split(' ') ?? [];
      await appendFile(join(clone.path, '.hgsigs'), `${forged} 0 ${base64}\n`);
      await clone.hg('commit', '--message=Forge');
      await push();
      notEqual(unsigned, other);
      match((await read('v2')).signing, /nobody signed/);
      match((await read('v3')).signing, new RegExp(`a key that nobody lists: openpgp:${keys.mallory}`));
      match((await read('v4')).signing, /has expired/);
      match((await read('v5')).signing, /nobody signed/);
      match((await read('v6')).signing, /does not hold/);
      deepEqual((await read('v6')).doubts, []);
      equal((await read('v1')).signing, `openpgp:${keys.jane}`);
    });

    it('move by a signature, and back by nothing else', async () => {
      const second = await clone.commit({ 'app.yaml': 'a: 2\n' });
      await sign(keys.jane, await tag('v1', second));
      await push();
      deepEqual(await read('v1'), { commit: second, doubts: [], signing: `openpgp:${keys.jane}` });
      const file = join(clone.path, '.hgtags');
      const text = await readFile(file, 'utf8');
      await writeFile(file, `${text}${first} v1\n`);
      await clone.hg('commit', '--message=Add its old line anew');
      await push();
      equal((await read('v1')).commit, first);
      ok((await read('v1')).doubts.length > 0);
      await writeFile(file, `${second} v1\n${first} v1\n`);
      await clone.hg('commit', '--message=Put its lines in another order');
      await push();
      equal((await read('v1')).commit, first);
      ok((await read('v1')).doubts.length > 0);
      await writeFile(file, `${text.replaceAll('\n', '\r\n')}`);
      await clone.hg('commit', '--message=Ends of lines of Windows');
      await sign(keys.jane, '.');
      await push();
      deepEqual(await read('v1'), { commit: second, doubts: [], signing: `openpgp:${keys.jane}` });
      equal(await clone.node('max(tag("literal:v2"))'), first);
    });

    it('are doubted with a bookmark of their name, two heads of their branch, and what is merged nowhere', async () => {
      const head = await clone.node('.');
      await clone.hg('bookmark', '--inactive', `--rev=${first}`, 'v1');
      await pushBookmark('v1');
      deepEqual((await read('v1')).doubts, ['shadowed']);
      await clone.hg('bookmark', '--delete', 'v1');
      await pushBookmark('v1');
      const evil = await clone.node('heads(branch("evil"))');
      await sign(keys.jane, await tag('v7', evil));
      await push();
      deepEqual((await read('v7')).doubts, ['tag-moved']);
      await clone.commit({ 'app.yaml': 'a: 3\n' }, { on: head });
      await push();
      deepEqual((await read('v1')).doubts, ['several-heads']);
    });
  });
}
