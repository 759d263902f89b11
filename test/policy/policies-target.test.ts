import assert from 'node:assert/strict';
import { policiesFootprint, policiesTarget } from '#core/policies-target.ts';
import { accessOff } from '#core/access.ts';
import type { Footprint } from '#core/target.ts';
import type { Decision } from '#core/decision.ts';
import { unasked } from '#core/range-evidence.ts';
import { decide } from '#policy/decide.ts';
import type { PolicySet } from '#policy/documents.ts';
import { parsePolicies } from '#policy/parse-policies.ts';
import { showPolicy } from '#policy/show-policy.ts';
import { change, footprint } from './samples.ts';

const platform = { source: 'hub', repositories: ['org/platform'], refs: ['refs/heads/main'], confirmed: true };
const everything = { source: '*', repositories: ['**'], refs: ['**'], confirmed: false };

function set(...specs: readonly object[]): PolicySet {
  const texts = specs.map((spec, n) =>
    JSON.stringify({ apiVersion: 'headgate.dev/v1alpha1', kind: 'GatePolicy', metadata: { name: `p${n}` }, spec }),
  );
  return parsePolicies(texts.map((text, n) => ({ name: `${n}.yaml`, text })));
}

function decideFor(
  policies: PolicySet,
  where: Footprint = policiesFootprint,
  of = change({ repository: 'org/platform', confirmed: true }),
): Decision {
  const identities = { subject: null };
  return decide({
    change: of,
    footprint: where,
    identities,
    policies,
    range: unasked,
    access: accessOff,
    caseSensitive: true,
    votes: false,
    now: 1,
    id: 'dec_1',
  });
}

describe('a change of the policies themselves', () => {
  it('is allowed by a policy that is about them', () => {
    const decision = decideFor(set({ targets: [{ policies: true }], changes: [platform] }));
    assert.deepEqual([decision.verdict, decision.rule, decision.target], ['allow', 'p0 changes[0]', policiesTarget]);
  });

  it('is denied where the rule does not fit', () => {
    const elsewhere = change({ repository: 'org/app', confirmed: true });
    assert.equal(decideFor(set({ targets: [{ policies: true }], changes: [platform] }), policiesFootprint, elsewhere).verdict, 'deny');
  });

  it('is denied where no policy is about them, whatever patterns would match', () => {
    for (const targets of [
      [{ clusters: ['**'], namespaces: ['**'] }],
      [{ clusters: ['*'], namespaces: ['*'] }],
      [{ clusters: ['headgate'], namespaces: ['policies'] }],
    ]) {
      const { verdict, reasons } = decideFor(set({ targets, changes: [everything] }));
      assert.deepEqual([verdict, reasons[0]?.code], ['deny', 'no-policy'], JSON.stringify(targets));
      assert.match(reasons[0]?.message ?? '', /no policy is about the policies themselves/);
    }
  });

  it('must be allowed by every policy that is about them', () => {
    const both = set(
      { targets: [{ policies: true }], changes: [everything] },
      { targets: [{ policies: true }], changes: [{ ...platform, refs: ['refs/heads/other'] }] },
    );
    assert.deepEqual([decideFor(both).verdict, decideFor(both).policies.map(({ name }) => name)], ['deny', ['p0', 'p1']]);
  });

  it('says nothing about namespaces of clusters', () => {
    const policies = set({ targets: [{ policies: true }], changes: [everything] });
    for (const namespaces of [['payments'], ['policies']]) {
      assert.equal(decideFor(policies, footprint(namespaces)).reasons[0]?.code, 'no-policy');
    }
  });

  it('may be one of several targets of a policy', () => {
    const policies = set({ targets: [{ clusters: ['prod'], namespaces: ['payments'] }, { policies: true }], changes: [everything] });
    assert.equal(decideFor(policies).verdict, 'allow');
    assert.equal(decideFor(policies, footprint(['payments'])).verdict, 'allow');
    const [policy] = policies.policies;
    assert.ok(policy);
    assert.deepEqual(showPolicy(policy).targets, [{ clusters: ['prod'], namespaces: ['payments'] }, { policies: true }]);
  });

  const refused: readonly (readonly [string, object, RegExp])[] = [
    ['clusters beside them', { policies: true, clusters: ['prod'], namespaces: ['x'] }, /`spec.targets\[0\].policies`: stands alone/],
    ['false', { policies: false }, /policies/],
    ['clusters without namespaces', { clusters: ['prod'] }, /namespaces`: is missing/],
    ['namespaces without clusters', { namespaces: ['x'] }, /clusters`: is missing/],
    ['nothing', {}, /clusters`: is missing/],
  ];
  for (const [what, target, message] of refused) {
    it(`is refused at load with ${what}`, () => {
      assert.throws(
        () => set({ targets: [target], changes: [platform] }),
        (error: Error) => {
          assert.match(error.message, message);
          return true;
        },
      );
    });
  }
});
