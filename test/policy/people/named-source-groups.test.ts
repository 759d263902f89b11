import assert from 'node:assert/strict';
import { parsePolicies } from '#policy/parse-policies.ts';
import { sourceGroupsNamed } from '#policy/people/named-people.ts';

const [own, other] = ['a'.repeat(40), 'b'.repeat(40)];
const policy = (groups: string): string => `apiVersion: headgate.dev/v1alpha1
kind: GatePolicy
metadata: { name: pay }
spec:
  targets: [ { clusters: [ prod ], namespaces: [ pay ] } ]
  changes: [ { source: review, repositories: [ pay ], refs: [ refs/heads/main ], pushers: { groups: [ ${groups} ] } } ]
`;
const group = `apiVersion: headgate.dev/v1alpha1
kind: Group
metadata: { name: release }
spec: { sourceGroups: [ { source: review, uuid: ${own} }, { source: elsewhere, uuid: ${other} } ] }
`;
const named = (text: string, source = 'review'): readonly string[] => sourceGroupsNamed(parsePolicies([{ name: 'a.yaml', text }]), source);

describe('groups of a source that policies name', () => {
  it('are those that they name themselves, and those of documents that they name, each once', () => {
    assert.deepEqual(named(`${policy(`release, "review:${own}", "review:ldap:cn=x"`)}---\n${group}`), [own, 'ldap:cn=x']);
    assert.deepEqual(named(`${policy('release')}---\n${group}`, 'elsewhere'), [other]);
  });

  it('are none where no policy names any', () => {
    assert.deepEqual(named(`${policy('sre')}---\n${group}`), []);
    assert.deepEqual(named(policy('sre')), []);
  });
});
