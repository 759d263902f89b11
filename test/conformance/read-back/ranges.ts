import assert from 'node:assert/strict';
import { History } from './history.ts';
import type { ReadBackUnderTest } from './read-back-under-test.ts';

const MAIN = 'refs/heads/main';

export function rangeConformance(opened: () => ReadBackUnderTest): void {
  describe('a range', () => {
    const repository = 'org/ranges';
    let history: History;
    let base: string;

    before(async () => {
      history = new History(await opened().createRepository(repository));
      base = await history.one(MAIN, { 'a.txt': 'a', 'old/name.txt': 'a text that is long enough to be known again', 'b.txt': 'b' });
    });

    const range = (from: string, to: string) => opened().readBack.range(repository, from, to);
    const branch = (name: string, files: Readonly<Record<string, string | null>>) => history.one(`refs/heads/${name}`, files, base);

    it('of no commits is empty', async () => {
      const facts = await range(base, base);
      assert.deepEqual([facts.base, facts.head, facts.commitCount], [base, base, 0]);
      assert.deepEqual([facts.commits, facts.files], [[], []]);
      assert.ok(!facts.lacked.includes('commits') && !facts.lacked.includes('files'));
    });

    it('of one commit names it with the first line of its message, and its files', async () => {
      const message = 'Raise the limit\n\nNobody needs to know why.';
      const [head = ''] = await history.commit('refs/heads/one', [{ files: { 'a.txt': 'A' }, message }], base);
      const facts = await range(base, head);
      assert.deepEqual(facts.commits, [{ id: head, title: 'Raise the limit', account: null, hands: [], broughtBy: null, signed: null }]);
      assert.equal(facts.commitCount, 1);
      assert.deepEqual(facts.files, ['a.txt']);
    });

    it('of 300 commits counts them all, and names them newest first', async () => {
      const specs = Array.from({ length: 300 }, (_, index) => ({
        files: { [`n/${index % 7}`]: String(index) },
        message: `Commit ${index}`,
      }));
      const made = await history.commit('refs/heads/many', specs, base);
      const facts = await range(base, made.at(-1) ?? '');
      assert.ok(facts.commitCount === 300 || facts.lacked.includes('commits'));
      assert.ok(facts.commits.length === 300 || facts.lacked.includes('commits'));
      const newest = made.toReversed().slice(0, facts.commits.length);
      assert.deepEqual(
        facts.commits.map(({ id }) => id),
        newest,
      );
      assert.ok(newest.length > 0);
      assert.deepEqual(facts.files, ['n/0', 'n/1', 'n/2', 'n/3', 'n/4', 'n/5', 'n/6']);
    });

    it('has both names of a file that was renamed, the name of one that was deleted, sorted', async () => {
      const text = 'a text that is long enough to be known again';
      const head = await branch('renamed', { 'old/name.txt': null, 'new/name.txt': text, 'b.txt': null });
      assert.deepEqual((await range(base, head)).files, ['b.txt', 'new/name.txt', 'old/name.txt']);
    });

    it('leaves out a file that was changed and changed back', async () => {
      const made = await history.commit('refs/heads/back', [{ files: { 'a.txt': 'x', c: '1' } }, { files: { 'a.txt': 'a' } }], base);
      const facts = await range(base, made[1] ?? '');
      assert.equal(facts.commitCount, 2);
      assert.ok(facts.files.includes('c'));
      assert.ok(!facts.files.includes('a.txt') || facts.lacked.includes('files'));
    });

    it('has file names as they are: other scripts, spaces, quotes, backslashes, tabs and newlines', async () => {
      const names = [
        'für/日本語.yaml',
        ' a b ',
        'say "hi"',
        'back\\slash',
        'tab\there',
        'two\nlines',
        '--upload-pack=x',
        ':(glob)**',
        '%2e%2e/x',
      ];
      const head = await branch('names', Object.fromEntries(names.map((name) => [name, 'x'])));
      assert.deepEqual((await range(base, head)).files, names.toSorted());
    });

    it('has 3,500 files, or says that it lacks some', async () => {
      const names = Array.from({ length: 3_500 }, (_, index) => `many/${index % 50}/${index}.txt`);
      const head = await branch('files', Object.fromEntries(names.map((name) => [name, 'x'])));
      const { files, lacked } = await range(base, head);
      const known = new Set(names);
      assert.ok(files.every((file) => known.has(file)));
      assert.ok(files.length === names.length || lacked.includes('files'), `${files.length} files`);
    });

    it('to a commit that does not continue the base has what differs, and the commits that the base has not', async () => {
      const left = await branch('left', { 'left.txt': '1' });
      const right = await branch('right', { 'right.txt': '1' });
      const facts = await range(left, right);
      assert.deepEqual(
        facts.commits.map(({ id }) => id),
        [right],
      );
      assert.ok(facts.files.includes('right.txt'));
      // Whoever compares from where the two parted does not see what is missing on the other side.
      assert.ok(facts.files.includes('left.txt') || facts.lacked.includes('files'));
    });

    it('says which way it leads', async () => {
      const [next = '', last = ''] = await history.commit('refs/heads/onwards', [{ files: { c: '1' } }, { files: { c: '2' } }], base);
      const aside = await branch('aside', { d: '1' });
      const foreign = await history.one('refs/heads/foreign', { e: '1' }, null);
      const course = async (from: string, to: string) => (await range(from, to)).course;
      assert.equal(await course(base, base), 'same');
      assert.equal(await course(base, last), 'ahead');
      assert.equal(await course(last, next), 'back');
      assert.equal(await course(next, aside), 'diverged');
      assert.equal(await course(next, foreign), 'diverged');
      assert.equal(await course(base, '1'.repeat(40)), null);
    });

    it('leads ahead through a merge, and back out of it', async () => {
      const side = await branch('side', { side: '1' });
      const other = await branch('other', { other: '1' });
      const tree = (await history.git('rev-parse', `${side}^{tree}`)).trim();
      const merge = (await history.git('commit-tree', '-p', other, '-p', side, '-m', 'merge', tree)).trim();
      await history.git('update-ref', 'refs/heads/merge', merge);
      assert.equal((await range(side, merge)).course, 'ahead');
      assert.equal((await range(merge, other)).course, 'back');
    });

    it('repeats what it was asked, and lacks what it did not learn of it', async () => {
      const head = await branch('asked', { 'a.txt': 'asked' });
      const question = { ref: MAIN, reviews: true, signatures: true, owners: true };
      const asked = await opened().readBack.range(repository, base, head, question);
      assert.deepEqual(asked.question, question);
      assert.ok(asked.commits.every(({ broughtBy }) => broughtBy === null));
      assert.equal((await range(base, head)).question, null);
    });

    it('lacks commits and files when the source does not know its base or its head', async () => {
      for (const [from, to] of [
        ['1'.repeat(40), base],
        [base, '1'.repeat(40)],
      ] as const) {
        const { lacked, commitCount } = await range(from, to);
        assert.ok(lacked.includes('commits') && lacked.includes('files'));
        assert.equal(commitCount, null);
      }
    });
  });
}
