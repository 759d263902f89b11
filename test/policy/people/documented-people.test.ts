import assert from 'node:assert/strict';
import type { Person } from '#core/person.ts';
import { limits } from '#core/limits.ts';
import { parsePolicies } from '#policy/parse-policies.ts';
import { accountOf, openpgp, peopleOf, shown, ssh, subjectOf, written } from './samples.ts';

const jane = {
  accounts: [
    { source: 'hub', account: 5, name: 'jane' },
    { source: 'hub', account: '6' },
    { source: 'review', account: '5' },
  ],
  subjects: [{ issuer: 'corp', sub: 'u-1' }],
  keys: [{ openpgp: openpgp.text }, { ssh: ssh.ed25519.text }],
  groups: ['sre'],
};

function personOf(found: ReturnType<ReturnType<typeof peopleOf>['ofAccount']>): Person {
  return 'person' in found ? found.person : assert.fail(found.unresolved);
}

describe('policy/people/documented-people', () => {
  const people = peopleOf({
    Person: { jane, joe: { accounts: [{ source: 'hub', account: 7 }], leftAt: '2026-06-30' }, robot: { kind: 'bot', groups: ['sre'] } },
    Group: { payments: { members: ['jane', 'joe'] }, oncall: { claims: [{ issuer: 'corp', claim: 'groups', value: 'g-1' }] } },
  });

  it('finds one person under two accounts, a subject and keys', () => {
    assert.equal(shown(people.ofAccount('hub', accountOf('5'))), 'jane');
    assert.equal(shown(people.ofAccount('hub', accountOf('6'))), 'jane');
    assert.equal(shown(people.ofAccount('review', accountOf('5'))), 'jane');
    assert.equal(shown(people.ofSubject(subjectOf('u-1'))), 'jane');
    assert.equal(shown(people.ofKey(openpgp.fingerprint)), 'jane');
    assert.equal(shown(people.ofKey(ssh.ed25519.fingerprint)), 'jane');
    assert.deepEqual(
      people.keys.map(({ person, kind, fingerprint }) => [person, kind, fingerprint]),
      [
        ['jane', 'openpgp', openpgp.fingerprint],
        ['jane', 'ssh', ssh.ed25519.fingerprint],
      ],
    );
  });

  it('says why it finds nobody', () => {
    assert.equal(shown(people.ofAccount('hub', accountOf('8', 'ann'))), '? no document names account ann (8) of hub');
    assert.equal(shown(people.ofAccount('review', accountOf('6', 'ann'))), '? no document names account ann (6) of review');
    assert.equal(shown(people.ofAccount('hub', accountOf(null, 'jane'))), '? hub names no id of account jane');
    assert.equal(shown(people.ofAccount('hub', null)), '? hub names no account');
    assert.equal(shown(people.ofSubject(subjectOf('u-2'))), '? no document names subject u-2 of corp');
    assert.equal(shown(people.ofSubject(subjectOf('u-1', {}, 'other'))), '? no document names subject u-1 of other');
    assert.equal(shown(people.ofKey('ssh:SHA256:x')), '? no document lists key ssh:SHA256:x');
  });

  it('never finds anybody by the name of an account', () => {
    assert.match(shown(people.ofAccount('hub', accountOf('9', 'jane'))), /^\? no document names/);
  });

  it('takes groups from the person and from the group', () => {
    const person = personOf(people.ofAccount('hub', accountOf('5')));
    assert.deepEqual(people.groupsOf(person, 0), ['payments', 'sre']);
    assert.equal(people.isIn(person, 'sre', 0), true);
    assert.equal(people.isIn(person, 'payments', 0), true);
    for (const group of ['oncall', 'SRE', 'sr', '', 'constructor', '__proto__']) assert.equal(people.isIn(person, group, 0), false, group);
  });

  it('has whoever left in no group from that day on', () => {
    const person = personOf(people.ofAccount('hub', accountOf('7')));
    assert.equal(people.isIn(person, 'payments', Date.parse('2026-06-29T23:59:59Z')), true);
    assert.equal(people.isIn(person, 'payments', Date.parse('2026-06-30T00:00:00Z')), false);
    assert.deepEqual(people.groupsOf(person, Date.parse('2026-07-01T00:00:00Z')), []);
  });

  it('knows of a group that somebody names, and says so of one that nobody does', () => {
    assert.equal(people.doubt('sre', 0), null);
    assert.equal(people.doubt('oncall', 0), null);
    assert.equal(people.doubt('ops', 0), 'there is no group ops');
  });

  const claims: readonly (readonly [title: string, claims: Readonly<Record<string, unknown>>, isIn: boolean])[] = [
    ['a list with the value puts in the group', { groups: ['g-0', 'g-1'], iat: 100 }, true],
    ['text never does', { groups: 'g-1', iat: 100 }, false],
    ['text that holds the value does not', { groups: 'g-1,g-2', iat: 100 }, false],
    ['a longer entry does not', { groups: ['g-11'], iat: 100 }, false],
    ['another case does not', { groups: ['G-1'], iat: 100 }, false],
    ['a list within the list does not', { groups: [['g-1']], iat: 100 }, false],
    ['a mapping does not', { groups: { 'g-1': true }, iat: 100 }, false],
    ['a claim that is inherited does not', Object.create({ groups: ['g-1'], iat: 100 }) as Record<string, unknown>, false],
    ['a token without a time does not', { groups: ['g-1'] }, false],
  ];
  for (const [title, said, isIn] of claims)
    it(`groups of a token: ${title}`, () => {
      const person = personOf(people.ofSubject(subjectOf('u-1', said)));
      assert.equal(people.isIn(person, 'oncall', 100_000), isIn);
    });

  it('forgets groups of a token when it is old, and of another issuer', () => {
    const person = personOf(people.ofSubject(subjectOf('u-1', { groups: ['g-1'], iat: 100 })));
    assert.equal(people.isIn(person, 'oncall', 100_000 + limits.people.claimAge - 1), true);
    assert.equal(people.isIn(person, 'oncall', 100_000 + limits.people.claimAge), false);
    const other = peopleOf({
      Person: { jane: { subjects: [{ issuer: 'ci', sub: 'u-1' }] } },
      Group: { oncall: { claims: [{ issuer: 'corp', claim: 'groups', value: 'g-1' }] } },
    });
    const foreign = personOf(other.ofSubject(subjectOf('u-1', { groups: ['g-1'], iat: 100 }, 'ci')));
    assert.equal(other.isIn(foreign, 'oncall', 100_000), false);
  });

  it('means nothing by names that objects inherit', () => {
    for (const name of ['__proto__', 'constructor', 'toString', 'hasOwnProperty']) {
      assert.match(shown(people.ofAccount('hub', accountOf(name, name))), /^\?/);
      assert.match(shown(people.ofAccount(name, accountOf('5'))), /^\?/);
      assert.match(shown(people.ofSubject(subjectOf(name))), /^\?/);
      assert.match(shown(people.ofKey(name)), /^\?/);
    }
    const named = peopleOf({ Person: { constructor: { accounts: [{ source: 'hub', account: '__proto__' }], groups: ['constructor'] } } });
    const person = personOf(named.ofAccount('hub', accountOf('__proto__')));
    assert.equal(named.isIn(person, 'constructor', 0), true);
    assert.match(shown(named.ofAccount('hub', accountOf('constructor'))), /^\?/);
  });

  it('hashes what documents mean, and changes the hash of the policy set with it', () => {
    const hashes = [
      {},
      { Person: { jane: {} } },
      { Person: { jane: { kind: 'bot' } } },
      { Person: { jane: { groups: ['sre'] } } },
      { Person: { jane: { leftAt: '2026-06-30' } } },
      { Person: { jane: { accounts: [{ source: 'hub', account: 1 }] } } },
      { Person: { jane: { subjects: [{ issuer: 'corp', sub: 'u-1' }] } } },
      { Person: { jane: { keys: [{ ssh: ssh.ed25519.text }] } } },
      { Person: { jane: {} }, Group: { sre: {} } },
      { Person: { jane: {} }, Group: { sre: { members: ['jane'] } } },
      { Group: { sre: { claims: [{ issuer: 'corp', claim: 'groups', value: 'g-1' }] } } },
      { Group: { sre: { teams: [{ source: 'hub', team: 'org/sre' }] } } },
      { PersonRule: { corp: { issuer: 'corp', claim: 'preferred_username', accounts: [{ source: 'hub' }] } } },
    ].map((documents) => parsePolicies([{ name: 'p', text: written(documents) }]).hash);
    assert.equal(new Set(hashes).size, hashes.length);
    const [none] = hashes;
    assert.equal(none, parsePolicies([]).hash);
    const [a, b] = [{ jane: {} }, { joe: {} }].map((Person) => written({ Person }));
    const hash = (...texts: readonly (string | undefined)[]): string =>
      parsePolicies(texts.map((text, index) => ({ name: String(index), text: text ?? '' }))).hash;
    assert.equal(hash(a, b), hash(b, a));
    const named = { jane: { accounts: [{ source: 'hub', account: 1 }] } };
    const renamed = { jane: { accounts: [{ source: 'hub', account: '1', name: 'jane' }] } };
    assert.equal(peopleOf({ Person: named }).hash, peopleOf({ Person: renamed }).hash);
  });
});
