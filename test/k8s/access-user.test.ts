import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Subject } from '#core/subject.ts';
import { kubeUserOf, type AccessSubject, type KubeUser } from '#k8s/access-user.ts';

const corp: AccessSubject = {
  issuer: 'corp',
  user: { claim: 'email', prefix: 'oidc:' },
  groups: { claim: ['realm_access', 'roles'], prefix: 'oidc:' },
};
const bare: AccessSubject = { issuer: 'corp', user: { claim: 'name', prefix: '' }, groups: { claim: 'groups', prefix: '' } };

const subject = (claims: Readonly<Record<string, unknown>>, sub = 'ada', issuer = 'corp'): Subject => ({
  issuer,
  iss: 'https://login.example.com',
  sub,
  claims: { sub, ...claims },
});
const userOf = (claims: Readonly<Record<string, unknown>>, templates: readonly AccessSubject[] = [corp]): KubeUser | string =>
  kubeUserOf(subject(claims), false, templates);

describe('k8s/access-user', () => {
  it('puts the prefixes of the cluster before the claims, and adds system:authenticated', () => {
    assert.deepEqual(userOf({ email: 'ada@example.com', realm_access: { roles: ['sre', 'dev'] } }), {
      user: 'oidc:ada@example.com',
      groups: ['oidc:sre', 'oidc:dev', 'system:authenticated'],
    });
    assert.deepEqual(userOf({ email: 'ada@example.com' }), { user: 'oidc:ada@example.com', groups: ['system:authenticated'] });
  });

  it('puts a service account of the cluster itself into the groups that the API server does, whatever its claims say', () => {
    assert.deepEqual(kubeUserOf(subject({ groups: ['system:masters'] }, 'system:serviceaccount:ci:deployer', 'prod-sa'), true, []), {
      user: 'system:serviceaccount:ci:deployer',
      groups: ['system:serviceaccounts', 'system:serviceaccounts:ci', 'system:authenticated'],
    });
    assert.match(JSON.stringify(kubeUserOf(subject({}, 'system:masters'), true, [])), /is no service account/);
  });

  const refused: readonly (readonly [string, Readonly<Record<string, unknown>>, readonly AccessSubject[], RegExp])[] = [
    [
      'of an issuer that the cluster does not list',
      { email: 'a@b.c' },
      [{ ...corp, issuer: 'other' }],
      /does not say how subjects of issuer corp/,
    ],
    ['without the claim', {}, [corp], /no text as claim email/],
    ['with an empty claim', { email: '' }, [corp], /no text as claim email/],
    ['whose claim is no text', { email: ['a@b.c'] }, [corp], /no text as claim email/],
    ['whose address is not verified', { email: 'a@b.c', email_verified: false }, [corp], /has not verified/],
    ['whose address is verified by a word', { email: 'a@b.c', email_verified: 'true' }, [corp], /has not verified/],
    ['who claims a name of Kubernetes', { name: 'system:admin' }, [bare], /system:admin is a name of Kubernetes/],
    ['who claims it in capitals', { name: 'SYSTEM:admin' }, [bare], /is a name of Kubernetes/],
    [
      'who claims system:masters as a group',
      { name: 'ada', groups: ['dev', 'system:masters'] },
      [bare],
      /system:masters is a name of Kubernetes/,
    ],
    [
      'whose claim completes a prefix to one',
      { name: 'tem:masters' },
      [{ issuer: 'corp', user: { claim: 'name', prefix: 'sys' } }],
      /is a name of/,
    ],
    ['whose groups are one text', { email: 'a@b.c', realm_access: { roles: 'sre' } }, [corp], /is not a list/],
    ['with a group that is no text', { email: 'a@b.c', realm_access: { roles: [1] } }, [corp], /is not a list of text/],
    ['with an empty group', { name: 'ada', groups: [''] }, [bare], /is not a list of text/],
    ['with control characters', { name: 'ada\n' }, [bare], /control characters/],
    [
      'who has the claim by inheritance only',
      {},
      [{ issuer: 'corp', user: { claim: 'constructor', prefix: '' } }],
      /no text as claim constructor/,
    ],
  ];
  for (const [who, claims, templates, why] of refused)
    it(`knows nobody ${who}`, () => {
      const said = userOf(claims, templates);
      assert.ok(typeof said === 'string', JSON.stringify(said));
      assert.match(said, why);
    });

  it('never comes to an empty user or to a name of Kubernetes, whatever is claimed', () => {
    const names = fc.oneof(fc.string(), fc.constantFrom('system:masters', 'System:node', 'tem:x', ''));
    const claims = fc.record({ name: names, groups: fc.oneof(fc.array(names), names) });
    const prefixes = fc.constantFrom('', 'sys', 'oidc:', 'SYSTEM');
    fc.assert(
      fc.property(claims, prefixes, prefixes, (claimed, one, two) => {
        const template = { issuer: 'corp', user: { claim: 'name', prefix: one }, groups: { claim: 'groups', prefix: two } };
        const said = userOf(claimed, [template]);
        if (typeof said === 'string') return;
        assert.notEqual(said.user, '');
        const groups = said.groups.filter((group) => group !== 'system:authenticated');
        for (const name of [said.user, ...groups]) assert.ok(!name.toLowerCase().startsWith('system:'), name);
      }),
    );
  });
});
