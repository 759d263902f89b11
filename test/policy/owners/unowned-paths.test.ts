import assert from 'node:assert/strict';
import fc from 'fast-check';
import { limits } from '#core/limits.ts';
import { parseOwners, type CodeOwners } from '#policy/owners/parse-owners.ts';
import { ownersOf, unownedPaths, type OwningReviewer } from '#policy/owners/unowned-paths.ts';

function owning(text: string): CodeOwners {
  return parseOwners({ path: '.github/CODEOWNERS', text });
}

function ownersOfPath(text: string, path: string): readonly string[] | { readonly unknown: string } {
  return ownersOf(owning(text), [path]).get(path) ?? assert.fail();
}

function reviewer(login: string, ...teams: readonly string[]): OwningReviewer {
  return { login, isIn: (team) => teams.includes(team) };
}

/** docs.github.com, "About code owners", the example of a CODEOWNERS file, with what its comments say. */
const documented = `
# These owners will be the default owners for everything in the repo.
*       @global-owner1 @global-owner2
*.js    @js-owner #This is an inline comment.
*.go docs@example.com
*.txt @octo-org/octocats
/build/logs/ @doctocat
docs/* docs@example.com
apps/ @octocat
/docs/ @doctocat
/scripts/ @doctocat @octocat
**/logs @octocat
/apps/ @octocat
/apps/github
`;

const cases: readonly (readonly [path: string, ...owners: string[]])[] = [
  ['README.md', '@global-owner1', '@global-owner2'],
  ['deep/er/README.md', '@global-owner1', '@global-owner2'],
  ['index.js', '@js-owner'],
  ['web/src/index.js', '@js-owner'],
  ['index.jsx', '@global-owner1', '@global-owner2'],
  ['main.go', 'docs@example.com'],
  ['notes/a.txt', '@octo-org/octocats'],
  ['build/logs/a.txt', '@octocat'],
  ['build/out/logs.md', '@global-owner1', '@global-owner2'],
  ['docs/getting-started.md', '@doctocat'],
  ['docs/build-app/troubleshooting.md', '@doctocat'],
  ['web/docs/a.md', '@global-owner1', '@global-owner2'],
  ['web/apps/a/b.md', '@octocat'],
  ['scripts/run', '@doctocat', '@octocat'],
  ['scripts/logs/today/a', '@octocat'],
  ['deeply/nested/logs', '@octocat'],
  ['apps/pay/index.js', '@octocat'],
  ['apps/github'],
  ['apps/github/index.js'],
  ['apps/github2/index.js', '@octocat'],
];

describe('CODEOWNERS', () => {
  for (const [path, ...owners] of cases) {
    it(`of GitHub's documentation: ${path} is of ${owners.join(' and ') || 'nobody'}`, () =>
      assert.deepEqual(ownersOfPath(documented, path), owners));
  }

  const patterns: readonly (readonly [pattern: string, fits: readonly string[], others: readonly string[]])[] = [
    ['docs/*', ['docs/a.md'], ['docs/a/b.md', 'x/docs/a.md', 'docs']],
    ['/*', ['a'], ['a/b']],
    ['*', ['a', 'a/b/c', '.hidden'], []],
    ['**', ['a', 'a/b/c'], []],
    ['/docs', ['docs', 'docs/a', 'docs/a/b'], ['x/docs', 'docs2']],
    ['docs', ['docs', 'docs/a', 'x/docs/a'], ['docs2', 'xdocs']],
    ['docs/', ['docs/a', 'x/docs/a/b'], ['docs', 'x/docs']],
    ['/docs/', ['docs/a'], ['x/docs/a', 'docs']],
    ['a/b', ['a/b', 'a/b/c'], ['x/a/b', 'a/bc']],
    ['a/**/b', ['a/b', 'a/x/b', 'a/x/y/b/c'], ['a/xb', 'ab']],
    ['a/**', ['a/b', 'a/b/c'], ['a', 'x/a/b']],
    ['**/b', ['b', 'a/b', 'a/b/c'], ['ab']],
    ['**/', ['a/b', 'a/b/c'], ['a']],
    ['a/**/**/b', ['a/b', 'a/x/y/b'], ['ab']],
    ['a**b', ['ab', 'axb', 'x/ab/c'], ['a/b']],
    ['a?c', ['abc', 'x/abc/d'], ['ac', 'a/c']],
    ['*.tf', ['a.tf', 'x/a.tf', 'x/a.tf/b'], ['a.tfx', 'tf']],
    ['/a/*/c', ['a/b/c', 'a/b/c/d'], ['a/c', 'a/b/b/c']],
    ['a\\ b.md', ['a b.md'], ['a', 'b.md', 'a\\ b.md']],
    ['\\*', ['*'], ['a']],
    ['a\\\\b', ['a\\b'], ['ab']],
    ['Makefile', ['Makefile'], ['makefile', 'MAKEFILE']],
    ['a#b', ['a#b'], ['a']],
    ['größe/', ['größe/a'], ['grosse/a']],
    ['😀?', ['😀😁'], ['😀']],
  ];
  for (const [pattern, fits, others] of patterns) {
    it(`takes the pattern ${pattern} as GitHub does`, () => {
      for (const path of fits) assert.deepEqual(ownersOfPath(`${pattern} @one`, path), ['@one'], `${path} should fit`);
      for (const path of others) assert.deepEqual(ownersOfPath(`${pattern} @one`, path), [], `${path} should not fit`);
    });
  }

  it('skips lines that GitHub skips, and names them', () => {
    const { rules, problems } = owning(
      '* @all\n!a @x\n[ab].md @x\n\\#a @x\na***b @x\n/ @x\na//b @x\nb\\\n\n  # comment\nc nobody\nd @x y\ne @-x\n',
    );
    assert.deepEqual(
      rules.map(({ place }) => place),
      ['.github/CODEOWNERS:1'],
    );
    assert.deepEqual(
      problems.map(({ place, message }) => `${place.replace(/.*:/, '')} ${message}`),
      [
        '2 a pattern cannot be negated by `!`',
        '3 a pattern cannot have a range of characters in `[ ]`',
        '4 a pattern cannot begin with an escaped `#`',
        '5 three asterisks in a row mean nothing',
        '6 the pattern has an empty segment',
        '7 the pattern has an empty segment',
        '8 a `\\` of the pattern escapes nothing',
        '11 `nobody` is no @user, no @org/team and no email address',
        '12 `y` is no @user, no @org/team and no email address',
        '13 `@-x` is no @user, no @org/team and no email address',
      ],
    );
  });

  it('takes line ends of Windows, tabs and a byte order mark', () => {
    assert.deepEqual(ownersOfPath('\uFEFF*.md\t@one\t@two # three\r\n', 'a.md'), ['@one', '@two']);
  });

  it('is not used when it is larger than GitHub loads: then nothing is approved', () => {
    const large = owning(`* @one\n${'#'.repeat(limits.owners.fileBytes)}`);
    assert.match(unownedPaths(large, ['a'], [reviewer('one')])[0]?.needs ?? '', /nobody can tell: .*larger than/);
    const many = owning('* @one\n'.repeat(limits.owners.rules + 1));
    assert.match(unownedPaths(many, ['a'], [reviewer('one')])[0]?.needs ?? '', /nobody can tell: .*more than 20000 rules/);
    assert.deepEqual(ownersOf(many, ['a']).get('a'), { unknown: '.github/CODEOWNERS has more than 20000 rules' });
  });
});

