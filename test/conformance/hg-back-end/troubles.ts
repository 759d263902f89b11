import assert from 'node:assert/strict';
import type { HgBackEndUnderTest } from './under-test.ts';

const node = '1'.repeat(40);

/** What must not be taken for a revision. */
const noNodes = [
  '--config=alias.log=!touch pwned',
  'tip',
  'default',
  '',
  '.',
  '0',
  'F'.repeat(40),
  node.slice(1),
  `${node}\n`,
  `${node}0`,
  'all()',
];
const noRepositories = [
  '../names',
  'a/../b',
  '--config=alias.log=!touch pwned',
  'a//b',
  '',
  'a\nb',
  'a?cmd=lookup',
  '/etc',
  'a#b',
  '%2e%2e/x',
];

export function troubleConformance(opened: () => HgBackEndUnderTest): void {
  /** Every question that takes a node, with one put in each place for one. */
  const asked = (repository: string, odd: string): readonly (() => Promise<unknown>)[] => {
    const { backEnd } = opened();
    return [
      () => backEnd.changeset(repository, odd),
      () => backEnd.isAncestor(repository, odd, node),
      () => backEnd.isAncestor(repository, node, odd),
      () => backEnd.range(repository, odd, node),
      () => backEnd.range(repository, node, odd),
      () => backEnd.files(repository, odd, ''),
      () => backEnd.file(repository, odd, 'a'),
      () => backEnd.annotate(repository, odd, 'a'),
      () => backEnd.archive(repository, odd, ''),
    ];
  };

  describe('trouble', () => {
    before(async () => {
      const hands = await opened().createRepository('troubles');
      await hands.commit({ files: { a: '1' } });
    });

    for (const odd of noNodes)
      it(`refuses ${JSON.stringify(odd.slice(0, 50))} as a changeset, wherever one is named`, async () => {
        for (const ask of asked('troubles', odd)) await assert.rejects(ask, { code: 'SOURCE_REFUSED' }, String(ask));
      });

    for (const odd of noRepositories)
      it(`refuses ${JSON.stringify(odd)} as a repository, whatever is asked`, async () => {
        for (const ask of [() => opened().backEnd.names(odd), ...asked(odd, node)])
          await assert.rejects(ask, { code: 'SOURCE_REFUSED' }, String(ask));
      });

    it('refuses a repository that does not exist', async () => {
      await assert.rejects(opened().backEnd.names('absent'), { code: 'SOURCE_REFUSED' });
      await assert.rejects(opened().backEnd.changeset('absent', node), { code: 'SOURCE_REFUSED' });
    });

    for (const [kind, code] of [
      ['unreachable', 'SOURCE_UNREACHABLE'],
      ['refused', 'SOURCE_REFUSED'],
    ] as const)
      it(`rejects with ${code} while the host is ${kind}, and answers afterwards`, async () => {
        const names = () => opened().backEnd.names('troubles');
        await opened().trouble(kind);
        await assert.rejects(names, { code });
        await opened().trouble('none');
        assert.equal((await names()).branches.size, 1);
      });
  });
}
