import assert from 'node:assert/strict';
import { History } from './history.ts';
import type { ReadBackUnderTest } from './read-back-under-test.ts';

const MAIN = 'refs/heads/main';

export function troubleConformance(opened: () => ReadBackUnderTest): void {
  describe('in trouble', () => {
    const repository = 'org/trouble';
    let history: History;

    before(async () => {
      history = new History(await opened().createRepository(repository));
      await history.one(MAIN, { a: '1' });
    });
    afterEach(() => opened().trouble('none'));

    /** All four questions, about commits that were never asked for before. */
    async function questions(): Promise<readonly (() => Promise<unknown>)[]> {
      const { readBack } = opened();
      const [one = '', two = ''] = await history.commit('refs/heads/new', [{ files: { a: String(Math.random()) } }, { files: { a: '3' } }]);
      return [
        () => readBack.heads(repository, [MAIN]),
        () => readBack.tags(repository),
        () => readBack.isAncestor(repository, one, two),
        () => readBack.range(repository, one, two),
      ];
    }

    it('rejects with SOURCE_UNREACHABLE while the source is out of reach, and answers afterwards', async () => {
      const asked = await questions();
      await opened().trouble('unreachable');
      for (const ask of asked) await assert.rejects(ask, { code: 'SOURCE_UNREACHABLE' });
      await opened().trouble('none');
      for (const ask of asked) await assert.doesNotReject(ask);
    });

    it('rejects with SOURCE_REFUSED while the credentials are refused, and answers afterwards', async () => {
      const asked = await questions();
      await opened().trouble('refused');
      for (const ask of asked) await assert.rejects(ask, { code: 'SOURCE_REFUSED' });
      await opened().trouble('none');
      for (const ask of asked) await assert.doesNotReject(ask);
    });

    it('rejects with SOURCE_REFUSED for a repository that does not exist', async () => {
      await assert.rejects(opened().readBack.heads('org/absent', [MAIN]), { code: 'SOURCE_REFUSED' });
      await assert.rejects(opened().readBack.tags('org/absent'), { code: 'SOURCE_REFUSED' });
      await assert.rejects(opened().readBack.isAncestor('org/absent', '1'.repeat(40), '2'.repeat(40)), { code: 'SOURCE_REFUSED' });
    });

    for (const name of ['../heads', 'org/../heads', '--upload-pack=x/y', 'org/-x', '/etc', 'org//x', 'org/a\nb', '', 'org/a b']) {
      it(`rejects with SOURCE_REFUSED for a repository called ${JSON.stringify(name)}`, async () => {
        await assert.rejects(opened().readBack.heads(name, [MAIN]), { code: 'SOURCE_REFUSED' });
        await assert.rejects(opened().readBack.range(name, '1'.repeat(40), '2'.repeat(40)), { code: 'SOURCE_REFUSED' });
      });
    }
  });
}
