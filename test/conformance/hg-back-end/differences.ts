import assert from 'node:assert/strict';
import { tarEntries } from './tar-entries.ts';
import type { HgBackEndUnderTest, HgCommitSpec, HgHands } from './under-test.ts';

const executable = (bytes: string) => ({ bytes, kind: 'executable' as const });
const symlink = (bytes: string) => ({ bytes, kind: 'symlink' as const });

/** Each on top of the one before it. */
const steps: readonly NonNullable<HgCommitSpec['files']>[] = [
  { 'd/a': 'a', 'd/b/c': 'c', 'd/x': 'x', 'd/swap': 's', 'd e/f': 'f', other: 'o', '.hgtags': '' },
  { 'd/a': 'other', 'd/b/c': null, 'd/new ü': 'new', other: 'other' }, // changed, gone, come, beside
  { 'd/a': executable('other'), 'd/x': null, 'd/y': 'x' }, // another mode, another name
  { 'd/swap': null, 'd/swap/in': 'in', 'd/swap/glob:*': 'odd' }, // a directory in place of a file
  { 'd/swap/in': null, 'd/swap/glob:*': null, 'd/swap': 'again', 'd/link': symlink('a') }, // and back
  { 'd/link': 'a file', 'd/a': 'other', '.hglf/d/big': `${'0'.repeat(40)}\n`, 'd/.hgsub': 'x = y\n' },
  { 'd/a': null, 'd/new ü': null, 'd/y': null, 'd/swap': null, 'd/link': null, 'd/.hgsub': null, 'd/z': 'z' },
];

export function differenceConformance(opened: () => HgBackEndUnderTest): void {
  describe('what differs', () => {
    const repository = 'differences';
    const nodes: string[] = [];
    let hands: HgHands;

    before(async () => {
      hands = await opened().createRepository(repository);
      for (const files of steps) nodes.push(await hands.commit({ files }));
    });

    const whole = async (node: string, path: string) => tarEntries(await opened().backEnd.archive(repository, node, path));

    /** What another changeset holds and what differs from it, as one. */
    async function together(base: string, node: string, path: string): Promise<Readonly<Record<string, string>> | undefined> {
      const difference = await opened().backEnd.archiveSince?.(repository, base, node, path);
      if (!difference) return undefined;
      const { present, gone, archive } = difference;
      const came = await tarEntries(archive);
      assert.deepEqual(Object.keys(came).toSorted(), present.toSorted());
      const stay = Object.entries(await whole(base, path)).filter(([name]) => ![...present, ...gone].includes(name));
      return { ...Object.fromEntries(stay), ...came };
    }

    for (const path of ['', 'd'])
      it(`is the whole with what it differs from, from any changeset to any other, of ${JSON.stringify(path)}`, async () => {
        if (!opened().backEnd.archiveSince) return assert.equal(opened().backEnd.by, 'hgweb');
        for (const base of nodes) for (const node of nodes) assert.deepEqual(await together(base, node, path), await whole(node, path));
      });

    it('from a changeset that the host never had is not told', async () => {
      const [first = ''] = nodes;
      assert.equal(await together('1'.repeat(40), first, 'd'), undefined);
    });

    it('is nothing between a changeset and itself', async () => {
      const [first = ''] = nodes;
      const difference = await opened().backEnd.archiveSince?.(repository, first, first, 'd');
      assert.deepEqual([difference?.present ?? [], difference?.gone ?? []], [[], []]);
    });

    it('of a changeset that the host never had is refused', async () => {
      const [first = ''] = nodes;
      const asked = opened().backEnd.archiveSince?.(repository, first, '1'.repeat(40), 'd');
      if (asked) await assert.rejects(asked, { code: 'SOURCE_REFUSED' });
      else assert.equal(opened().backEnd.by, 'hgweb');
    });
  });
}
