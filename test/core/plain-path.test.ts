import assert from 'node:assert/strict';
import { isPlainPath } from '#core/plain-path.ts';

describe('a plain path', () => {
  for (const path of ['a', 'a/b', '.a/..b', 'a/b.yaml', '...', '-a/ b'])
    it(`may be ${JSON.stringify(path)}`, () => {
      assert.equal(isPlainPath(path), true);
    });
  for (const path of ['', '/', '/a', 'a/', 'a//b', '.', '..', './a', 'a/.', 'a/../b', '../a'])
    it(`is not ${JSON.stringify(path)}`, () => {
      assert.equal(isPlainPath(path), false);
    });
});
