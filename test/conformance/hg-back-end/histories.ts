import assert from 'node:assert/strict';
import type { HgBackEndUnderTest, HgHands } from './under-test.ts';

const never = '1'.repeat(40);

export function historyConformance(opened: () => HgBackEndUnderTest): void {
  describe('changesets', () => {
    const repository = 'histories';
    let hands: HgHands;
    let first: string;
    let second: string;

    before(async () => {
      hands = await opened().createRepository(repository);
      first = await hands.commit({
        files: { a: '1' },
        user: 'Ünï <u@example.com>',
        title: 'The "first"\n\nand more',
        date: 1_700_000_000_000,
      });
      second = await hands.commit({ files: { b: '1' } });
    });

    const changeset = (node: string) => opened().backEnd.changeset(repository, node);
    const isAncestor = (one: string, other: string) => opened().backEnd.isAncestor(repository, one, other);
    const range = (base: string, head: string) => opened().backEnd.range(repository, base, head);

    it('say who committed what, when, on which branch, in which phase', async () => {
      const expected = { node: first, parents: [], branch: 'default', phase: 'public', obsolete: false, user: 'Ünï <u@example.com>' };
      assert.deepEqual(await changeset(first), { ...expected, title: 'The "first"', date: 1_700_000_000_000 });
      assert.deepEqual((await changeset(second))?.parents, [first]);
    });

    it('name both parents of a merge, in their order', async () => {
      const side = await hands.commit({ parents: [first], branch: 'side/ü "x"', files: { c: '1' } });
      const merge = await hands.commit({ parents: [second, side] });
      const found = await changeset(merge);
      assert.deepEqual(found?.parents, [second, side]);
      assert.equal(found?.branch, 'default');
      assert.equal((await changeset(side))?.branch, 'side/ü "x"');
    });

    it('that are drafts are told as drafts', async () => {
      const draft = await hands.commit({ parents: [second], branch: 'drafts', phase: 'draft', files: { d: '1' } });
      assert.equal((await changeset(draft))?.phase, 'draft');
      assert.equal((await changeset(second))?.phase, 'public');
    });

    it('that are secret are not told, or told as secret', async () => {
      const secret = await hands.commit({ parents: [second], branch: 'secrets', phase: 'secret', files: { d: '1' } });
      assert.equal((await changeset(secret))?.phase ?? 'secret', 'secret');
    });

    it('that are obsolete are not told while nothing stands on them, and as obsolete when something does', async () => {
      const below = await hands.commit({ parents: [second], branch: 'obsolete', phase: 'draft', files: { d: '1' } });
      const gone = await hands.commit({ parents: [second], branch: 'obsolete', phase: 'draft', files: { d: '2' } });
      await hands.commit({ parents: [below], phase: 'draft', files: { d: '3' } });
      await hands.prune(below);
      await hands.prune(gone);
      assert.equal((await changeset(below))?.obsolete, true);
      assert.equal((await changeset(gone))?.obsolete ?? true, true);
    });

    it('that the host never had are null', async () => {
      assert.equal(await changeset(never), null);
    });

    it('are in the history of themselves and of what stands on them', async () => {
      const third = await hands.commit({ parents: [second], branch: 'line', files: { a: '3' } });
      assert.equal(await isAncestor(first, first), true);
      assert.equal(await isAncestor(first, third), true);
      assert.equal(await isAncestor(third, first), false);
    });

    it('are in the history of a merge on both sides, and not in one another beside it', async () => {
      const side = await hands.commit({ parents: [first], branch: 'beside', files: { e: '1' } });
      const merge = await hands.commit({ parents: [second, side] });
      assert.equal(await isAncestor(side, merge), true);
      assert.equal(await isAncestor(second, merge), true);
      assert.equal(await isAncestor(side, second), false);
      assert.equal(await isAncestor(merge, side), false);
    });

    it('have no known relation to what the host never had', async () => {
      assert.equal(await isAncestor(never, first), undefined);
      assert.equal(await isAncestor(first, never), undefined);
    });

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

    it('that the host never had bound no range', async () => {
      await assert.rejects(range(never, first), { code: 'SOURCE_REFUSED' });
      await assert.rejects(range(first, never), { code: 'SOURCE_REFUSED' });
    });
  });
}
