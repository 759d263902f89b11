import assert from 'node:assert/strict';
import fc from 'fast-check';
import { HeadgateError } from '#core/errors.ts';
import { noPolicies, parsePolicies, requirePolicies } from '#policy/parse-policies.ts';
import { policies } from './samples.ts';

const GOOD = `apiVersion: headgate.dev/v1alpha1
kind: GatePolicy
metadata: { name: payments }
spec:
  targets:
    - clusters: [prod]
      namespaces: [payments]
  changes:
    - source: hub
      repositories: [org/payments]
      refs: [refs/heads/main]
`;

function problemsOf(...texts: readonly string[]): readonly string[] {
  try {
    parsePolicies(texts.map((text, index) => ({ name: `${'abc'[index]}.yaml`, text })));
  } catch (error) {
    if (error instanceof HeadgateError && error.code === 'POLICY_INVALID') return error.message.split('\n');
    throw error;
  }
  return assert.fail('the policies were accepted');
}

describe('policy/parse-policies', () => {
  it('fills in the strict defaults and says where a policy stands', () => {
    const [policy] = parsePolicies([{ name: 'p.yaml', text: GOOD }]).policies;
    assert.equal(policy?.name, 'payments');
    assert.equal(policy?.mode, 'enforce');
    assert.equal(policy?.enforcement, 'advisory');
    assert.equal(policy?.changes[0]?.confirmed, true);
    assert.equal(policy?.place, 'p.yaml:1:1');
  });

  it('hashes the meaning of a policy, not its writing', () => {
    const hash = (text: string): string | undefined => parsePolicies([{ name: 'p', text }]).policies[0]?.hash;
    const rewritten = GOOD.replace('  targets:', '  # the same\n  enforcement: advisory\n  mode: "enforce"\n  targets:').replace(
      '[prod]',
      '\n        - prod',
    );
    assert.equal(hash(rewritten), hash(GOOD));
    assert.notEqual(hash(GOOD.replace('main', 'dev')), hash(GOOD));
    assert.notEqual(hash(GOOD.replace('spec:', 'spec:\n  mode: audit')), hash(GOOD));
    assert.match(hash(GOOD) ?? '', /^[0-9a-f]{64}$/);
    const more = [
      'variables: [{ name: a, expression: now }]',
      'validations: [{ expression: "true", message: m }]',
      'validations: [{ expression: "true", message: n }]',
      'subjects: [{ issuer: corp, match: { sub: x } }]',
      'subjects: [{ issuer: corp, match: { sub: y } }]',
      'subjects: [{ issuer: other, match: { sub: x } }]',
      'subjects: [{ issuer: corp, match: { sub: x }, validations: [{ expression: "true", message: m }] }]',
    ].map((line) => hash(GOOD.replace('spec:', `spec:\n  ${line}`)));
    assert.equal(new Set([hash(GOOD), ...more]).size, more.length + 1);
  });

  it('orders policies by name, so that files and their order do not matter to the hash of the set', () => {
    const [a, b] = [GOOD.replace('name: payments', 'name: a'), GOOD.replace('name: payments', 'name: b')];
    const apart = parsePolicies([
      { name: '1', text: b },
      { name: '2', text: a },
    ]);
    const together = parsePolicies([{ name: '3', text: `${a}---\n${b}` }]);
    assert.deepEqual(
      apart.policies.map(({ name }) => name),
      ['a', 'b'],
    );
    assert.equal(apart.hash, together.hash);
    assert.notEqual(apart.hash, parsePolicies([{ name: '1', text: a }]).hash);
  });

  const table: readonly (readonly [title: string, from: string, to: string, expected: string | RegExp])[] = [
    ['an unknown key', 'refs:', 'ref:', '11:7: unknown key `ref` (did you mean `refs`?)'],
    ['a missing field', '      namespaces: [payments]\n', '', /^6:7: `spec.targets\[0\].namespaces`: is missing/],
    ['an empty selector', '[payments]', '[]', '7:19: `spec.targets[0].namespaces` needs at least one entry'],
    ['empty clusters', '[prod]', '[]', '6:17: `spec.targets[0].clusters` needs at least one entry'],
    ['an empty pattern', '[prod]', '[""]', /^6:18: `spec.targets\[0\].clusters\[0\]`: pattern ``: the pattern is empty/],
    ['a bad pattern', '[org/payments]', '["org/[a"]', /^10:22: .*pattern `org\/\[a`: character 5: the character class has no end/],
    ['alternation in braces', '[org/payments]', '["org/{a,b}"]', /^10:22: .*character 5: `\{` is no alternation here/],
    ['a short ref', 'refs/heads/main', 'main', '11:14: `spec.changes[0].refs[0]`: `main` is no full ref (did you mean `refs/heads/main`?)'],
    [
      'a repository URL',
      'org/payments',
      'https://github.com/org/payments',
      /^10:22: .*\(the full name on the source, for example org\/app, not a URL\)/,
    ],
    ['no subject at all', 'spec:', 'spec:\n  subjects: []', '5:13: `spec.subjects` needs at least one entry'],
    [
      'a subject without a matcher',
      'spec:',
      'spec:\n  subjects: [{ issuer: corp }]',
      /^5:14: `spec.subjects\[0\].match`: nothing in it says who \(match `sub`/,
    ],
    ['a subject with an empty matcher', 'spec:', 'spec:\n  subjects: [{ issuer: corp, match: {} }]', /^5:37: .*nothing in it says who/],
    [
      'a subject that anybody may be',
      'spec:',
      'spec:\n  subjects: [{ issuer: corp, match: { aud: x, ref: refs/heads/main } }]',
      /^5:37: .*nothing in it says who/,
    ],
    [
      'a pattern for an issuer',
      'spec:',
      'spec:\n  subjects: [{ issuer: "*", match: { sub: x } }]',
      /^5:24: `spec.subjects\[0\].issuer`: cannot be `\*`/,
    ],
    ['a list of issuers', 'spec:', 'spec:\n  subjects: [{ issuer: [corp], match: { sub: x } }]', /^5:24: .*must be text, not a list/],
    [
      'a pattern for a claim',
      'spec:',
      'spec:\n  subjects: [{ issuer: corp, match: { sub: "repo:org/*" } }]',
      /^5:44: .*`repo:org\/\*` is no pattern: claims are compared exactly/,
    ],
    ['an empty claim', 'spec:', 'spec:\n  subjects: [{ issuer: corp, match: { sub: "" } }]', /^5:44: .*is empty/],
    [
      'an empty mapping of claims',
      'spec:',
      'spec:\n  subjects: [{ issuer: corp, match: { sub: x, more: {} } }]',
      /^5:53: .*must be text, a number/,
    ],
    ['no value for a claim', 'spec:', 'spec:\n  subjects: [{ issuer: corp, match: { sub: [] } }]', /^5:44: .*needs one to 500 values/],
    ['null for a claim', 'spec:', 'spec:\n  subjects: [{ issuer: corp, match: { sub: null } }]', /^5:44: .*must be text, a number/],
    ['text for a matcher', 'spec:', 'spec:\n  subjects: [{ issuer: corp, match: sub }]', /^5:37: .*must be a mapping/],
    [
      'an unknown key of a subject',
      'spec:',
      'spec:\n  subjects: [{ issuer: corp, matches: { sub: x } }]',
      /unknown key `matches` \(did you mean `match`\?\)/,
    ],
    [
      'an expression with an unknown name',
      'spec:',
      'spec:\n  validations: [{ expression: "chnge.ref == target.name", message: m }]',
      '5:31: unknown name `chnge` (did you mean `change`?)',
    ],
    [
      'an expression about claims where nobody is asked for',
      'spec:',
      'spec:\n  validations: [{ expression: "claims.sub == target.name", message: m }]',
      /^5:31: unknown name `claims`/,
    ],
    [
      'an expression of a subject',
      'spec:',
      'spec:\n  subjects: [{ issuer: corp, match: { sub: x }, validations: [{ expression: "claims.", message: m }] }]',
      /^5:77: not a CEL expression: line 1, character 7/,
    ],
    ['a validation without a message', 'spec:', 'spec:\n  validations: [{ expression: "true" }]', /`message` is missing/],
    [
      'a variable that is read before it is there',
      'spec:',
      'spec:\n  variables: [{ name: a, expression: variables.b }, { name: b, expression: now }]',
      '5:38: `variables` has no `b` (there is none before it)',
    ],
    [
      'two variables of one name',
      'spec:',
      'spec:\n  variables: [{ name: a, expression: now }, { name: a, expression: now }]',
      '5:53: the name `a` is taken (by an earlier variable)',
    ],
    ['a test among policies', 'kind: GatePolicy', 'kind: PolicyTest', /^2:7: a PolicyTest cannot be used here \(tests decide nothing/],
    ['approvals of a later version', 'spec:', 'spec:\n  approvals: {}', /^5:3: this version does not know `approvals` yet/],
    ['windows of a later version', 'spec:', 'spec:\n  windows: []', /^5:3: this version does not know `windows` yet/],
    ['reviews that ask for nothing', 'spec:', 'spec:\n  reviews: []', '5:12: `spec.reviews` needs at least one entry'],
    [
      'an unknown key of a review',
      'spec:',
      'spec:\n  reviews: [ { requird: 1 } ]',
      /^5:16: unknown key `requird` \(did you mean `required`\?\)/,
    ],
    ['a review by nobody', 'spec:', 'spec:\n  reviews: [ { required: 0 } ]', /^5:26: /],
    [
      'reviewers that name nobody',
      'spec:',
      'spec:\n  reviews: [ { from: {} } ]',
      /^5:22: .*names nobody \(give `groups`, `people` or `owners: true`\)/,
    ],
    ['an empty list of groups', 'spec:', 'spec:\n  reviews: [ { from: { groups: [] } } ]', /^5:32: .*needs at least one entry/],
    ['an unknown role', 'spec:', 'spec:\n  reviews: [ { distinctFrom: [ auther ] } ]', /^5:32: .*did you mean `author`/],
    [
      'several reviews of owners',
      'spec:',
      'spec:\n  reviews: [ { required: 2, from: { owners: true } } ]',
      /^5:26: .*owners are asked for one review \(put the others into an entry of their own\)/,
    ],
    ['no checks', 'spec:', 'spec:\n  checks: []', '5:11: `spec.checks` needs at least one entry'],
    ['a check whose pattern is ambiguous', 'spec:', 'spec:\n  checks: [ "{a,b}" ]', /^5:13: .*pattern/],
    ['signatures by nobody', 'spec:', 'spec:\n  signed: {}', /^5:3: `by` is missing/],
    ['signatures of nothing', 'spec:', 'spec:\n  signed: { commits: none, tags: none, by: { people: [a] } }', /^5:11: .*asks for nothing/],
    [
      'signatures by a group of Gerrit',
      'spec:',
      `spec:\n  signed: { by: { groups: [ "review:${'a'.repeat(40)}" ] } }`,
      /^5:\d+: .*nobody who is known by a key is in review:a+ \(name a Group of documents; /,
    ],
    [
      'subjects of a group of Gerrit',
      'spec:',
      `spec:\n  subjects: [ { issuer: ci, groups: [ sre, "review:${'a'.repeat(40)}" ] } ]`,
      /^5:\d+: .*nobody who is known by a token is in review:a+ \(name a Group of documents; /,
    ],
    [
      'paths of a later version',
      '    - source: hub',
      '    - source: hub\n      paths: [a]',
      /^10:7: this version does not know `paths` yet/,
    ],
    [
      'an enforcement of a later version',
      'spec:',
      'spec:\n  enforcement: pinned',
      '5:16: `spec.enforcement`: `pinned` comes with a later version; this one knows `advisory`',
    ],
    ['an unknown enforcement', 'spec:', 'spec:\n  enforcement: hard', '5:16: `spec.enforcement` cannot be `hard` (one of: advisory)'],
    ['an unknown mode', 'spec:', 'spec:\n  mode: audti', '5:9: `spec.mode` cannot be `audti` (did you mean `audit`?)'],
    ['text for a list', '[org/payments]', 'org/payments', /^10:21: `spec.changes\[0\].repositories` must be a list, not text/],
    [
      'a yes that is no boolean',
      '[refs/heads/main]',
      '[refs/heads/main]\n      confirmed: no',
      /^12:18: `spec.changes\[0\].confirmed` must be true or false, not text/,
    ],
    ['a bad name', 'name: payments', 'name: Payments', /^3:19: `metadata.name`: cannot be `Payments`/],
    ['another version of the format', 'v1alpha1', 'v1', '1:13: `apiVersion` cannot be `headgate.dev/v1` (one of: headgate.dev/v1alpha1)'],
    ['a freeze', 'kind: GatePolicy', 'kind: Freeze', /^2:7: a Freeze cannot be used here \(freezes come with a later version/],
    ['an unknown kind', 'kind: GatePolicy', 'kind: Gatepolicy', '2:7: unknown kind `Gatepolicy` (did you mean `GatePolicy`?)'],
  ];
  for (const [title, from, to, expected] of table) {
    it(`refuses ${title}, saying where`, () => {
      const lines = problemsOf(GOOD.replace(from, to)).map((line) => line.replace(/^a\.yaml:/, ''));
      assert.ok(
        lines.some((line) => (typeof expected === 'string' ? line === expected : expected.test(line))),
        lines.join('\n'),
      );
    });
  }

  it('keeps every claim of a matcher, whatever its name', () => {
    const text = GOOD.replace('spec:', 'spec:\n  subjects: [{ issuer: corp, match: { sub: x, __proto__: { constructor: y } } }]');
    const [policy] = parsePolicies([{ name: 'p.yaml', text }]).policies;
    assert.deepEqual(policy?.subjects?.[0]?.match, [
      { claim: ['sub'], is: ['x'] },
      { claim: ['__proto__', 'constructor'], is: ['y'] },
    ]);
  });

  it('names the problems of every file', () => {
    const lines = problemsOf(GOOD.replace('refs:', 'ref:'), GOOD.replace('source:', 'sauce:'), GOOD);
    assert.deepEqual([...new Set(lines.map((line) => line.slice(0, 7)))], ['a.yaml:', 'b.yaml:']);
  });

  it('refuses two policies of one name, at the second', () => {
    assert.deepEqual(problemsOf(GOOD, GOOD), ['b.yaml:3:19: the name `payments` is taken (by the policy at a.yaml:1:1)']);
  });

  it('takes no document for an empty set, which is refused at the start alone', () => {
    const set = parsePolicies([{ name: 'a.yaml', text: '# nothing yet\n' }]);
    assert.deepEqual(set.policies, []);
    assert.throws(() => requirePolicies(set, '/etc/headgate/policies'), {
      code: 'POLICY_MISSING',
      message: /^\/etc\/headgate\/policies holds no GatePolicy/,
    });
    assert.doesNotThrow(() => requirePolicies(policies({ a: {} }), 'x'));
    assert.equal(noPolicies('too old').unavailable, 'too old');
  });

  it('throws nothing but HeadgateError, whatever the text', () => {
    const edit = fc.tuple(
      fc.nat(GOOD.length),
      fc.nat(8),
      fc.oneof(fc.string({ maxLength: 6 }), fc.constantFrom('[', '{', '*', '- ', ': ', '\n', '"', '!', '&a ', '__proto__: ')),
    );
    fc.assert(
      fc.property(fc.array(edit, { minLength: 1, maxLength: 4 }), (edits) => {
        const text = edits.reduce((before, [at, length, put]) => before.slice(0, at) + put + before.slice(at + length), GOOD);
        try {
          parsePolicies([{ name: 'p.yaml', text }]);
        } catch (error) {
          assert.ok(error instanceof HeadgateError && error.code === 'POLICY_INVALID', String(error));
          for (const line of error.message.split('\n')) assert.match(line, /^(p\.yaml:\d+:\d+: |…)/);
        }
      }),
      { numRuns: 400 },
    );
  });
});
