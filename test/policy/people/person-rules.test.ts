import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { People } from '#core/person.ts';
import { accountOf, peopleOf, shown, subjectOf } from './samples.ts';

const managed = {
  corp: {
    issuer: 'corp',
    claim: 'preferred_username',
    claimSuffix: '@corp.example',
    accounts: [{ source: 'hub', suffix: '_corp' }, { source: 'review' }],
  },
};

function account(people: People, name: string, id = '5', source = 'hub'): string {
  return shown(people.ofAccount(source, accountOf(id, name)));
}

function subject(people: People, user: unknown, sub = 'u-1'): string {
  return shown(people.ofSubject(subjectOf(sub, { preferred_username: user })));
}

describe('policy/people: PersonRule', () => {
  const people = peopleOf({ PersonRule: managed });

  it('joins accounts and tokens by the user name that an identity provider manages', () => {
    assert.equal(account(people, 'jane_corp'), 'corp:jane');
    assert.equal(account(people, 'jane', '9', 'review'), 'corp:jane');
    assert.equal(subject(people, 'jane@corp.example'), 'corp:jane');
  });

  it('takes names that differ in case only for one', () => {
    assert.equal(account(people, 'Jane_corp'), 'corp:jane');
    assert.equal(subject(people, 'JANE@Corp.example'), 'corp:jane');
  });

  const nobody: readonly (readonly [title: string, found: string])[] = [
    ['an account without the suffix', account(people, 'jane')],
    ['an account that is the suffix alone', account(people, '_corp')],
    ['an account of a source that no rule is about', account(people, 'jane_corp', '5', 'other')],
    ['an account without an id', shown(people.ofAccount('hub', accountOf(null, 'jane_corp')))],
    ['a bot of GitHub', account(people, 'jane[bot]_corp')],
    ['a name with a letter that becomes ASCII in lower case', account(people, '\u212Aate_corp')],
    ['a name with a space', account(people, 'jane doe_corp')],
    ['a service account of Keycloak', subject(people, 'service-account-ci@corp.example')],
    ['a claim without the suffix', subject(people, 'jane')],
    ['a claim of another domain', subject(people, 'jane@other.example')],
    ['a claim that is a list', subject(people, ['jane@corp.example'])],
    ['a claim that is missing', shown(people.ofSubject(subjectOf('u-1')))],
    ['a token of another issuer', shown(people.ofSubject(subjectOf('u-1', { preferred_username: 'jane@corp.example' }, 'ci')))],
  ];
  for (const [title, found] of nobody) it(`makes nobody of ${title}`, () => assert.match(found, /^\? /));

  it('takes an email only if the token says that it is verified', () => {
    const mail = peopleOf({ PersonRule: { corp: { ...managed.corp, claim: 'email' } } });
    const found = (claims: object): string => shown(mail.ofSubject(subjectOf('u-1', { email: 'jane@corp.example', ...claims })));
    assert.equal(found({ email_verified: true }), 'corp:jane');
    for (const claims of [{}, { email_verified: false }, { email_verified: 'true' }])
      assert.match(found(claims), /not say that its email is verified/);
  });

  it('leaves out who is excepted', () => {
    const some = peopleOf({ PersonRule: { corp: { ...managed.corp, except: ['svc-*'] } } });
    assert.match(account(some, 'svc-deploy_corp'), /rule corp leaves svc-deploy out/);
    assert.equal(account(some, 'jane_corp'), 'corp:jane');
  });

  it('means the person of the document that names the user', () => {
    const some = peopleOf({
      PersonRule: managed,
      Person: { jane: { subjects: [{ issuer: 'corp', userName: 'Jane' }], accounts: [{ source: 'hub', account: 5 }], groups: ['sre'] } },
    });
    assert.equal(account(some, 'jane_corp'), 'jane');
    assert.equal(account(some, 'jane_corp', '99'), 'jane');
    assert.equal(account(some, 'jane-private'), 'jane');
    assert.equal(subject(some, 'jane@corp.example'), 'jane');
    const found = some.ofAccount('hub', accountOf('99', 'jane_corp'));
    assert.ok('person' in found);
    assert.deepEqual(found.person.accounts, [
      { source: 'hub', account: '5' },
      { source: 'hub', account: '99' },
    ]);
    assert.equal(some.isIn(found.person, 'sre', 0), true);
  });

  it('leaves an account unresolved that a document gives to somebody else', () => {
    const some = peopleOf({
      PersonRule: managed,
      Person: {
        jane: { subjects: [{ issuer: 'corp', userName: 'jane' }], accounts: [{ source: 'hub', account: 5 }] },
        joe: { subjects: [{ issuer: 'corp', userName: 'joe' }] },
      },
    });
    assert.equal(account(some, 'joe_corp'), "? account joe_corp (5) of hub is jane's by a document, and joe's by rule corp");
    assert.equal(account(some, 'ann_corp'), "? account ann_corp (5) of hub is jane's by a document, and corp:ann's by rule corp");
  });

  it('leaves a token unresolved whose user name a document gives to another subject', () => {
    const some = peopleOf({ PersonRule: managed, Person: { jane: { subjects: [{ issuer: 'corp', sub: 'u-1', userName: 'jane' }] } } });
    assert.equal(subject(some, 'jane@corp.example', 'u-1'), 'jane');
    assert.match(
      subject(some, 'jane@corp.example', 'u-2'),
      /^\? subject u-2 of corp: user name jane of corp is that of jane, whose documents/,
    );
    assert.match(subject(some, 'joe@corp.example', 'u-1'), /^\? subject u-1 of corp is jane's by a document, and corp:joe's by rule corp/);
  });

  it('leaves an account unresolved that two issuers give to two persons', () => {
    const other = { issuer: 'other', claim: 'name', accounts: [{ source: 'review' }] };
    const some = peopleOf({ PersonRule: { ...managed, other } });
    assert.match(
      account(some, 'jane', '5', 'review'),
      /^\? account jane \(5\) of review is corp:jane's by rule corp, and other:jane's by rule other/,
    );
    const both = [
      { issuer: 'corp', userName: 'jane' },
      { issuer: 'other', userName: 'jane' },
    ];
    const joined = peopleOf({ PersonRule: { ...managed, other }, Person: { jane: { subjects: both } } });
    assert.equal(account(joined, 'jane', '5', 'review'), 'jane');
  });

  it('leaves a machine of the documents as they say, whatever its name', () => {
    const some = peopleOf({
      PersonRule: managed,
      Person: { deployer: { kind: 'bot', accounts: [{ source: 'hub', account: 5 }], subjects: [{ issuer: 'corp', sub: 'u-1' }] } },
    });
    assert.equal(account(some, 'jane_corp'), 'deployer');
    assert.equal(subject(some, 'jane@corp.example'), 'deployer');
  });
});

