import assert from 'node:assert/strict';
import { History } from './history.ts';
import type { ReadBackUnderTest } from './read-back-under-test.ts';

const MAIN = 'refs/heads/main';

export function headConformance(opened: () => ReadBackUnderTest): void {
  describe('heads and tags', () => {
    const repository = 'org/heads';
    let history: History;
    let first: string;
    let second: string;

    before(async () => {
      history = new History(await opened().createRepository(repository));
      first = await history.one(MAIN, { 'a.txt': '1' });
      second = await history.one('refs/heads/feature/ünï', { 'a.txt': '2' }, first);
      await history.git('update-ref', 'refs/tags/light', first);
      await history.git('tag', '-a', '-m', 'a release', 'v1', first);
      await history.git('tag', '-a', '-m', 'a tag of a tag', 'v1-again', 'v1');
    });

    const heads = (...refs: readonly string[]) => opened().readBack.heads(repository, refs);

    it('says what branches point at', async () => {
      const found = await heads(MAIN, 'refs/heads/feature/ünï');
      assert.deepEqual(found.get(MAIN), { object: first, commit: first });
      assert.deepEqual(found.get('refs/heads/feature/ünï'), { object: second, commit: second });
    });

    it('has null for refs that do not exist, also when another ref ends or begins with their name', async () => {
      const absent = ['refs/heads/absent', 'refs/heads/feature', 'refs/heads/mai', 'refs/tags/main', 'refs/heads/heads/main'];
      await history.git('update-ref', 'refs/heads/refs/heads/absent', first);
      const found = await heads(...absent, MAIN);
      assert.deepEqual([...found.keys()].toSorted(), [...absent, MAIN].toSorted());
      for (const ref of absent) assert.equal(found.get(ref), null, ref);
    });

    it('tells the object of an annotated tag from its commit, however many tags lie between', async () => {
      const found = await heads('refs/tags/v1', 'refs/tags/v1-again', 'refs/tags/light');
      for (const tag of ['v1', 'v1-again']) {
        const object = (await history.git('rev-parse', `refs/tags/${tag}`)).trim();
        assert.notEqual(object, first);
        assert.deepEqual(found.get(`refs/tags/${tag}`), { object, commit: first });
      }
      assert.deepEqual(found.get('refs/tags/light'), { object: first, commit: first });
    });

    it('lists every tag, and tags only', async () => {
      const tags = await opened().readBack.tags(repository);
      assert.deepEqual([...tags.keys()].toSorted(), ['refs/tags/light', 'refs/tags/v1', 'refs/tags/v1-again']);
      assert.equal(tags.get('refs/tags/v1')?.commit, first);
    });

    it('lists more tags than one page holds', async () => {
      const many = new History(await opened().createRepository('org/tags'));
      const commit = await many.one(MAIN, { a: '1' });
      for (let index = 0; index < 120; index++) await many.git('update-ref', `refs/tags/t${index}`, commit);
      assert.equal((await opened().readBack.tags('org/tags')).size, 120);
    });

    it('answers for a hundred refs at once', async () => {
      const refs = Array.from({ length: 99 }, (_, index) => `refs/heads/absent-${index}`);
      const found = await heads(...refs, MAIN);
      assert.equal(found.size, 100);
      assert.equal(found.get(MAIN)?.commit, first);
      assert.equal([...found.values()].filter((head) => head === null).length, 99);
    });

    it('sees a branch that was moved, and one that was deleted', async () => {
      await history.git('update-ref', 'refs/heads/moving', first);
      assert.equal((await heads('refs/heads/moving')).get('refs/heads/moving')?.commit, first);
      await history.git('update-ref', 'refs/heads/moving', second);
      assert.equal((await heads('refs/heads/moving')).get('refs/heads/moving')?.commit, second);
      await history.git('update-ref', '-d', 'refs/heads/moving');
      assert.equal((await heads('refs/heads/moving')).get('refs/heads/moving'), null);
    });

    it('knows a ref of 255 bytes', async () => {
      const ref = `refs/heads/${'x/'.repeat(20)}${'y'.repeat(204)}`;
      assert.equal(Buffer.byteLength(ref), 255);
      await history.git('update-ref', ref, first);
      assert.equal((await heads(ref)).get(ref)?.commit, first);
    });

    it('has null for names that no ref can have, whatever they would mean to a program', async () => {
      const hostile = [
        '--upload-pack=touch /tmp/x',
        '-h',
        'refs/heads/*',
        'refs/heads/a\nb',
        'refs/heads/\u0000',
        'refs/heads/..',
        'HEAD',
        '',
      ];
      const found = await heads(...hostile, MAIN);
      for (const ref of hostile) assert.equal(found.get(ref), null, JSON.stringify(ref));
      assert.equal(found.get(MAIN)?.commit, first);
    });

    it('has only nulls for a repository without any commit', async () => {
      await opened().createRepository('org/empty');
      assert.deepEqual([...(await opened().readBack.heads('org/empty', [MAIN]))], [[MAIN, null]]);
      assert.equal((await opened().readBack.tags('org/empty')).size, 0);
    });
  });
}
