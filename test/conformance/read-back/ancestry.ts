import assert from 'node:assert/strict';
import { History } from './history.ts';
import type { ReadBackUnderTest } from './read-back-under-test.ts';

const MAIN = 'refs/heads/main';

export function ancestryConformance(opened: () => ReadBackUnderTest): void {
  describe('ancestry', () => {
    const repository = 'org/ancestry';
    let history: History;
    let line: readonly string[];
    const at = (index: number): string => line[index] ?? '';

    before(async () => {
      history = new History(await opened().createRepository(repository));
      line = await history.commit(MAIN, [{ files: { a: '1' } }, { files: { a: '2' } }, { files: { a: '3' } }]);
    });

    const isAncestor = (one: string, other: string) => opened().readBack.isAncestor(repository, one, other);

    it('holds for a commit and itself, and along a line', async () => {
      assert.equal(await isAncestor(at(1), at(1)), true);
      assert.equal(await isAncestor(at(0), at(2)), true);
    });

    it('does not hold backwards', async () => {
      assert.equal(await isAncestor(at(2), at(0)), false);
    });

    it('is learned anew as the branch grows', async () => {
      const next = await history.one(MAIN, { a: '4' });
      assert.equal(await isAncestor(at(2), next), true);
      assert.equal(await isAncestor(next, at(2)), false);
    });

    it('does not hold between what was and what a force push put in its place', async () => {
      const old = await history.one('refs/heads/rewritten', { b: 'old' }, at(0));
      assert.equal(await isAncestor(at(0), old), true);
      const forced = await history.one('refs/heads/rewritten', { b: 'new' }, at(0));
      assert.equal(await isAncestor(old, forced), false);
      assert.equal(await isAncestor(at(0), forced), true);
    });

    it('holds through a merge on both sides', async () => {
      const side = await history.one('refs/heads/side', { c: '1' }, at(0));
      const tree = (await history.git('rev-parse', `${at(2)}^{tree}`)).trim();
      const merge = (await history.git('commit-tree', '-p', at(2), '-p', side, '-m', 'merge', tree)).trim();
      await history.git('update-ref', 'refs/heads/merged', merge);
      assert.equal(await isAncestor(side, merge), true);
      assert.equal(await isAncestor(at(1), merge), true);
      assert.equal(await isAncestor(side, at(2)), false);
    });

    it('does not hold between histories that have nothing in common', async () => {
      const other = await history.one('refs/heads/other', { a: '1' }, null);
      assert.equal(await isAncestor(at(0), other), false);
    });

    it('is unknown for commits that the source never had', async () => {
      assert.equal(await isAncestor('1'.repeat(40), at(0)), undefined);
      assert.equal(await isAncestor(at(0), '1'.repeat(40)), undefined);
    });

    it('is unknown for a commit that a force push dropped and the source has thrown away', async () => {
      const gone = await history.one('refs/heads/dropped', { d: 'gone' }, at(0));
      const kept = await history.one('refs/heads/dropped', { d: 'kept' }, at(0));
      await history.git('gc', '--quiet', '--prune=now');
      assert.equal(await isAncestor(gone, kept), undefined);
      assert.equal(await isAncestor(at(0), kept), true);
    });
  });
}
