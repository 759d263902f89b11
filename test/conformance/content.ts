import assert from 'node:assert/strict';
import { limits } from '#core/limits.ts';
import type { ContentReader } from '#core/ports/content-reader.ts';
import { History } from './read-back/history.ts';
import type { ReadBackUnderTest } from './read-back/read-back-under-test.ts';

export interface ContentUnderTest extends Omit<ReadBackUnderTest, 'readBack'> {
  readonly content: ContentReader;
}

const MAIN = 'refs/heads/main';

/**
 * What every ContentReader must satisfy, shown on real bare git repositories that the suite fills by itself.
 * @param open starts a server and a reader of it; the suite calls its `stop` when it has finished
 */
export function contentConformance(name: string, open: () => Promise<ContentUnderTest>): void {
  describe(`content conformance: ${name}`, function () {
    this.timeout(60_000);
    let subject: ContentUnderTest | undefined;
    let history: History;
    let first: string;
    let second: string;
    const repository = 'org/platform';
    const opened = (): ContentUnderTest => subject ?? assert.fail('there is nothing to test');

    before(async () => {
      subject = await open();
      history = new History(await subject.createRepository(repository));
      [first = '', second = ''] = await history.commit(MAIN, [
        { files: { 'README.md': 'read me', 'policies/a.yaml': 'a: 1', 'policies/deep/b.yaml': 'b: 1', 'policiesx/c.yaml': 'c: 1' } },
        { files: { 'policies/a.yaml': 'a: 2', 'policies/ü n.yaml': 'ü: "✔"\n', 'policies/empty.yaml': '' } },
      ]);
    });
    after(() => subject?.stop());

    const read = (commit: string, path: string) => opened().content.read(repository, commit, path);

    it('reads the files that lie directly in a directory, by path, as that commit has them', async () => {
      assert.deepEqual(await read(first, 'policies'), [{ path: 'policies/a.yaml', text: 'a: 1' }]);
      assert.deepEqual(await read(second, 'policies'), [
        { path: 'policies/a.yaml', text: 'a: 2' },
        { path: 'policies/empty.yaml', text: '' },
        { path: 'policies/ü n.yaml', text: 'ü: "✔"\n' },
      ]);
    });

    it('reads a directory within a directory, the root, and one file', async () => {
      assert.deepEqual(await read(second, 'policies/deep'), [{ path: 'policies/deep/b.yaml', text: 'b: 1' }]);
      assert.deepEqual(await read(second, ''), [{ path: 'README.md', text: 'read me' }]);
      assert.deepEqual(await read(second, 'policies/a.yaml'), [{ path: 'policies/a.yaml', text: 'a: 2' }]);
    });

    it('reads the same again', async () => {
      assert.deepEqual(await read(first, 'policies'), await read(first, 'policies'));
    });

    for (const path of [
      'absent',
      'policies/absent',
      'policies/a.yaml/x',
      'polic',
      '..',
      'policies/../policies',
      '*',
      '--help',
      ':/',
      'policies/*',
    ])
      it(`has null for ${JSON.stringify(path)}, where there is nothing`, async () => assert.equal(await read(second, path), null));

    it('leaves out links, submodules and what is no text', async () => {
      const blob = (await history.git('rev-parse', `${first}:policies/a.yaml`)).trim();
      const binary = await history.binary(Buffer.from([0xff, 0xfe, 0x00]));
      const tree = await history.tree([
        `100644 blob ${blob}\ta.yaml`,
        `100755 blob ${blob}\tb.yaml`,
        `120000 blob ${blob}\tlink.yaml`,
        `160000 commit ${first}\tmodule`,
        `100644 blob ${binary}\tpicture.yaml`,
      ]);
      const commit = (await history.git('commit-tree', '-m', 'odd', tree)).trim();
      await history.git('update-ref', 'refs/heads/odd', commit);
      assert.deepEqual(
        (await read(commit, ''))?.map(({ path }) => path),
        ['a.yaml', 'b.yaml'],
      );
      assert.equal(await read(commit, 'link.yaml'), null);
      assert.equal(await read(commit, 'module'), null);
      assert.deepEqual(await read(commit, 'picture.yaml'), []);
    });

    it('rejects with CONTENT_TOO_LARGE for a file, for files and for a number of files over the bounds', async () => {
      const { fileBytes, bytes, files: most } = limits.content;
      const tooLarge = { code: 'CONTENT_TOO_LARGE' };
      const large = await history.one('refs/heads/large', { 'p/large': 'x'.repeat(fileBytes + 1), 'q/fits': 'x'.repeat(fileBytes) }, null);
      await assert.rejects(read(large, 'p'), tooLarge);
      assert.equal((await read(large, 'q'))?.[0]?.text.length, fileBytes);
      const sum = Object.fromEntries(
        Array.from({ length: bytes / fileBytes + 1 }, (_, n) => [`p/${n}`, String(n).repeat(fileBytes).slice(0, fileBytes)]),
      );
      await assert.rejects(read(await history.one('refs/heads/sum', sum, null), 'p'), tooLarge);
      const many = Object.fromEntries(Array.from({ length: most + 1 }, (_, n) => [`p/${n}`, 'x']));
      await assert.rejects(read(await history.one('refs/heads/many', many, null), 'p'), tooLarge);
    });

    it('rejects with SOURCE_REFUSED for a commit or a repository that does not exist', async () => {
      for (const commit of ['1'.repeat(40), 'main', '', '--help'])
        await assert.rejects(read(commit, 'policies'), { code: 'SOURCE_REFUSED' }, commit);
      await assert.rejects(opened().content.read('org/absent', first, 'policies'), { code: 'SOURCE_REFUSED' });
      await assert.rejects(opened().content.read('../platform', first, 'policies'), { code: 'SOURCE_REFUSED' });
    });

    for (const [trouble, code] of [
      ['unreachable', 'SOURCE_UNREACHABLE'],
      ['refused', 'SOURCE_REFUSED'],
    ] as const) {
      it(`rejects with ${code} while the source is ${trouble}, and answers afterwards`, async () => {
        const commit = await history.one(`refs/heads/${trouble}`, { 'policies/a.yaml': trouble });
        await opened().trouble(trouble);
        await assert.rejects(read(commit, 'policies'), { code });
        await opened().trouble('none');
        assert.deepEqual(await read(commit, 'policies'), [{ path: 'policies/a.yaml', text: trouble }]);
      });
    }
  });
}
