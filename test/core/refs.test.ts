import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { isFullRef, parseRef } from '#core/refs.ts';

const invalid = [
  '',
  '@',
  'main',
  'HEAD',
  'heads/main',
  'refs/',
  'refs/heads',
  'refs/heads/',
  'refs//main',
  'refs/heads//main',
  'refs/heads/main/',
  '/refs/heads/main',
  'refs/heads/.hidden',
  'refs/heads/a/.b',
  'refs/heads/a.lock',
  'refs/heads/a.lock/b',
  'refs/heads/a..b',
  'refs/heads/a.',
  'refs/heads/a b',
  'refs/heads/a~1',
  'refs/heads/a^',
  'refs/heads/a:b',
  'refs/heads/a?',
  'refs/heads/a*',
  'refs/heads/[a',
  'refs/heads/a\\b',
  'refs/heads/a@{1}',
  'refs/heads/a\n',
  'refs/heads/a\u007f',
  'refs/heads/a\u0000',
  `refs/heads/${'a'.repeat(245)}`,
];

describe('parseRef', () => {
  it('tells branches, tags and other refs apart', () => {
    assert.deepEqual(parseRef('refs/heads/main'), { kind: 'branch', name: 'main' });
    assert.deepEqual(parseRef('refs/heads/feature/a@b'), { kind: 'branch', name: 'feature/a@b' });
    assert.deepEqual(parseRef('refs/tags/v1.0'), { kind: 'tag', name: 'v1.0' });
    assert.deepEqual(parseRef('refs/pull/7/head'), { kind: 'other', name: 'refs/pull/7/head' });
    assert.deepEqual(parseRef('refs/heads/größe'), { kind: 'branch', name: 'größe' });
  });

  it('takes a branch that looks like an option as the name that it is', () => {
    assert.deepEqual(parseRef('refs/heads/--upload-pack=x'), { kind: 'branch', name: '--upload-pack=x' });
  });

  for (const ref of invalid)
    it(`refuses ${JSON.stringify(ref.slice(0, 40))}`, () => {
      assert.equal(parseRef(ref), undefined);
    });

  it('agrees with git check-ref-format on names of every shape', function () {
    this.timeout(60_000);
    const unit = fc.constantFrom(
      'a',
      'Z',
      '9',
      '.',
      '/',
      '@',
      '{',
      '-',
      '~',
      '^',
      ':',
      '?',
      '*',
      '[',
      '\\',
      ' ',
      '\t',
      '\u007f',
      'ö',
      '.lock',
      '..',
    );
    fc.assert(
      fc.property(fc.string({ unit, minLength: 1, maxLength: 12 }), (tail) => {
        const ref = `refs/heads/${tail}`;
        assert.equal(isFullRef(ref), spawnSync('git', ['check-ref-format', ref]).status === 0, JSON.stringify(ref));
      }),
      { numRuns: 300 },
    );
  });
});