describe('approval by code owners', () => {
  const owners = owning('* @octo-org/Core\n/pay/ @Jane @joe\n/pay/docs/\n/legal/ law@example.com');

  it('needs an owner of every path that has one', () => {
    const files = ['pay/a', 'pay/docs/b', 'web/c'];
    assert.deepEqual(unownedPaths(owners, files, [reviewer('jane'), reviewer('tom', 'octo-org/core')]), []);
    assert.deepEqual(unownedPaths(owners, files, [reviewer('joe')]), [{ path: 'web/c', needs: '@octo-org/Core (.github/CODEOWNERS:1)' }]);
    assert.deepEqual(
      unownedPaths(owners, files, []).map(({ path }) => path),
      ['pay/a', 'web/c'],
    );
  });

  it('takes no member of a team for an owner by name, nor a namesake of a team', () => {
    assert.equal(unownedPaths(owners, ['pay/a'], [reviewer('tom', 'octo-org/core', 'jane')]).length, 1);
    assert.equal(unownedPaths(owners, ['web/c'], [reviewer('octo-org/core')]).length, 1);
  });

  it('is given by nobody for an address', () => {
    assert.deepEqual(unownedPaths(owners, ['legal/a'], [reviewer('law@example.com'), reviewer('law')]), [
      { path: 'legal/a', needs: 'law@example.com (.github/CODEOWNERS:4)' },
    ]);
  });

  it('is not given for a path that is too long to be compared', () => {
    const path = `pay/docs/${'x'.repeat(limits.owners.pathChars)}`;
    assert.match(unownedPaths(owners, [path], [reviewer('jane')])[0]?.needs ?? '', /nobody can tell: the path is longer/);
  });

  it('is not given where there is too much to compare, whoever made it so', () => {
    const hostile = owning(`a @one\n${`${'*a'.repeat(400)}b @one\n`.repeat(50)}`);
    const files = Array.from({ length: 50 }, (_, index) => `cab/${'a'.repeat(4_000)}${index}`);
    const unowned = unownedPaths(hostile, [...files, 'a'], [reviewer('one')]);
    assert.equal(unowned.at(-1)?.path, 'a');
    assert.match(unowned.at(-1)?.needs ?? '', /too many rules and paths/);
  });

  it('depends on the last rule that fits alone, whatever patterns there are', () => {
    const segment = fc.constantFrom('a', 'b', '*', '**', '*a', 'a*', '?', 'ab');
    const pattern = fc
      .tuple(fc.constantFrom('', '/'), fc.array(segment, { minLength: 1, maxLength: 4 }), fc.constantFrom('', '/'))
      .map(([before, segments, behind]) => `${before}${segments.join('/')}${behind}`);
    const path = fc.array(fc.constantFrom('a', 'b', 'ab', 'ba', 'c'), { minLength: 1, maxLength: 5 }).map((segments) => segments.join('/'));
    fc.assert(
      fc.property(fc.array(pattern, { maxLength: 6 }), path, (all, file) => {
        const text = all.map((each, index) => `${each} @owner${index}`).join('\n');
        const alone = all.map((each) => ownersOfPath(`${each} @x`, file)).map((owners) => Array.isArray(owners) && owners.length > 0);
        const last = alone.lastIndexOf(true);
        assert.deepEqual(ownersOfPath(text, file), last < 0 ? [] : [`@owner${last}`]);
      }),
    );
  });

  it('reads any text', () => {
    const text = fc.string({ unit: fc.constantFrom('*', '/', '\\', '#', '@', ' ', '\n', 'a', '\u{1F600}', '\0', '[', '!'), maxLength: 60 });
    fc.assert(
      fc.property(text, text, (text, path) => {
        unownedPaths(owning(text), [path], []);
      }),
    );
  });
});
