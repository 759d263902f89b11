import assert from 'node:assert/strict';
import { HeadgateError } from '#core/errors.ts';
import { parsePolicyTests } from '#policy/parse-policy-tests.ts';
import { runPolicyTests } from '#policy/run-policy-tests.ts';
import { mainOfApp, policies, type PolicySpec } from './samples.ts';

const CASE = `    - name: main comes
      change: { source: hub, repository: org/app, ref: refs/heads/main }
      target: { cluster: prod, namespaces: [payments] }
      expect: allow
`;
const TEST = `apiVersion: headgate.dev/v1alpha1
kind: PolicyTest
spec:
  policies: ../policies
  cases:
${CASE}`;

function report(text: string, specs: Readonly<Record<string, PolicySpec>> = { payments: {} }) {
  return runPolicyTests(parsePolicyTests([{ name: 't.yaml', text }]), policies(specs));
}

/** What differs in the only case, with these lines more. */
function differencesWith(more: string, spec: PolicySpec = {}): readonly string[] {
  return report(TEST + more, { payments: spec }).cases[0]?.differences ?? assert.fail('no case');
}

describe('policy/run-policy-tests', () => {
  it('finds a case as expected, by which rule and where it stands', () => {
    const { cases, uncovered } = report(TEST);
    assert.deepEqual(
      cases.map(({ name, place, differences, verdict, rule }) => ({ name, place, differences, verdict, rule })),
      [{ name: 'main comes', place: 't.yaml:6:7', differences: [], verdict: 'allow', rule: 'payments changes[0]' }],
    );
    assert.deepEqual(uncovered, []);
  });

  it('says what differs', () => {
    assert.deepEqual(differencesWith('      rule: payments changes[1]\n'), [
      'expected the rule payments changes[1], and it is payments changes[0]',
    ]);
    assert.deepEqual(differencesWith('      reason: no-policy\n'), ['expected the reason no-policy, and there is allowed']);
    const denied = report(TEST.replace('expect: allow', 'expect: deny')).cases[0];
    assert.deepEqual(denied?.differences, ['expected deny, and it is allow']);
    assert.deepEqual(report(TEST, {}).cases[0]?.differences, ['expected allow, and it is deny']);
  });

  it('names each of several rules that allow', () => {
    const subjects = [{ issuer: 'actions', match: { sub: 'x' } }];
    const who = '      subject: { issuer: actions, claims: { sub: x } }\n';
    for (const rule of ['payments changes[0]', 'payments subjects[0]', 'payments changes[0], payments subjects[0]'])
      assert.deepEqual(differencesWith(`${who}      rule: "${rule}"\n`, { subjects }), []);
    assert.deepEqual(differencesWith(`${who}      rule: payments subjects[1]\n`, { subjects }).length, 1);
  });

  it('tells which rules decide none of the cases', () => {
    const spec: PolicySpec = {
      changes: [{ ...mainOfApp, refs: ['refs/tags/*'] }, mainOfApp],
      subjects: [
        { issuer: 'actions', match: { sub: 'x' } },
        { issuer: 'corp', match: { sub: 'alice' } },
      ],
      validations: [{ expression: 'target.name == "app"', message: 'app only' }],
    };
    const { uncovered } = report(`${TEST}      subject: { issuer: corp, claims: { sub: alice } }\n`, { payments: spec });
    assert.deepEqual(uncovered, ['payments changes[0]', 'payments subjects[0]', 'payments validations[0]']);
  });

  it('judges what a case says came since the last allowed revision', () => {
    const spec: PolicySpec = { reviews: [{}], checks: ['build'], signed: { by: { people: ['ada'] } } };
    const { cases, uncovered } = report(TEST.replace('expect: allow', 'expect: deny\n      reason: no-range'), { payments: spec });
    assert.deepEqual(cases[0]?.differences, []);
    assert.deepEqual(uncovered, ['payments changes[0]', 'payments checks', 'payments signed']);
    const range = '      range: { commits: [ {} ], checks: [ { name: build, conclusion: success } ] }\n';
    const only = { checks: ['build'] };
    assert.deepEqual(differencesWith(range, only), []);
    assert.deepEqual(differencesWith(range.replace('success', 'failure'), only).length, 1);
    assert.deepEqual(differencesWith(range.replace('{ commits', '{ lacked: [ checks ], commits'), only).length, 1);
  });

  it('looks past audit mode', () => {
    const { cases } = report(TEST.replace('expect: allow', 'expect: deny').replace('refs/heads/main', 'refs/heads/dev'), {
      payments: { mode: 'audit' },
    });
    assert.deepEqual(cases[0]?.differences, []);
  });

  it('decides with what a case says, and nothing of the day', () => {
    const validations = [
      {
        expression:
          'now == timestamp("2026-01-01T00:00:00Z") && change.revision.size() == 40 && change.confirmed && change.actors.size() == 0 && target.name == "app"',
        message: 'm',
      },
    ];
    assert.deepEqual(differencesWith('', { validations }), []);
    const later = [{ expression: 'now.getFullYear() == 2030 && claims.groups == ["a"]', message: 'm' }];
    const subjects = [{ issuer: 'corp', match: { sub: 'alice' }, validations: later }];
    const more = '      now: 2030-05-01T10:00:00Z\n      subject: { issuer: corp, claims: { sub: alice, groups: [a] } }\n';
    assert.deepEqual(differencesWith(more, { subjects }), []);
  });

  it('takes for unconfirmed what a case says is', () => {
    const spec = { changes: [{ ...mainOfApp, confirmed: true }] };
    const text = TEST.replace('refs/heads/main }', 'refs/heads/main, confirmed: false }').replace(
      'expect: allow',
      'expect: deny\n      reason: unconfirmed',
    );
    assert.deepEqual(report(text, { payments: spec }).cases[0]?.differences, []);
  });

  const refused: readonly (readonly [what: string, from: string, to: string, expected: RegExp])[] = [
    ['an unknown key', 'expect:', 'expects:', /^t\.yaml:9:7: unknown key `expects` \(did you mean `expect`\?\)/m],
    ['an unknown verdict', 'expect: allow', 'expect: allowed', /^t\.yaml:9:15: .*\(did you mean `allow`\?\)/m],
    ['an unknown reason', 'expect: allow', 'expect: deny\n      reason: no-polcy', /^t\.yaml:10:15: .*did you mean `no-policy`/m],
    ['a short ref', 'refs/heads/main', 'main', /^t\.yaml:7:56: .*must be a full ref/m],
    ['a subject without a sub', 'expect: allow', 'expect: allow\n      subject: { issuer: x, claims: {} }', /`sub` is missing/],
    ['no case', CASE, '    []\n', /needs at least one entry/],
    ['a policy', 'PolicyTest', 'GatePolicy', /^t\.yaml:2:7: a GatePolicy cannot be used here/m],
  ];
  for (const [what, from, to, expected] of refused) {
    it(`refuses ${what}, saying where`, () => {
      assert.throws(
        () => report(TEST.replace(from, to)),
        (error) => error instanceof HeadgateError && error.code === 'POLICY_TEST_INVALID' && expected.test(error.message),
      );
    });
  }
});
