import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readDirectory } from '#config/directory-files.ts';
import { useTempDir } from './temp-dir.ts';

describe('config/directory-files', () => {
  const directory = useTempDir();

  it('refuses files of two generations when the directory is swapped while it is read', () => {
    const mount = directory();
    for (const version of ['..v1', '..v2']) {
      mkdirSync(join(mount, version));
      for (const name of ['a.yaml', 'b.yaml']) writeFileSync(join(mount, version, name), version);
    }
    symlinkSync('..v1', join(mount, '..data'));
    for (const name of ['a.yaml', 'b.yaml']) symlinkSync(join('..data', name), join(mount, name));

    const swapAfterFirst = (file: string): string => {
      const text = readFileSync(file, 'utf8');
      if (file.endsWith('a.yaml')) {
        symlinkSync('..v2', join(mount, '..data_tmp'));
        renameSync(join(mount, '..data_tmp'), join(mount, '..data'));
      }
      return text;
    };
    assert.throws(() => readDirectory(mount, null, swapAfterFirst), /changed while it was read/);
    assert.deepEqual(
      readDirectory(mount, null)?.files.map(({ text }) => text),
      ['..v2', '..v2'],
    );
  });

  it('reads nothing while nothing has changed', () => {
    writeFileSync(join(directory(), 'a.yaml'), 'A');
    const first = readDirectory(directory(), null);
    assert.equal(first?.files.length, 1);
    assert.equal(readDirectory(directory(), first.stamp), undefined);
  });
});
