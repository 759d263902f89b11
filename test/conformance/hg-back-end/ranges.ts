import assert from 'node:assert/strict';
import type { HgBackEndUnderTest, HgHands } from './under-test.ts';

const never = '1'.repeat(40);

export function rangeConformance(opened: () => HgBackEndUnderTest): void {
  describe('changesets', () => {
    const repository = 'ranges';
    let hands: HgHands;
    let first: string;
    let second: string;

    before(async () => {
      hands = await opened().createRepository(repository);
      first = await hands.commit({ files: { a: '1' } });
      second = await hands.commit({ files: { b: '1' } });
    });

    const range = (base: string, head: string) => opened().backEnd.range(repository, base, head);

    it('have nothing between one and itself', async () => {
      assert.deepEqual(await range(first, first), { commits: [], count: 0, files: [] });
    });

    it('between two are named newest first, with the paths that differ', async () => {
      const one = await hands.commit({ parents: [first], branch: 'range', files: { b: '1', 'c/ü x': '1', gone: '1' } });
      const two = await hands.commit({ parents: [one], files: { a: '2', gone: null, back: '1' }, title: 'Second' });
      const three = await hands.commit({ parents: [two], files: { back: null, b: { bytes: '1', kind: 'executable' } } });
      const found = await range(first, three);
      assert.deepEqual(
        found.commits.map(({ node }) => node),
        [three, two, one],
      );
      assert.equal(found.commits[1]?.title, 'Second');
      assert.equal(found.count, 3);
      assert.deepEqual(found.files, ['a', 'b', 'c/ü x'], 'what came and went does not differ');
      assert.deepEqual((await range(two, three)).files, ['b', 'back'], 'a file that became executable differs');
    });

    it('between a head and what it stands beside are those that it alone has', async () => {
      const one = await hands.commit({ parents: [second], branch: 'left', files: { left: '1' } });
      const other = await hands.commit({ parents: [second], branch: 'right', files: { right: '1' } });
      const found = await range(one, other);
      assert.deepEqual(
        found.commits.map(({ node }) => node),
        [other],
      );
      assert.deepEqual(found.files, ['left', 'right']);
      const back = await range(one, second);
      assert.deepEqual([back.commits, back.count, back.files], [[], 0, ['left']]);
    });

    it('between two are those of both sides of a merge', async () => {
      const one = await hands.commit({ parents: [second], branch: 'both', files: { one: '1' } });
      const side = await hands.commit({ parents: [second], branch: 'both', files: { side: '1' } });
      const merge = await hands.commit({ parents: [one, side] });
      const found = await range(second, merge);
      assert.deepEqual(found.commits.map(({ node }) => node).toSorted(), [merge, one, side].toSorted());
      assert.deepEqual(found.files, ['one', 'side']);
    });

    it('between histories that have nothing in common are all of the one', async () => {
      const root = await hands.commit({ parents: [], branch: 'island', files: { island: '1' } });
      const found = await range(first, root);
      assert.deepEqual(
        found.commits.map(({ node }) => node),
        [root],
      );
      assert.deepEqual(found.files, ['a', 'island']);
    });

    it('to and from one without any file have the paths of the other', async () => {
      const emptied = await hands.commit({ parents: [second], branch: 'emptied', files: { a: null, b: null } });
      const filled = await hands.commit({ parents: [emptied], files: { again: '1' } });
      assert.deepEqual((await range(second, emptied)).files, ['a', 'b']);
      assert.deepEqual((await range(emptied, filled)).files, ['again']);
      assert.deepEqual((await range(second, filled)).files, ['a', 'again', 'b']);
      const bare = await hands.commit({ parents: [], branch: 'bare' });
      assert.deepEqual((await range(emptied, bare)).files, []);
    });

    it('that the host never had bound no range', async () => {
      await assert.rejects(range(never, first), { code: 'SOURCE_REFUSED' });
      await assert.rejects(range(first, never), { code: 'SOURCE_REFUSED' });
    });
  });
}
