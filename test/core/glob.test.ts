import assert from 'node:assert/strict';
import fc from 'fast-check';
import { HeadgateError } from '#core/errors.ts';
import { compileGlob, simulate } from '#core/glob.ts';
import { parseGlob } from '#core/glob-tokens.ts';
import { limits } from '#core/limits.ts';

describe('core/glob', () => {
  const table: readonly (readonly [pattern: string, matching: readonly string[], other: readonly string[]])[] = [
    ['prod', ['prod'], ['prod2', 'xprod', 'Prod', '']],
    ['org/*', ['org/app', 'org/'], ['org/a/b', 'org', 'forg/app']],
    ['prod-*', ['prod-', 'prod-eu'], ['prod', 'prod-eu/x']],
    ['refs/heads/**', ['refs/heads/main', 'refs/heads/a/b', 'refs/heads/'], ['refs/heads', 'refs/tags/v1']],
    ['refs/**/main', ['refs/main', 'refs/heads/main', 'refs/heads/a/main'], ['refs/xmain', 'refsmain', 'refs/heads/amain']],
    ['**', ['', 'a', 'a/b'], []],
    ['**/**/x', ['x', 'a/x', 'a/b/x'], ['ax', 'x/']],
    ['a/**/**', ['a/', 'a/b', 'a/b/c'], ['a', 'b/a/']],
    ['branch:**', ['branch:default', 'branch:feature/x'], ['bookmark:x']],
    ['a**b', ['ab', 'a/x/b'], ['a/x/c']],
    ['v?.?', ['v1.2'], ['v1.', 'v12.3', 'v/.2']],
    ['v[0-9].[!0-9]', ['v1.x', 'v9.-'], ['va.x', 'v1.2', 'v1./']],
    ['[^a-c]', ['d'], ['a', '/', '']],
    ['[a-]', ['a', '-'], ['b']],
    ['[\\]]', [']'], ['\\']],
    ['\\*\\{', ['*{'], ['x{']],
    ['?', ['😀', 'ä'], ['', 'ab']],
  ];
  for (const [pattern, matching, other] of table) {
    it(`${pattern} matches what it says and nothing else`, () => {
      const glob = compileGlob(pattern);
      for (const subject of matching) assert.equal(glob.matches(subject), true, `should match ${subject}`);
      for (const subject of other) assert.equal(glob.matches(subject), false, `should not match ${subject}`);
    });
  }

  it('ignores case on request only, in literals and classes', () => {
    assert.equal(compileGlob('Org/[a-f]*').matches('ORG/Backend'), false);
    assert.equal(compileGlob('Org/[a-f]*').matches('oRG/Backend', false), true);
    assert.equal(compileGlob('[!b]').matches('B', false), false);
  });

  const bad: readonly (readonly [pattern: string, message: RegExp])[] = [
    ['', /empty/],
    ['a[', /character 2: .*no end/],
    ['a[]', /character 2: .*empty/],
    ['[z-a]', /character 2: .*backwards/],
    ['[a/b]', /character 3: .*never matches/],
    ['a***', /character 4: /],
    ['{a,b}', /character 1: .*alternation/],
    ['!main', /character 1: .*negate/],
    ['a\\', /character 2: .*escapes nothing/],
    ['a\nb', /character 2: control/],
    ['x'.repeat(limits.glob.patternChars + 1), /longer than/],
  ];
  for (const [pattern, message] of bad) {
    it(`refuses ${JSON.stringify(pattern.slice(0, 12))} with its position`, () => {
      assert.throws(
        () => compileGlob(pattern),
        (error) => error instanceof HeadgateError && error.code === 'CONFIG_INVALID' && message.test(error.message),
      );
    });
  }

  it('equals a slow reference on random patterns and subjects', () => {
    const pattern = fc.array(fc.constantFrom('a', 'b', '/', '*', '**', '**/', '?', '[ab]', '[!a]'), { minLength: 1, maxLength: 8 });
    const subject = fc.array(fc.constantFrom('a', 'b', '/'), { maxLength: 8 });
    let matched = 0;
    fc.assert(
      fc.property(pattern, subject, (parts, chars) => {
        const text = parts.join('');
        fc.pre(!text.includes('***'));
        const expected = reference(text).test(chars.join(''));
        if (expected) matched++;
        assert.equal(compileGlob(text).matches(chars.join('')), expected, `${text} against ${chars.join('')}`);
      }),
      { numRuns: 5_000 },
    );
    assert.ok(matched > 100, `only ${matched} pairs matched: the property would prove little`);
  });

  const hostile = ['*-*-*-*-*-*-*x', '*a*a*a*a*a*a*a*a*a*a*b', '**a**a**a**a**b', '**/*/**/*/**/*/x', '*?*?*?*?*?*?b'];
  for (const pattern of hostile) {
    it(`${pattern} takes no more steps than its length times the subject's`, () => {
      for (const char of ['-', 'a', '/']) {
        const subject = char.repeat(limits.glob.subjectChars);
        const { matched, steps } = simulate(parseGlob(pattern), subject);
        assert.equal(matched, false);
        assert.ok(steps <= subject.length * (pattern.length + 1), `${steps} steps`);
      }
    });
  }

  it('matches no subject beyond the limit', () => {
    assert.equal(compileGlob('**').matches('a'.repeat(limits.glob.subjectChars)), true);
    assert.equal(compileGlob('**').matches('a'.repeat(limits.glob.subjectChars + 1)), false);
  });

  it('never throws anything but HeadgateError, and never while matching', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (pattern, subject) => {
        try {
          compileGlob(pattern).matches(subject);
        } catch (error) {
          assert.ok(error instanceof HeadgateError);
        }
      }),
    );
  });
});

/** The same language as a regular expression, which may backtrack for ever on long input. */
function reference(pattern: string): RegExp {
  const source = pattern.replace(
    /(^|\/)((?:\*\*\/)+)|\*\*|\*|\?|\[!|[^]/g,
    (part, before: string | undefined, segments: string | undefined) => {
      if (segments !== undefined) return `${before ?? ''}${'(?:[^]*/)?'.repeat(segments.length / 3)}`;
      return { '**': '[^]*', '*': '[^/]*', '?': '[^/]', '[!': '[^/' }[part] ?? part;
    },
  );
  return new RegExp(`^(?:${source})$`);
}
