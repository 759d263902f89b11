import assert from 'node:assert/strict';
import type { HgBackEndUnderTest, HgHands } from './under-test.ts';

export function nameConformance(opened: () => HgBackEndUnderTest): void {
  describe('branches and bookmarks', () => {
    const repository = 'names';
    let hands: HgHands;
    let first: string;

    before(async () => {
      hands = await opened().createRepository(repository);
      first = await hands.commit({ files: { a: '1' } });
    });

    const branches = async () => (await opened().backEnd.names(repository)).branches;
    const bookmarks = async () => (await opened().backEnd.names(repository)).bookmarks;
    const heads = async (branch: string) => [...((await branches()).get(branch) ?? ['absent'])].toSorted();

    it('of an empty repository are none', async () => {
      await opened().createRepository('empty');
      const names = await opened().backEnd.names('empty');
      assert.deepEqual([...names.branches], []);
      assert.deepEqual([...names.bookmarks], []);
    });

    it('has the head of a branch, also as it grows', async () => {
      assert.deepEqual(await heads('default'), [first]);
      const second = await hands.commit({ parents: [first], branch: 'grows', files: { a: '2' } });
      assert.deepEqual(await heads('grows'), [second]);
      const third = await hands.commit({ parents: [second], files: { a: '3' } });
      assert.deepEqual(await heads('grows'), [third]);
      assert.deepEqual(await heads('default'), [first], 'a head of its branch, although others stand on it');
    });

    it('has every head of a branch that has several', async () => {
      const one = await hands.commit({ parents: [first], branch: 'several', files: { a: 'one' } });
      const other = await hands.commit({ parents: [first], branch: 'several', files: { a: 'other' } });
      assert.deepEqual(await heads('several'), [one, other].toSorted());
    });

    it('leaves out heads that are closed: one beside an open one, and the last', async () => {
      const open = await hands.commit({ parents: [first], branch: 'closing', files: { a: 'open' } });
      const other = await hands.commit({ parents: [first], branch: 'closing', files: { a: 'other' } });
      await hands.commit({ parents: [other], close: true });
      assert.deepEqual(await heads('closing'), [open]);
      await hands.commit({ parents: [open], close: true });
      assert.deepEqual(
        (await heads('closing')).filter((head) => head !== 'absent'),
        [],
      );
    });

    it('leaves out drafts of topics, until they are published, and counts what has left its topic', async () => {
      const open = await hands.commit({ parents: [first], branch: 'topics', files: { a: 'open' } });
      await hands.commit({ parents: [open], branch: 'topics', phase: 'draft', topic: 'one', files: { a: 'one' } });
      assert.deepEqual(await heads('topics'), [open], 'on top of the head');
      const two = await hands.commit({ parents: [first], branch: 'topics', phase: 'draft', topic: 'two', files: { a: 'two' } });
      const more = await hands.commit({ parents: [two], branch: 'topics', phase: 'draft', topic: 'two', files: { a: 'more' } });
      assert.deepEqual(await heads('topics'), [open], 'beside it');
      const left = await hands.commit({ parents: [more], branch: 'topics', phase: 'draft', files: { a: 'left' } });
      assert.deepEqual(await heads('topics'), [open, left].toSorted());
      const published = await hands.commit({ parents: [open], branch: 'topics', topic: 'three', files: { a: 'three' } });
      assert.deepEqual(await heads('topics'), [published, left].toSorted());
      const branch = { branch: 'only-topics', phase: 'draft', topic: 'four' } as const;
      await hands.commit({ parents: [first], ...branch, files: { a: 'four' } });
      assert.deepEqual(
        (await heads('only-topics')).filter((head) => head !== 'absent'),
        [],
      );
      const elsewhere = await hands.commit({ parents: [open], branch: 'elsewhere', files: { a: 'elsewhere' } });
      const back = await hands.commit({ parents: [elsewhere], branch: 'topics', files: { a: 'back' } });
      assert.deepEqual(await heads('topics'), [published, left, back].toSorted(), 'also where another branch lies between');
    });

    it('has a branch again that was closed and went on', async () => {
      const closed = await hands.commit({ parents: [first], branch: 'again', close: true, files: { a: 'closed' } });
      const open = await hands.commit({ parents: [closed], files: { a: 'again' } });
      assert.deepEqual(await heads('again'), [open]);
    });

    for (const name of ['ünï/çode', 'a b', "it's", 'a"b', '-x', '--config=alias.log=!touch pwned', 'a&b=c?d#e%41', 'a+b', 'x;y', '$(x)'])
      it(`knows a branch and a bookmark called ${name}`, async () => {
        const node = await hands.commit({ parents: [first], branch: name, files: { a: name } });
        await hands.bookmark(name, first);
        assert.deepEqual(await heads(name), [node]);
        assert.equal((await bookmarks()).get(name), first);
      });

    it('follows a bookmark that moves and one that goes', async () => {
      const second = await hands.commit({ parents: [first], branch: 'marked', files: { a: 'marked' } });
      await hands.bookmark('prod', first);
      assert.equal((await bookmarks()).get('prod'), first);
      await hands.bookmark('prod', second);
      assert.equal((await bookmarks()).get('prod'), second);
      await hands.bookmark('prod', null);
      assert.equal((await bookmarks()).has('prod'), false);
    });

    it('keeps a branch and a bookmark of the same name apart', async () => {
      const branch = await hands.commit({ parents: [first], branch: 'same', files: { a: 'same' } });
      await hands.bookmark('same', first);
      await hands.bookmark('default', branch);
      assert.deepEqual(await heads('same'), [branch]);
      assert.deepEqual(await heads('default'), [first]);
      assert.equal((await bookmarks()).get('same'), first);
      assert.equal((await bookmarks()).get('default'), branch);
    });

    it('counts no head that is obsolete and that nothing stands on', async () => {
      const kept = await hands.commit({ parents: [first], branch: 'pruned', files: { a: 'kept' } });
      const gone = await hands.commit({ parents: [kept], phase: 'draft', files: { a: 'gone' } });
      assert.deepEqual(await heads('pruned'), [gone]);
      await hands.prune(gone);
      assert.deepEqual(await heads('pruned'), [kept]);
    });
  });
}
