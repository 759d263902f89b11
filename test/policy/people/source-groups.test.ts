import assert from 'node:assert/strict';
import type { Account } from '#core/account.ts';
import type { PullFacts } from '#core/ports/read-back.ts';
import type { Person } from '#core/person.ts';
import { parsePolicies } from '#policy/parse-policies.ts';
import { DocumentedPeople } from '#policy/people/documented-people.ts';
import { namedPeopleTroubles } from '#policy/people/named-people.ts';
import { commit, evidence, push } from '../range-samples.ts';
import { decideSample, mainOfApp, policies, type PolicySpec } from '../samples.ts';
import { brought, vote } from '../vote-samples.ts';
import { problemsOf, shown, written } from './samples.ts';

const RELEASE = 'a1'.repeat(20);
const LDAP = 'ldap:cn=release,ou=groups,dc=example,dc=com';
const documents = written({
  Person: {
    ada: { accounts: [{ source: 'hub', account: 1 }] },
    bob: { accounts: [{ source: 'hub', account: 2 }] },
    max: { accounts: [{ source: 'hub', account: 7 }], leftAt: '1970-01-01' },
  },
  Group: { release: { sourceGroups: [{ source: 'hub', uuid: RELEASE }] }, directory: { sourceGroups: [{ source: 'hub', uuid: LDAP }] } },
});
const account = (id: string, ...groups: readonly string[]): Account => ({ account: id, name: `user-${id}`, kind: 'human', groups });

function people(): DocumentedPeople {
  const { people: read } = parsePolicies([{ name: 'p', text: documents }]);
  return read instanceof DocumentedPeople ? read : assert.fail('no people');
}

function personOf(one: Account, source = 'hub'): Person {
  const found = people().ofAccount(source, one);
  return 'person' in found ? found.person : assert.fail(shown(found));
}

