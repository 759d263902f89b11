import assert from 'node:assert/strict';
import { celList, type CelInput } from '@bufbuild/cel';
import fc from 'fast-check';
import { limits } from '#core/limits.ts';
import { isAnchored } from '#policy/cel/anchored.ts';
import type { Names } from '#policy/cel/check-expression.ts';
import { compileExpression } from '#policy/cel/compile.ts';
import { CelEngine, isProblem } from '#policy/cel/engine.ts';

const names: Names = { claims: null, change: ['ref', 'actors'], now: null, variables: ['known'] };

function objectionsTo(text: string): readonly string[] {
  const compiled = compileExpression(new CelEngine(), text, names);
  return 'evaluate' in compiled ? [] : compiled.map(({ message, hint }) => (hint === null ? message : `${message} (${hint})`));
}

/** What an expression comes to; of an error its message. */
function valueOf(text: string, claims: CelInput = new Map()): unknown {
  const compiled = compileExpression(new CelEngine(), text, names);
  if (!('evaluate' in compiled)) return assert.fail(compiled.map(({ message }) => message).join('\n'));
  const result = compiled.evaluate(Object.assign(Object.create(null), { claims }));
  return isProblem(result) ? `error: ${result.problem}` : result;
}

describe('policy/cel', () => {
  describe('refuses when it is loaded', () => {
    const table: readonly (readonly [what: string, text: string, expected: RegExp])[] = [
      ['an unknown name', 'clams.sub == "x"', /^unknown name `clams` \(did you mean `claims`\?\)/],
      ['a name of JavaScript', 'constructor == null', /unknown name `constructor`/],
      ['a prototype', '__proto__ == null', /unknown name `__proto__`/],
      ['an unknown field', 'change.reff == "x"', /^`change` has no `reff` \(did you mean `change.ref`\?\)/],
      ['an unknown field by index', 'change["reff"] == "x"', /`change` has no `reff`/],
      ['an unknown field in `has`', 'has(change.constructor)', /`change` has no `constructor`/],
      ['a variable that comes later', 'variables.later', /`variables` has no `later`/],
      ['a computed variable', 'variables[claims.x]', /`variables` with a computed name/],
      ['an unknown function', 'claims.sub.lowerAscii() == "x"', /unknown function `lowerAscii`/],
      ['what counts turns', '@turn()', /not a CEL expression/],
      ['a message', 'google.protobuf.Timestamp{} == now', /unknown type `google.protobuf.Timestamp`/],
      ['a type of protobuf', 'google.protobuf.Timestamp == type(now)', /unknown name `google`/],
      ['what does not parse', 'claims.sub ==', /^not a CEL expression: line 1, character \d+/],
      ['nothing', ' ', /^not a CEL expression/],
      ['too long a text', `"${'x'.repeat(limits.cel.bytes)}" == ""`, /^the expression is longer than 4096 bytes/],
      ['deep brackets', `${'('.repeat(50)}true${')'.repeat(50)}`, /^brackets within brackets, more than/],
      [
        'three macros within each other',
        'claims.a.all(x, claims.b.all(y, claims.c.all(z, z == x + y)))',
        /^more than 2 macros within each other/,
      ],
      ['a macro that hides a name', 'claims.a.all(claims, claims == 1)', /^`claims` names something else already/],
      ['a long list', `1 in [${'1,'.repeat(limits.cel.items)}1]`, /^a list of more than 500 entries/],
      ['a pattern without anchors', 'claims.sub.matches("repo:org/app")', /^the pattern `repo:org\/app` is not anchored/],
      ['an alternative that escapes them', 'claims.sub.matches("^a|b$")', /is not anchored/],
      ['lines for texts', 'claims.sub.matches("(?m)^a$")', /is not anchored/],
      ['a pattern that is none', 'claims.sub.matches("^(?:a$")', /^the pattern `\^\(\?:a\$`: .*\(patterns are RE2/],
      ['a back reference', 'claims.sub.matches("^(a)\\\\1$")', /^the pattern /],
      ['a computed pattern', 'claims.sub.matches(claims.pattern)', /^`matches` with a computed pattern/],
      ['a computed pattern as function', 'matches(claims.sub, claims.pattern)', /^`matches` with a computed pattern/],
      ['a part of an issuer', 'claims.iss.startsWith("https://login")', /^`startsWith` on an issuer/],
      ['a pattern on an issuer', 'claims["iss"].matches("^https://[a-z.]+$")', /^`matches` on an issuer/],
    ];
    for (const [what, text, expected] of table) {
      it(what, () => {
        const objections = objectionsTo(text);
        assert.ok(
          objections.some((each) => expected.test(each)),
          objections.join('\n') || 'it was accepted',
        );
      });
    }

    it('all that is wrong at once', () => assert.equal(objectionsTo('a == 1 && b == 2 && c() == 3').length, 3));

    it('any text without throwing', () => {
      const piece = fc.constantFrom(
        'claims',
        '.a',
        '[0]',
        '(',
        ')',
        '"',
        "'",
        '&&',
        '!',
        '-',
        '?',
        ':',
        ' ',
        '.all(x,',
        'has(',
        '{',
        '}',
        '\\',
        '1',
        'é',
        '\u0000',
      );
      fc.assert(
        fc.property(fc.array(piece, { maxLength: 20 }), (pieces) => {
          objectionsTo(pieces.join(''));
        }),
        { numRuns: 300 },
      );
    });
  });

  it('knows an anchored pattern', () => {
    for (const good of ['^a$', '^(?:a|b)$', '^[|$^]$', '^a\\|b$', '^(a|b)c$', '^[]|]$']) assert.ok(isAnchored(good), good);
    for (const bad of ['a', '^a', 'a$', '^a\\$', '^a|b$', '^a$|^b$', '(?m)^a$', '^(?s:a)$', '^(?P<x>a)$', '^a)|(b$', '^\\Qa\\E$', '\\^a$'])
      assert.ok(!isAnchored(bad), bad);
  });

  describe('evaluates', () => {
    const claims = new Map<string, CelInput>([
      ['groups', ['sre', 'web']],
      ['group', 'sre-guests'],
      ['constructor', 'mine'],
      ['__proto__', new Map([['admin', true]])],
      ['iat', 1_767_225_600n],
    ]);
    const table: readonly (readonly [what: string, text: string, expected: unknown])[] = [
      ['entries of a list', '"sre" in claims.groups', true],
      ['macros', 'claims.groups.exists(group, group == "web") && claims.groups.all(a, claims.groups.exists(b, a == b))', true],
      ['a key that JavaScript knows as its value alone', 'claims.constructor == "mine" && claims["__proto__"].admin', true],
      ['seconds as timestamps', 'timestamp(claims.iat) == timestamp("2026-01-01T00:00:00Z")', true],
      ['anchored patterns', 'claims.group.matches("^sre-[a-z]+$")', true],
      ['whether a claim is there', 'has(claims.groups) && !has(claims.nothing)', true],
    ];
    for (const [what, text, expected] of table) it(what, () => assert.equal(valueOf(text, claims), expected));

    const errors: readonly (readonly [what: string, text: string, expected: RegExp])[] = [
      ['a claim that is not there', 'claims.nothing == "x"', /^error: /],
      ['a text where a list is expected', '"sre" in claims.group', /^error: /],
      ['a macro over a text', 'claims.group.exists(x, x == "s")', /^error: /],
      ['what every object of JavaScript has', 'claims.toString == "x"', /^error: /],
      ['numbers out of range', '9223372036854775807 + 1 > 0', /^error: /],
    ];
    for (const [what, text, expected] of errors) it(`${what} to an error`, () => assert.match(String(valueOf(text, claims)), expected));
  });

  describe('is bounded', () => {
    const many = (count: number): Map<string, CelInput> =>
      new Map([['l', celList(Array.from({ length: count }, (_, index) => BigInt(index)))]]);

    it('in the turns that macros take, also where one after the other swallows the error', () => {
      for (const text of [
        'claims.l.all(a, claims.l.all(b, a + b >= 0))',
        'claims.l.exists(a, claims.l.exists(b, a + b < 0))',
        'claims.l.map(a, claims.l.filter(b, a == b).size()).size() > 0',
      ]) {
        assert.match(String(valueOf(text, many(1_000))), /its macros take more than 20000 turns/, text);
      }
      assert.equal(valueOf('claims.l.all(a, claims.l.all(b, a + b >= 0))', many(100)), true);
    });

    it('in the turns of each evaluation anew', () => {
      const compiled = compileExpression(new CelEngine(), 'claims.l.all(a, claims.l.all(b, a + b >= 0))', names);
      assert.ok('evaluate' in compiled);
      for (let turn = 0; turn < 5; turn++) assert.equal(compiled.evaluate({ claims: many(100) }), true);
    });

    it('in what `+` makes', () => {
      assert.match(String(valueOf('(claims.l + claims.l).size() > 0', many(300))), /a list of more than 500 entries/);
      const long = new Map([['t', 'x'.repeat(20_000)]]);
      assert.match(String(valueOf('claims.t + claims.t != ""', long)), /a text of more than 32768 characters/);
      assert.match(String(valueOf('bytes(claims.t) + bytes(claims.t) != b""', long)), /more than 32768 bytes/);
      assert.equal(valueOf('b"a" + b"b" == b"ab" && "a" + "b" == "ab" && [1] + [2] == [1, 2]'), true);
    });

    /** A backtracking engine takes 2^28 steps here, many seconds; RE2 a few thousand. */
    it('by an engine of regular expressions that does not backtrack', () => {
      const hostile = new Map([['t', `${'a'.repeat(28)}!`]]);
      const begun = performance.now();
      assert.equal(valueOf('claims.t.matches("^(a+)+$")', hostile), false);
      assert.ok(performance.now() - begun < 2_000);
    });
  });
});
