import assert from 'node:assert/strict';
import fc from 'fast-check';
import { accessOff, accessUnasked, type Access } from '#core/access.ts';
import { remedies } from '#core/remedies.ts';
import { decideSample, policies } from './samples.ts';

const ada = { answer: 'asked', user: 'oidc:ada', reason: null } as const;
const allows: readonly Access[] = [accessOff, { answer: 'nobody', allowed: true }, { ...ada, allowed: true }];
const denies: readonly (readonly [Access, string, RegExp])[] = [
  [{ ...ada, allowed: false }, 'access-denied', /cluster prod does not allow oidc:ada to reconcile GitRepository flux-system\/app/],
  [{ answer: 'nobody', allowed: false }, 'access-nobody', /nobody verified stands behind/],
  [{ answer: 'unmapped', why: 'no claim' }, 'access-unmapped', /no claim/],
  [{ answer: 'unavailable', why: 'away', passing: true }, 'access-unavailable', /away/],
  [accessUnasked, 'access-unavailable', /was not asked/],
];

describe('the second authority in a decision', () => {
  for (const access of allows)
    it(`lets policy decide when it answers ${JSON.stringify(access)}`, () => {
      assert.equal(decideSample(policies({ payments: {} }), { access }).verdict, 'allow');
      assert.equal(
        decideSample(policies({ payments: { changes: [{ source: 'other', repositories: ['*'], refs: ['**'] }] } }), { access }).verdict,
        'deny',
      );
    });

  for (const [access, code, message] of denies)
    it(`denies what policy allows by ${code}: ${JSON.stringify(access)}`, () => {
      const { verdict, rule, reasons } = decideSample(policies({ payments: {} }), { access });
      assert.deepEqual([verdict, rule, reasons.map((reason) => reason.code)], ['deny', 'access', [code]]);
      assert.match(reasons[0]?.message ?? '', message);
      assert.ok(remedies[code], 'and there is something that would make it pass');
    });

  it('denies in audit mode too: what policies only note, a cluster may still refuse', () => {
    for (const [access] of denies) {
      const { verdict, wouldBe } = decideSample(policies({ payments: { mode: 'audit' } }), { access });
      assert.deepEqual([verdict, wouldBe], ['deny', null]);
    }
  });

  it('never allows what no policy allows, whatever it answers', () => {
    const answers = fc.constantFrom(...allows, ...denies.map(([access]) => access));
    fc.assert(
      fc.property(answers, (access) => {
        const { verdict, rule } = decideSample(policies({ payments: { targets: [{ clusters: ['other'], namespaces: ['*'] }] } }), {
          access,
        });
        assert.deepEqual([verdict, rule], ['deny', 'default']);
      }),
    );
  });

  it('is a fact of the decision, with the user that was asked about and why', () => {
    const { facts, lacked } = decideSample(policies({ payments: {} }), { access: { ...ada, allowed: true, reason: 'RBAC: allowed' } });
    assert.deepEqual([facts['access'], facts['accessUser'], facts['accessReason']], ['allowed', 'oidc:ada', 'RBAC: allowed']);
    assert.ok(!lacked.includes('access'));
    const away = decideSample(policies({ payments: {} }), { access: accessUnasked });
    assert.equal(away.facts['access'], 'unavailable: the cluster was not asked');
    assert.ok(away.lacked.includes('access'));
    assert.ok(!Object.hasOwn(decideSample(policies({ payments: {} })).facts, 'access'), 'and none where there is no second authority');
  });
});
