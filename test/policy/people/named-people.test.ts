import assert from 'node:assert/strict';
import type { TeamMembers } from '#core/ports/team-reader.ts';
import type { PolicySet } from '#policy/documents.ts';
import { withPeople } from '#policy/parse-policies.ts';
import { DocumentedPeople } from '#policy/people/documented-people.ts';
import { namedPeopleTroubles } from '#policy/people/named-people.ts';
import { mainOfApp, policies, type PolicySpec } from '../samples.ts';
import { written } from './samples.ts';

const rule = { issuer: 'corp', claim: 'preferred_username', accounts: [{ source: 'hub' }] };
const people = {
  Person: {
    jane: { accounts: [{ source: 'hub', account: 5 }], groups: ['sre'] },
    max: { groups: ['old'], leftAt: '2026-06-30' },
  },
  Group: {
    empty: {},
    oncall: { claims: [{ issuer: 'corp', claim: 'groups', value: 'g-1' }] },
    deployers: { teams: [{ source: 'hub', team: 'org/deployers' }] },
  },
};
const now = Date.parse('2026-07-01T00:00:00Z');

function set(spec: PolicySpec, documents: Parameters<typeof written>[0] = people): PolicySet {
  return policies({ payments: spec }, written(documents));
}

function troubles(pushers: object, teams = true, read: readonly TeamMembers[] = [], documents = people): readonly string[] | null {
  const loaded = set({ changes: [{ ...mainOfApp, pushers }] }, documents);
  assert.ok(loaded.people instanceof DocumentedPeople);
  return namedPeopleTroubles(withPeople(loaded, loaded.people.withTeams(read)), now, teams);
}

function deployers(...accounts: readonly string[]): TeamMembers {
  return { source: 'hub', team: 'org/deployers', accounts: new Set(accounts), readAt: now };
}

describe('policy/people/named-people', () => {
  it('says nothing of policies that name nobody', () => assert.equal(namedPeopleTroubles(set({}), now, true), null));

  const table: readonly (readonly [title: string, pushers: object, expected: readonly string[]])[] = [
    ['nothing of people and groups that are there', { people: ['jane'], groups: ['sre', 'oncall'] }, []],
    ['who has left', { people: ['max'] }, ['policy payments names max, who left on 2026-06-30']],
    [
      'whom no document is about',
      { people: ['joe', 'corp:jane'] },
      ['policy payments names joe, whom no document is about', 'policy payments names corp:jane, whom no document is about'],
    ],
    [
      'groups that there are none of',
      { groups: ['ops', 'hub:org/other'] },
      [
        'policy payments names group ops, but there is no group ops',
        'policy payments names group hub:org/other, but there is no group hub:org/other',
      ],
    ],
    ['groups that nobody is in', { groups: ['empty'] }, ['policy payments names group empty, and nobody is in it']],
    ['groups that only leavers are in', { groups: ['old'] }, ['policy payments names group old, and nobody is in it']],
    [
      'teams that were not read',
      { groups: ['deployers', 'hub:org/deployers'] },
      ['deployers', 'hub:org/deployers'].map(
        (group) => `policy payments names group ${group}, and nobody is in it: team hub:org/deployers has not been read`,
      ),
    ],
  ];
  for (const [title, pushers, expected] of table) it(`tells ${title}`, () => assert.deepEqual(troubles(pushers), expected));

  it('tells teams that hold nobody who is known', () => {
    assert.deepEqual(troubles({ groups: ['deployers'] }, true, [deployers('5')]), []);
    assert.deepEqual(troubles({ groups: ['deployers'] }, true, [deployers('9')]), [
      'policy payments names group deployers, and nobody is in it',
    ]);
  });

  it('leaves teams alone where they are not read', () => assert.deepEqual(troubles({ groups: ['deployers'] }, false), []));

  it('knows that a rule makes persons', () => {
    const ruled = {
      PersonRule: { corp: rule },
      Group: people.Group,
      Person: { jane: { subjects: [{ issuer: 'corp', userName: 'jane' }] } },
    };
    const made = (pushers: object, read: readonly TeamMembers[] = []): readonly string[] | null => {
      const loaded = policies({ payments: { changes: [{ ...mainOfApp, pushers }] } }, written(ruled));
      assert.ok(loaded.people instanceof DocumentedPeople);
      return namedPeopleTroubles(withPeople(loaded, loaded.people.withTeams(read)), now, true);
    };
    assert.deepEqual(made({ people: ['corp:joe'] }), []);
    assert.deepEqual(made({ people: ['corp:jane'] }), ['policy payments names corp:jane, whom no document is about']);
    assert.deepEqual(made({ people: ['other:joe'] }), ['policy payments names other:joe, whom no document is about']);
    assert.deepEqual(made({ groups: ['deployers'] }, [deployers('9')]), []);
  });

  it('looks at subjects, reviews and signatures as well, and tells each trouble once', () => {
    const from = { people: ['max'] };
    const spec = {
      subjects: [{ issuer: 'corp', ...from }],
      reviews: [{ from }, { from: { groups: ['ops'] } }],
      signed: { by: { people: ['joe'] } },
    };
    assert.deepEqual(namedPeopleTroubles(set(spec as PolicySpec), now, true), [
      'policy payments names max, who left on 2026-06-30',
      'policy payments names group ops, but there is no group ops',
      'policy payments names joe, whom no document is about',
    ]);
  });
});