/** Humans by number; what documents say of them is true, and may be little. */
const world = fc.array(
  fc.record({
    documented: fc.boolean(),
    listed: fc.array(fc.boolean(), { minLength: 2, maxLength: 2 }),
    sub: fc.boolean(),
    managed: fc.boolean(),
  }),
  { minLength: 1, maxLength: 6 },
);

describe('policy/people: properties', () => {
  it('never takes two accounts or tokens of one human for two persons, nor those of two humans for one', () => {
    fc.assert(
      fc.property(world, (humans) => {
        const documents = humans.flatMap(({ documented, listed, sub, managed: isManaged }, index) => {
          if (!documented) return [];
          const accounts = listed.flatMap((isListed, nth) => (isListed ? [{ source: nth === 0 ? 'hub' : 'review', account: index }] : []));
          const userName = isManaged ? `user${index}` : null;
          return [
            [`person${index}`, { accounts, subjects: [{ issuer: 'corp', userName, ...(sub ? { sub: `u-${index}` } : {}) }] }] as const,
          ];
        });
        const people = peopleOf({ PersonRule: managed, Person: Object.fromEntries(documents) });
        const found = humans.map(({ managed: isManaged }, index) => {
          const name = isManaged ? `user${index}` : `private-${index}`;
          const claims = isManaged ? { preferred_username: `${name}@corp.example` } : {};
          const seen = [
            people.ofAccount('hub', accountOf(String(index), isManaged ? `${name}_corp` : name)),
            ...(isManaged ? [people.ofAccount('review', accountOf(String(index), name))] : []),
            people.ofSubject(subjectOf(`u-${index}`, claims)),
          ];
          return new Set(seen.flatMap((one) => ('person' in one ? [one.person.name] : [])));
        });
        for (const names of found) assert.ok(names.size <= 1, [...names].join(', '));
        const all = found.flatMap((names) => [...names]);
        assert.equal(new Set(all).size, all.length);
      }),
      { numRuns: 200 },
    );
  });

  it('never finds another person by an account than the one whose document lists it, whatever its name', () => {
    const some = peopleOf({
      PersonRule: managed,
      Person: {
        jane: { subjects: [{ issuer: 'corp', userName: 'jane' }], accounts: [{ source: 'hub', account: 5 }] },
        joe: { subjects: [{ issuer: 'corp', userName: 'joe' }] },
      },
    });
    const names = fc.oneof(
      fc.constantFrom('jane_corp', 'JOE_corp', 'joe_corp', 'ann_corp', 'jane'),
      fc.string({ unit: 'binary' }),
      fc.string().map((text) => `${text}_corp`),
    );
    fc.assert(fc.property(names, (name) => ['jane', '?'].includes(account(some, name).split(' ')[0] ?? '')));
  });

  it('answers every account and token, whatever they hold', () => {
    const some = peopleOf({
      PersonRule: managed,
      Person: { robot: { kind: 'bot' } },
      Group: { sre: { claims: [{ issuer: 'corp', claim: 'groups', value: 'a' }] } },
    });
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary' }),
        fc.string({ unit: 'binary' }),
        fc.dictionary(fc.string(), fc.jsonValue()),
        (source, text, claims) => {
          const seen = [some.ofAccount(source, accountOf(text, text)), some.ofSubject(subjectOf(text, claims)), some.ofKey(text)];
          for (const one of seen) if ('person' in one) assert.match(one.person.name, /^corp:[a-z0-9]/);
        },
      ),
    );
  });
});
