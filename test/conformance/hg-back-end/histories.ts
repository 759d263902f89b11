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
  });
}
