import assert from 'node:assert/strict';
import { join } from 'node:path';
import { readObjects, type StoredObjects } from '#adapters/git/objects.ts';
import { createGitReadBack } from '#adapters/git/read-back.ts';
import { signedTagOf, withSignatures } from '#adapters/git/signed-commits.ts';
import { systemClock } from '#core/clock.ts';
import type { RangeQuestion, ReadBack } from '#core/ports/read-back.ts';
import { silentLog } from '#core/ports/telemetry.ts';
import { signedCommit, signedTag } from '#core/signed-object.ts';
import { History } from '../../conformance/read-back/history.ts';
import { samples } from '../../identity/signatures/samples.ts';
import { startGitHost, type GitHost } from './git-host.ts';

const repository = 'org/signed';
const question: RangeQuestion = { ref: 'refs/heads/main', reviews: false, signatures: true, owners: false };
const commits = samples.objects.filter(({ kind }) => kind === 'commit');
const tags = samples.objects.filter(({ kind }) => kind === 'tag');

for (const version2 of [true, false]) {
  describe(`signatures that git reads back, protocol version ${version2 ? 2 : 0}`, function () {
    this.timeout(60_000);
    let host: GitHost;
    let history: History;
    let readBack: ReadBack;

    before(async () => {
      host = await startGitHost();
      host.version2 = version2;
      history = new History(await host.createRepository(repository));
      await history.tree([]);
      for (const { kind, raw } of samples.objects) await history.store(kind, Buffer.from(raw, 'latin1'));
      await history.git('update-ref', 'refs/heads/main', commits.at(-1)?.id ?? '');
      for (const { id, key } of tags) await history.git('update-ref', `refs/tags/by-${key}`, id);
      readBack = createGitReadBack({
        cloneUrl: (name) => `${host.url}/${name}.git`,
        credentials: { kind: 'none' },
        directory: join(host.scratch, 'mirrors'),
        clock: systemClock,
        log: silentLog,
        environment: { PATH: process.env['PATH'] },
      });
    });
    after(() => host.stop());

    const range = (asked?: RangeQuestion) => readBack.range(repository, commits[0]?.id ?? '', commits.at(-1)?.id ?? '', asked);

    it('are those of each commit, exactly as git made them', async () => {
      const { commits: found, lacked } = await range(question);
      assert.deepEqual(
        found.map(({ id, signed }) => [id, signed]),
        commits
          .slice(1)
          .toReversed()
          .map(({ id, raw }) => [id, signedCommit(raw, id)]),
      );
      assert.ok(found.every(({ signed }) => signed !== null));
      assert.ok(!lacked.includes('signatures'));
    });

    it('are left alone when nobody asks for them', async () => {
      assert.ok((await range()).commits.every(({ signed }) => signed === null));
    });

    it('are null for a commit without one', async () => {
      const head = await history.one('refs/heads/plain', { a: '1' }, commits.at(-1)?.id ?? '');
      const facts = await readBack.range(repository, commits.at(-2)?.id ?? '', head, question);
      assert.deepEqual(
        facts.commits.map(({ signed }) => signed !== null),
        [false, true],
      );
      assert.ok(!facts.lacked.includes('signatures'));
    });

    it('are lacking when the range is not known', async () => {
      assert.ok((await readBack.range(repository, '1'.repeat(40), commits[1]?.id ?? '', question)).lacked.includes('signatures'));
    });

    it('are those of annotated tags', async () => {
      for (const { id, raw } of tags.slice(0, 2)) assert.deepEqual(await readBack.tag?.(repository, id), signedTag(raw));
    });

    it('are null for an annotated tag without one, and undefined for what is no tag', async () => {
      await history.git('tag', '-a', '-m', 'not signed', 'plain', commits[0]?.id ?? '');
      const plain = (await history.git('rev-parse', 'refs/tags/plain')).trim();
      assert.equal(await readBack.tag?.(repository, plain), null);
      assert.equal(await readBack.tag?.(repository, commits[0]?.id ?? ''), undefined);
      assert.equal(await readBack.tag?.(repository, '1'.repeat(40)), undefined);
      assert.equal(await readBack.tag?.(repository, '--upload-pack=x'), undefined);
    });
  });
}

describe('objects of a mirror', () => {
  const ids = ['a', 'b'].map((char) => char.repeat(40));
  const [one = '', other = ''] = ids;

  function mirror(output: string, ended?: 'output'): StoredObjects {
    const result = { code: 0, stdout: Buffer.from(output, 'latin1'), stderr: '', spoke: false, ended };
    return { remote: { repository, url: '', environment: {} }, ask: () => Promise.resolve(result) };
  }

  it('are those before the bound, and the range lacks signatures then', async () => {
    const commit = { title: '', account: null, hands: [], broughtBy: null, signed: null };
    const cut = mirror(`${one} commit 3\nabc\n${other} commit 3\nab`, 'output');
    assert.deepEqual([...(await readObjects(cut, 'commit', ids, 60))], [[one, Buffer.from('abc')]]);
    const { commits: found, complete } = await withSignatures(
      cut,
      ids.map((id) => ({ id, ...commit })),
    );
    assert.deepEqual([found.length, complete], [2, false]);
    assert.equal(await signedTagOf(mirror(`${one} tag 3\nab`, 'output'), one), undefined);
  });

  it('are asked for anew when the mirror lacks one, has another one, or one of another type', async () => {
    for (const output of [
      `${one} missing\n`,
      `${other} commit 1\nx\n`,
      `${one} tag 1\nx\n`,
      `${one} commit 9\nx\n`,
      '',
      `${one} commit x\n`,
    ]) {
      await assert.rejects(readObjects(mirror(output), 'commit', [one], 60), { code: 'SOURCE_UNREACHABLE' }, output);
    }
    assert.equal((await readObjects(mirror('x'), 'commit', [], 60)).size, 0);
  });
});
