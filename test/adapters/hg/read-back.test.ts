import assert from 'node:assert/strict';
import { FakeBackEnd } from '#adapters/hg/fake-back-end.ts';
import { createHgReadBack } from '#adapters/hg/read-back.ts';

const nowhere = 'f'.repeat(40);

describe('reading back from Mercurial', () => {
  let host: FakeBackEnd;
  let readBack: ReturnType<typeof createHgReadBack>;
  let first: string;
  let second: string;
  beforeEach(() => {
    host = new FakeBackEnd();
    readBack = createHgReadBack(host);
    first = host.commit('infra', { files: { 'apps/a.yaml': 'a: 1\n', CODEOWNERS: '* @team\n' } });
    second = host.commit('infra', { title: 'Second', user: 'CEO <ceo@example.com>', files: { 'apps/a.yaml': 'a: 2\n' } });
  });

  const headOf = async (ref: string) => (await readBack.heads('infra', [ref])).get(ref);
  const doubtsOf = async (ref: string) => (await headOf(ref))?.doubts?.map(({ code }) => code) ?? [];

  describe('what a typed ref leads to', () => {
    it('is the one open head of a branch, and where a bookmark is', async () => {
      host.bookmark('infra', 'prod', first);
      assert.deepEqual(
        await readBack.heads('infra', ['branch:default', 'bookmark:prod']),
        new Map([
          ['branch:default', { object: second, commit: second }],
          ['bookmark:prod', { object: first, commit: first }],
        ]),
      );
    });

    it('is nothing for a name of another kind, and for what is no typed ref', async () => {
      host.bookmark('infra', 'prod', first);
      const refs = [
        'branch:prod',
        'bookmark:default',
        'refs/heads/default',
        'default',
        '*',
        '--config=alias.log=!touch pwned',
        'tag:v1@branch:gone',
      ];
      assert.deepEqual(
        [...(await readBack.heads('infra', refs)).values()],
        refs.map(() => null),
      );
    });

    it('is nothing for a branch that is closed', async () => {
      host.commit('infra', { close: true });
      assert.equal(await headOf('branch:default'), null);
    });

    it('is in doubt with several open heads, which are named, and no longer once they are merged', async () => {
      const other = host.commit('infra', { parents: [first], files: { b: '1' } });
      const head = await headOf('branch:default');
      assert.deepEqual(
        head?.doubts?.map(({ code }) => code),
        ['several-heads'],
      );
      for (const node of [second, other]) assert.match(head?.doubts?.[0]?.message ?? '', new RegExp(node));
      const merge = host.commit('infra', { parents: [second, other] });
      assert.deepEqual(await headOf('branch:default'), { object: merge, commit: merge });
    });

    it('is in doubt where a bookmark has the name of the branch, and stays that of the branch', async () => {
      host.bookmark('infra', 'default', first);
      assert.deepEqual(await doubtsOf('branch:default'), ['shadowed']);
      assert.equal((await headOf('branch:default'))?.commit, second);
    });

    it('is in doubt for a changeset that is draft, secret or obsolete', async () => {
      for (const phase of ['draft', 'secret'] as const) {
        host.mark('infra', second, { phase });
        assert.deepEqual(await doubtsOf('branch:default'), [phase]);
      }
      host.bookmark('infra', 'prod', second);
      host.mark('infra', second, { phase: 'public', obsolete: true });
      assert.deepEqual(await doubtsOf('bookmark:prod'), ['obsolete']);
    });

    it('is of a tag what .hgtags says on the branch that the ref names', async () => {
      const tagging = host.commit('infra', { files: { '.hgtags': `${first} v1\n` } });
      const head = await headOf('tag:v1@branch:default');
      assert.equal(head?.commit, first);
      assert.equal(head?.object, tagging);
      assert.equal(await headOf('tag:v2@branch:default'), null);
    });

    it('is not known for now where the host names a changeset that it does not show', async () => {
      host.changeset = () => Promise.resolve(null);
      await assert.rejects(headOf('branch:default'), { code: 'SOURCE_UNREACHABLE' });
    });
  });

  it('lists the tags that a pattern names, the one that moved last at the end, and none without a pattern', async () => {
    host.commit('infra', { files: { '.hgtags': `${first} v2\n${second} v1\n${first} w1\n` } });
    assert.deepEqual(
      [...(await readBack.tags('infra', 'tag:v*@branch:default')).keys()],
      ['tag:v2@branch:default', 'tag:v1@branch:default'],
    );
    assert.deepEqual(await readBack.tags('infra', 'tag:v*@branch:stable'), new Map());
    assert.deepEqual(await readBack.tags('infra'), new Map());
  });

  it('knows the history of nodes, and of nothing that is none', async () => {
    assert.equal(await readBack.isAncestor('infra', first, second), true);
    assert.equal(await readBack.isAncestor('infra', second, first), false);
    assert.equal(await readBack.isAncestor('infra', nowhere, second), undefined);
    for (const odd of ['tip', '--config=alias.log=!touch pwned', 'a'.repeat(64)]) {
      assert.equal(await readBack.isAncestor('infra', odd, second), undefined);
      assert.equal((await readBack.range('infra', odd, second)).course, null);
      await assert.rejects(readBack.read('infra', odd, ''), { code: 'SOURCE_REFUSED' });
    }
  });

  describe('a range', () => {
    it('names changesets without accounts, and paths, and says that Mercurial has no pull requests, reviews and checks', async () => {
      const range = await readBack.range('infra', first, second);
      assert.deepEqual(range.commits, [{ id: second, title: 'Second', account: null, hands: [], broughtBy: null, signed: null }]);
      assert.deepEqual(
        [range.course, range.commitCount, range.files, range.lacked],
        ['ahead', 1, ['apps/a.yaml'], ['pulls', 'reviews', 'checks']],
      );
    });

    it('goes back, is the same, and parts', async () => {
      const other = host.commit('infra', { parents: [first], branch: 'stable' });
      const course = async (base: string, head: string) => (await readBack.range('infra', base, head)).course;
      assert.equal(await course(second, first), 'back');
      assert.equal(await course(first, first), 'same');
      assert.equal(await course(second, other), 'diverged');
    });

    it('lacks everything where one end is gone, and coverage always', async () => {
      const question = { ref: 'branch:default', reviews: true, signatures: true, owners: true };
      const lacked = (await readBack.range('infra', nowhere, second, question)).lacked;
      assert.deepEqual(lacked, ['commits', 'files', 'signatures', 'owners', 'pulls', 'reviews', 'checks', 'coverage']);
      const known = await readBack.range('infra', first, second, question);
      assert.deepEqual(known.lacked, ['pulls', 'reviews', 'checks', 'coverage']);
      assert.equal(known.owners?.text, '* @team\n');
    });

    it('carries what .hgsigs says of each changeset, and of one that holds nothing else what it says of its parent', async () => {
      const signing = host.commit('infra', { files: { '.hgsigs': `${second} 0 aGVsbG8=\n` } });
      const question = { ref: 'branch:default', reviews: false, signatures: true, owners: false };
      const { commits } = await readBack.range('infra', first, signing, question);
      assert.deepEqual(
        commits.map(({ id, signed }) => [id, signed?.payload ?? null]),
        [
          [signing, `${second}\n`],
          [second, `${second}\n`],
        ],
      );
    });
  });

  describe('the files of a changeset', () => {
    it('are those that lie directly in a directory, or the one of that path, without links and bytes that are no text', async () => {
      const node = host.commit('infra', {
        files: {
          'apps/b.yaml': 'b: 1\n',
          'apps/deep/c.yaml': 'c: 1\n',
          'apps/link': { bytes: 'b.yaml', kind: 'symlink' },
          'apps/bytes': new Uint8Array([0xff, 0xfe]),
        },
      });
      assert.deepEqual(await readBack.read('infra', node, 'apps'), [
        { path: 'apps/a.yaml', text: 'a: 2\n' },
        { path: 'apps/b.yaml', text: 'b: 1\n' },
      ]);
      assert.deepEqual(await readBack.read('infra', node, 'apps/b.yaml'), [{ path: 'apps/b.yaml', text: 'b: 1\n' }]);
      assert.deepEqual(await readBack.read('infra', node, ''), [{ path: 'CODEOWNERS', text: '* @team\n' }]);
    });

    it('are nothing where there is nothing, or a link', async () => {
      const node = host.commit('infra', { files: { link: { bytes: 'apps', kind: 'symlink' } } });
      assert.equal(await readBack.read('infra', node, 'gone'), null);
      assert.equal(await readBack.read('infra', node, 'link'), null);
    });

    it('are bounded', async () => {
      const node = host.commit('infra', { files: { 'big/file': 'x'.repeat(1024 * 1024 + 1) } });
      await assert.rejects(readBack.read('infra', node, 'big'), { code: 'CONTENT_TOO_LARGE' });
    });
  });

  it('is asked again later when .hgtags is too large', async () => {
    host.commit('infra', { files: { '.hgtags': 'x'.repeat(17 * 1024 * 1024) } });
    await assert.rejects(headOf('tag:v1@branch:default'), { code: 'SOURCE_REFUSED' });
  });
});
