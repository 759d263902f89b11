import assert from 'node:assert/strict';
import { limits } from '#core/limits.ts';
import { tarEntries } from './tar-entries.ts';
import type { HgBackEndUnderTest, HgHands } from './under-test.ts';

/** Names that mean something to a shell, to hg's patterns, to a URL or to a tar. */
const hostile = [
  ' lead',
  "it's",
  'a "b"',
  '-x',
  '--config=alias.log=!touch pwned',
  ';rm',
  '%41',
  'a&b?c#d+e',
  'ünï ✔',
  '$(x)',
  'glob:*',
  'x:y',
  '[a]',
  'a\\b',
  'tab\there',
  '~',
  `${'long/'.repeat(30)}name`,
];

export function contentConformance(opened: () => HgBackEndUnderTest): void {
  describe('files', () => {
    const repository = 'contents';
    let hands: HgHands;
    let first: string;
    let second: string;

    before(async () => {
      hands = await opened().createRepository(repository);
      first = await hands.commit({ files: { 'app/a.yaml': 'a: 1\nb: 1\n', 'app/deep/b.yaml': 'b', 'application/c': 'c', top: '' } });
      second = await hands.commit({
        files: {
          'app/a.yaml': 'a: 1\nb: 2\nc: 1\n',
          'app/run': { bytes: '#!/bin/sh\n', kind: 'executable' },
          'app/link': { bytes: '../top', kind: 'symlink' },
          bin: { bytes: Uint8Array.of(0, 255, 13, 10, 128), kind: 'file' },
          top: null,
        },
      });
    });

    const files = (node: string, path: string) => opened().backEnd.files(repository, node, path);
    const file = (node: string, path: string) => opened().backEnd.file(repository, node, path);
    const annotate = (node: string, path: string) => opened().backEnd.annotate(repository, node, path);
    const archive = async (node: string, path: string) => tarEntries(await opened().backEnd.archive(repository, node, path));

    it('are listed with their kinds, as that changeset has them', async () => {
      const paths = (await files(first, '')).map(({ path }) => path);
      assert.deepEqual(paths, ['app/a.yaml', 'app/deep/b.yaml', 'application/c', 'top']);
      assert.deepEqual(await files(second, ''), [
        { path: 'app/a.yaml', kind: 'file' },
        { path: 'app/deep/b.yaml', kind: 'file' },
        { path: 'app/link', kind: 'symlink' },
        { path: 'app/run', kind: 'executable' },
        { path: 'application/c', kind: 'file' },
        { path: 'bin', kind: 'file' },
      ]);
    });

    it('are listed of one directory alone, of a directory within it, and of one file', async () => {
      assert.deepEqual(
        (await files(second, 'app')).map(({ path }) => path),
        ['app/a.yaml', 'app/deep/b.yaml', 'app/link', 'app/run'],
      );
      assert.deepEqual(await files(second, 'app/deep'), [{ path: 'app/deep/b.yaml', kind: 'file' }]);
      assert.deepEqual(await files(second, 'app/run'), [{ path: 'app/run', kind: 'executable' }]);
    });

    for (const path of ['absent', 'app/absent', 'ap', 'app/a.yaml/x', '..', 'app/..', './app', '/app', 'app/', 'glob:*', 'a\nb', '--help'])
      it(`are none at ${JSON.stringify(path)}`, async () => {
        assert.deepEqual(await files(second, path), []);
        assert.equal(await file(second, path), null);
        assert.deepEqual(await annotate(second, path), []);
        await assert.rejects(archive(second, path), { code: 'SOURCE_REFUSED' });
      });

    it('are read byte by byte, also empty ones, and what a link says', async () => {
      assert.deepEqual(Buffer.from((await file(second, 'bin')) ?? []), Buffer.of(0, 255, 13, 10, 128));
      assert.equal((await file(first, 'top'))?.length, 0);
      assert.equal(await file(second, 'top'), null);
      assert.equal(Buffer.from((await file(second, 'app/link')) ?? []).toString(), '../top');
      assert.equal(await file(second, 'app'), null, 'a directory is no file');
    });

    it('over the bound are not read', async () => {
      const large = await hands.commit({ parents: [first], branch: 'large', files: { large: 'x'.repeat(limits.hg.fileBytes + 1) } });
      await assert.rejects(file(large, 'large'), { code: 'CONTENT_TOO_LARGE' });
    });

    it('are annotated with the changeset that brought each line', async () => {
      assert.deepEqual(await annotate(second, 'app/a.yaml'), [
        { node: first, text: 'a: 1' },
        { node: second, text: 'b: 2' },
        { node: second, text: 'c: 1' },
      ]);
      assert.deepEqual(await annotate(first, 'top'), []);
    });

    it('are annotated also where the last line does not end, and where it came by a merge', async () => {
      const one = await hands.commit({ parents: [first], branch: 'lines', files: { '.hgtags': 'one\ntwo  <&>"\t x' } });
      const side = await hands.commit({ parents: [one], branch: 'lines-side', files: { '.hgtags': 'one\ntwo  <&>"\t x\nthree\n' } });
      const other = await hands.commit({ parents: [one], files: { other: '1' } });
      const merge = await hands.commit({ parents: [other, side], files: { '.hgtags': 'one\ntwo  <&>"\t x\nthree\n' } });
      assert.deepEqual(await annotate(one, '.hgtags'), [
        { node: one, text: 'one' },
        { node: one, text: 'two  <&>"\t x' },
      ]);
      assert.deepEqual(
        (await annotate(merge, '.hgtags')).map(({ text }) => text),
        ['one', 'two  <&>"\t x', 'three'],
      );
      assert.deepEqual((await annotate(merge, '.hgtags'))[2], { node: side, text: 'three' });
    });

    it('are packed with their bytes and kinds', async () => {
      assert.deepEqual(await archive(second, ''), {
        'app/a.yaml': '644 a: 1\nb: 2\nc: 1\n',
        'app/deep/b.yaml': '644 b',
        'app/link': '-> ../top',
        'app/run': '755 #!/bin/sh\n',
        'application/c': '644 c',
        bin: `644 ${Buffer.of(0, 255, 13, 10, 128).toString('utf8')}`,
      });
    });

    it('are packed of one directory alone, with their paths from the root', async () => {
      assert.deepEqual(Object.keys(await archive(first, 'app')).toSorted(), ['app/a.yaml', 'app/deep/b.yaml']);
      assert.deepEqual(await archive(first, 'app/deep'), { 'app/deep/b.yaml': '644 b' });
    });

    for (const name of hostile)
      it(`may be called ${name.slice(0, 40)}`, async () => {
        const text = `in ${name}\n`;
        const node = await hands.commit({ parents: [first], branch: 'hostile', files: { [name]: text, [`dir/${name}/${name}`]: text } });
        const two = [name, `dir/${name}/${name}`].toSorted((one, other) => Buffer.compare(Buffer.from(one), Buffer.from(other)));
        assert.deepEqual((await opened().backEnd.range(repository, first, node)).files, two);
        assert.deepEqual(await files(node, name), [{ path: name, kind: 'file' }]);
        assert.equal(Buffer.from((await file(node, name)) ?? []).toString(), text);
        const isAscii = /^[\x20-\x7e\t]+$/.test(name);
        // hgweb cannot be asked for the others.
        if (isAscii || opened().backEnd.by !== 'hgweb') assert.deepEqual(await annotate(node, name), [{ node, text: text.trimEnd() }]);
        assert.deepEqual(await archive(node, `dir/${name}`), { [`dir/${name}/${name}`]: `644 ${text}` });
      });

    it('are none of a changeset without any', async () => {
      const bare = await hands.commit({ parents: [], branch: 'bare' });
      for (const path of ['', 'app', 'ünï']) {
        assert.deepEqual(await files(bare, path), []);
        await assert.rejects(archive(bare, path), { code: 'SOURCE_REFUSED' });
      }
      assert.equal(await file(bare, 'top'), null);
      assert.deepEqual(await annotate(bare, 'top'), []);
    });

    it('of a changeset that the host never had are refused', async () => {
      const never = '1'.repeat(40);
      for (const ask of [files, file, annotate, archive]) await assert.rejects(ask(never, 'app'), { code: 'SOURCE_REFUSED' }, ask.name);
    });
  });
}