describe('policy/people: groups of a source by their UUID', () => {
  it('hold whoever has an account that the source saw in them, under the name of the document and their own', () => {
    const ada = personOf(account('1', RELEASE, 'b2'.repeat(20)));
    const isIn = (group: string): boolean => people().isIn(ada, group, 1_000);
    assert.deepEqual([isIn('release'), isIn(`hub:${RELEASE}`), isIn(`hub:${'b2'.repeat(20)}`)], [true, true, true]);
    assert.deepEqual([isIn('directory'), isIn(`hub:${LDAP}`), isIn(`hub:${'c3'.repeat(20)}`)], [false, false, false]);
    assert.deepEqual(people().groupsOf(ada, 1_000), ['release']);
    assert.equal(people().isIn(personOf(account('1', LDAP)), 'directory', 1_000), true);
  });

  it('hold nobody whom the source did not see there, who left, or whose account is of another source', () => {
    assert.equal(people().isIn(personOf(account('1')), 'release', 1_000), false);
    assert.equal(people().isIn(personOf(account('7', RELEASE)), 'release', 1_000), false);
    assert.equal(people().isIn(personOf(account('1', RELEASE)), `review:${RELEASE}`, 1_000), false);
    assert.ok('unresolved' in people().ofAccount('review', account('1', RELEASE)));
  });

  it('are never found by a name, or by an id that begins or ends like theirs', () => {
    for (const said of ['release', RELEASE.toUpperCase(), RELEASE.slice(1), `${RELEASE} `, `hub:${RELEASE}`])
      assert.equal(people().isIn(personOf(account('1', said)), 'release', 1_000), false, said);
  });

  it('leave it open whether somebody is in them who was not seen there', () => {
    for (const group of ['release', `hub:${RELEASE}`])
      assert.match(people().doubt(group, 1_000) ?? '', /hub:a1a1.* was not among the groups.*may not see it, or they are not in it/);
    assert.equal(people().doubt('hub:org/team', 1_000), 'there is no group hub:org/team');
  });

  it('are written by UUID alone', () => {
    const problem = (uuid: string) => problemsOf(written({ Group: { g: { sourceGroups: [{ source: 'hub', uuid }] } } })).join();
    for (const uuid of ['Release Managers', 'release', 'a1'.repeat(19), 'global:Registered-Users', '', 'ldap:'])
      assert.match(problem(uuid), /UUID/, uuid);
    for (const uuid of [RELEASE, LDAP, 'user:jane'])
      parsePolicies([{ name: 'p', text: written({ Group: { g: { sourceGroups: [{ source: 'hub', uuid }] } } }) }]);
  });

  it('stand in policies by UUID, and not by their name', () => {
    const pushedBy = (group: string): PolicySpec => ({ changes: [{ ...mainOfApp, pushers: { groups: [group] } }] });
    for (const group of [`hub:${RELEASE}`, `hub:${LDAP}`, 'hub:org/team']) policies({ payments: pushedBy(group) });
    for (const group of ['hub:Release Managers', 'hub:release', 'hub:global:Registered-Users'])
      assert.throws(() => policies({ payments: pushedBy(group) }), /`source:UUID`/, group);
  });

  it('are not missed by the check of what policies name', () => {
    const set = policies(
      { payments: { changes: [{ ...mainOfApp, pushers: { groups: [`hub:${RELEASE}`, 'release', 'none'] } }] } },
      documents,
    );
    assert.deepEqual(namedPeopleTroubles(set, 1_000, true), ['policy payments names group none, but there is no group none']);
  });

  describe('decide', () => {
    const decided = (spec: PolicySpec, given: Parameters<typeof evidence>[0], submitter: Account, pushers = [submitter]) => {
      const range = evidence({ commits: [commit({ hands: [account('2')] })], ...given });
      const actors = pushers.map((one) => ({ role: 'pusher' as const, ...one }));
      return decideSample(policies({ payments: spec }, documents), { change: { ...push, actors }, range, votes: true, now: 1_000_000_000 });
    };
    const [bob, ada] = [account('2'), account('1', RELEASE)];
    const by = (submitter: Account, voter: Account) =>
      brought({ uploader: bob, votes: [vote({ by: voter })] }, { author: bob, mergedBy: submitter });

    it('whose votes count', () => {
      const spec = { reviews: [{ from: { groups: [`hub:${RELEASE}`] } }] };
      assert.equal(decided(spec, by(bob, ada), bob).verdict, 'allow');
      const { verdict, reasons } = decided(spec, by(bob, account('1')), bob);
      assert.equal(verdict, 'deny');
      assert.match(reasons[0]?.message ?? '', /user-1 is ada, who is not in hub:a1a1.*Headgate's account may not see it/);
    });

    it('who must have submitted each change, also those that the last submit brought along', () => {
      const spec = { changes: [{ ...mainOfApp, pushers: { groups: ['release'] } }] };
      const under = { ...by(bob, ada).pulls?.[0], number: 13 } as PullFacts;
      const commits = [commit(), commit({ id: 'd'.repeat(40), broughtBy: 13 })];
      const given = { commits, pulls: [...(by(ada, ada).pulls ?? []), under] };
      assert.equal(decided(spec, { ...given, pulls: [...(by(ada, ada).pulls ?? []), { ...under, mergedBy: ada }] }, ada).verdict, 'allow');
      for (const told of [given, { ...given, pulls: given.pulls.toReversed() }])
        assert.deepEqual(
          decided(spec, told, ada).reasons.map(({ code }) => code),
          ['other-pusher'],
        );
      const swept = decided(spec, given, ada, []);
      assert.deepEqual([swept.verdict, swept.rule], ['deny', 'payments changes[0]']);
      const all = { ...given, pulls: given.pulls.map((one) => ({ ...one, mergedBy: ada })) };
      assert.equal(decided(spec, all, ada, []).verdict, 'allow');
      assert.equal(decided(spec, all, bob).verdict, 'deny');
      const unknown = { ...given, pulls: given.pulls.map((one) => ({ ...one, mergedBy: null })) };
      const partly = { ...given, pulls: [...(by(ada, ada).pulls ?? []), { ...under, mergedBy: null }] };
      assert.equal(decided(spec, partly, ada, []).verdict, 'deny');
      assert.deepEqual(
        decided(spec, unknown, ada, []).reasons.map(({ code }) => code),
        ['no-pusher'],
      );
    });

    it('who must have pushed where no change was submitted', () => {
      const spec = { changes: [{ ...mainOfApp, reviewed: false, pushers: { groups: ['release'] } }] };
      const given = { commits: [commit({ broughtBy: null })], pulls: [] };
      assert.deepEqual([decided(spec, given, ada).verdict, decided(spec, given, bob).verdict], ['allow', 'deny']);
      for (const lacked of [[], ['coverage' as const]])
        assert.deepEqual(
          decided(spec, { ...given, lacked }, ada, lacked.length === 0 ? [] : [ada]).reasons.map(({ code }) => code),
          ['no-pusher'],
        );
    });

    it('who must have submitted', () => {
      const spec = { changes: [{ ...mainOfApp, pushers: { groups: ['release'] } }] };
      assert.equal(decided(spec, by(ada, ada), ada).verdict, 'allow');
      const { verdict, reasons } = decided(spec, by(bob, ada), bob);
      assert.deepEqual([verdict, reasons[0]?.code], ['deny', 'other-pusher']);
      assert.match(reasons[0]?.message ?? '', /bob is none of group release \(hub:a1a1.*may not see it/);
    });
  });
});
