import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Actor } from '#core/actor.ts';
import type { Decision } from '#core/decision.ts';
import type { Subject } from '#core/subject.ts';
import { parsePolicies } from '#policy/parse-policies.ts';
import { showPolicy } from '#policy/show-policy.ts';
import { change, decideSample, mainOfApp, policies, type PolicySpec } from '../samples.ts';
import { problemsOf, subjectOf, written } from './samples.ts';

const people = written({
  Person: {
    jane: { accounts: [{ source: 'hub', account: 5 }], subjects: [{ issuer: 'corp', sub: 'u-1' }], groups: ['sre'] },
    joe: { accounts: [{ source: 'hub', account: 6 }], subjects: [{ issuer: 'corp', sub: 'u-2' }] },
    max: { accounts: [{ source: 'hub', account: 7 }], subjects: [{ issuer: 'corp', sub: 'u-3' }], groups: ['sre'], leftAt: '1970-01-01' },
    robot: { kind: 'bot', accounts: [{ source: 'hub', account: 8 }], groups: ['machines'] },
  },
});

interface Asked {
  readonly actors?: readonly Actor[];
  readonly subject?: Subject | null;
  readonly action?: 'requested' | 'updated';
  readonly documents?: string;
}

function decideWith(spec: PolicySpec, { actors = [], subject = null, action = 'updated', documents = people }: Asked): Decision {
  return decideSample(policies({ payments: spec }, documents), {
    change: change({ actors, action }),
    identities: { subject },
    now: 2_000,
  });
}

function pusher(account: string | null, fields: Partial<Actor> = {}): Actor {
  return { role: 'pusher', account, name: 'somebody', kind: 'human', ...fields };
}

function subject(sub: string, claims: Readonly<Record<string, unknown>> = {}): Subject {
  return { ...subjectOf(sub, claims) };
}

/** `allow`, or the code of the only reason. */
function outcome({ verdict, reasons }: Decision): string | undefined {
  return verdict === 'allow' ? verdict : reasons[0]?.code;
}

describe('people in policies', () => {
  describe('pushers', () => {
    const by = (pushers: object): PolicySpec => ({ changes: [{ ...mainOfApp, pushers }] });
    const table: readonly (readonly [title: string, pushers: object, asked: Asked, expected: string])[] = [
      ['allow one whom they name', { people: ['jane'] }, { actors: [pusher('5')] }, 'allow'],
      ['allow one of a group that they name', { groups: ['sre'] }, { actors: [pusher('5')] }, 'allow'],
      ['allow whom one of both names', { people: ['joe'], groups: ['sre'] }, { actors: [pusher('5')] }, 'allow'],
      ['allow a bot that they name', { people: ['robot'] }, { actors: [pusher('8', { kind: 'bot' })] }, 'allow'],
      ['deny somebody else', { people: ['jane'] }, { actors: [pusher('6')] }, 'other-pusher'],
      ['deny somebody of no group', { groups: ['sre'] }, { actors: [pusher('6')] }, 'other-pusher'],
      ['deny whoever has left, named', { people: ['max'] }, { actors: [pusher('7')] }, 'other-pusher'],
      ['deny whoever has left, by group', { groups: ['sre'] }, { actors: [pusher('7')] }, 'other-pusher'],
      ['deny an account that nobody is known for', { people: ['jane'] }, { actors: [pusher('9')] }, 'unresolved-pusher'],
      [
        'deny an account without an id, whatever its name',
        { people: ['jane'] },
        { actors: [pusher(null, { name: 'jane' })] },
        'unresolved-pusher',
      ],
      ['deny what a sweep found', { people: ['jane'] }, {}, 'no-pusher'],
      ['deny what one whom they name pushed after others', { people: ['jane'] }, { actors: [pusher('5'), pusher('6')] }, 'no-pusher'],
      ['deny a sender who is not the pusher', { people: ['jane'] }, { actors: [pusher('5', { role: 'sender' })] }, 'no-pusher'],
      [
        'deny what was asked for, also by one whom they name',
        { people: ['jane'] },
        { action: 'requested', actors: [pusher('5', { role: 'requester' })], subject: subject('u-1') },
        'no-pusher',
      ],
      ['deny everybody where no documents are loaded', { people: ['jane'] }, { actors: [pusher('5')], documents: '' }, 'unresolved-pusher'],
      ['deny everybody by a group that does not exist', { groups: ['constructor'] }, { actors: [pusher('5')] }, 'other-pusher'],
    ];
    for (const [title, pushers, asked, expected] of table) it(title, () => assert.equal(outcome(decideWith(by(pushers), asked)), expected));

    it('say who pushed, or why that is not known', () => {
      const reason = (pushers: object, asked: Asked): string | undefined => decideWith(by(pushers), asked).reasons[0]?.message;
      const rule = 'payments changes[0] does not fit: ';
      assert.equal(
        reason({ people: ['jane'] }, { actors: [pusher('9')] }),
        `${rule}pusher somebody: it is not known who it is: no document names account somebody (9) of hub`,
      );
      assert.equal(
        reason({ people: ['jane'], groups: ['ops'] }, { actors: [pusher('6')] }),
        `${rule}pusher somebody: joe is none of jane, group ops (there is no group ops)`,
      );
      assert.equal(reason({ people: ['max'] }, { actors: [pusher('7')] }), `${rule}pusher somebody: max has left`);
      assert.equal(reason({ people: ['jane'] }, {}), `${rule}it says who must have pushed, and hub names nobody who pushed it`);
      const several = reason({ people: ['jane'] }, { actors: [pusher('5', { name: 'jane' }), pusher('6', { name: 'joe' })] });
      assert.equal(several, `${rule}it says who must have pushed, and several accounts pushed it by and by: jane, joe`);
      const asked = reason({ people: ['jane'] }, { action: 'requested' });
      assert.equal(asked, `${rule}it says who must have pushed, and it was asked for, and no push of it was heard of`);
      assert.equal(decideWith(by({ people: ['jane'] }), {}).rule, 'payments changes[0]');
    });
  });

  describe('subjects', () => {
    const by = (rule: object): PolicySpec => ({ subjects: [{ issuer: 'corp', ...rule }] });
    const table: readonly (readonly [title: string, rule: object, subject: Subject | null, expected: string])[] = [
      ['fit one whom they name', { people: ['jane'] }, subject('u-1'), 'allow'],
      ['fit one of a group', { groups: ['sre'] }, subject('u-1'), 'allow'],
      ['fit by people and claims together', { people: ['jane'], match: { env: 'prod' } }, subject('u-1', { env: 'prod' }), 'allow'],
      ['fit nobody else', { people: ['jane'] }, subject('u-2'), 'other-subject'],
      ['fit nobody of other claims', { people: ['jane'], match: { env: 'prod' } }, subject('u-1'), 'other-subject'],
      ['fit nobody who has left', { groups: ['sre'], people: ['max'] }, subject('u-3'), 'other-subject'],
      ['fit nobody who is not known', { groups: ['sre'] }, subject('u-9', { groups: ['sre'] }), 'unresolved-subject'],
      ['fit nobody where nobody asked', { groups: ['sre'] }, null, 'no-subject'],
      ['fit nobody of another issuer', { people: ['jane'] }, { ...subject('u-1'), issuer: 'other' }, 'other-subject'],
    ];
    for (const [title, rule, asked, expected] of table)
      it(title, () => assert.equal(outcome(decideWith(by(rule), { subject: asked })), expected));

    it('are refused where neither claims nor people say who it is', () => {
      const refused = (rule: string): readonly string[] =>
        problemsOf(`apiVersion: headgate.dev/v1alpha1
kind: GatePolicy
metadata: { name: payments }
spec:
  targets: [ { clusters: [ prod ], namespaces: [ payments ] } ]
  changes: [ { source: hub, repositories: [ org/app ], refs: [ refs/heads/main ], pushers: {} } ]
  subjects: [ ${rule} ]
`);
      assert.deepEqual(refused('{ issuer: corp, people: [ jane ], match: { aud: x } }'), [
        '6:92: `spec.changes[0].pushers`: names nobody (write `people` or `groups`, or leave it out)',
      ]);
      assert.match(refused('{ issuer: corp, match: { aud: x } }').join('\n'), /7:38: .*nothing in it says who/);
      assert.match(refused('{ issuer: corp, people: [] }').join('\n'), /`spec.subjects\[0\].people` needs at least one entry/);
      assert.match(refused('{ issuer: corp, people: [ "jan*" ] }').join('\n'), /must be the name of a Person/);
      assert.match(refused('{ issuer: corp, groups: [ "system:masters" ] }').join('\n'), /must be the name of a group/);
    });
  });

  describe('expressions', () => {
    const validated = (expression: string, subjects?: PolicySpec['subjects']): PolicySpec => ({
      ...(subjects ? { subjects } : {}),
      validations: [{ expression, message: 'asked for' }],
    });
    const anybody = [{ issuer: 'corp', match: { env: 'prod' }, people: ['jane', 'joe', 'max'] }];
    const known = [{ issuer: 'corp', match: { groups: ['a'] } }];

    it('see the person of the subject', () => {
      const expression = 'person.name == "jane" && person.kind == "human" && person.groups == ["sre"] && "sre" in person.groups';
      assert.equal(outcome(decideWith(validated(expression, anybody), { subject: subject('u-1', { env: 'prod' }) })), 'allow');
      assert.equal(outcome(decideWith(validated(expression, anybody), { subject: subject('u-2', { env: 'prod' }) })), 'validation-failed');
    });

    it('have no value about a subject that nobody is known for, or who has left, and say so', () => {
      for (const [sub, why] of [
        ['u-9', 'no `person`: no document names subject u-9 of corp'],
        ['u-3', 'no `person`: max has left'],
      ] as const) {
        const decision = decideWith(validated('person.name != "jane"', known), { subject: subject(sub, { groups: ['a'] }) });
        assert.equal(outcome(decision), 'validation-error');
        assert.ok(decision.reasons[0]?.message.includes(why), decision.reasons[0]?.message);
      }
    });

    it('see who pushed, and whether it is known who that is', () => {
      const expression =
        'actor.source == "hub" && actor.account == "5" && actor.name == "somebody" && actor.kind == "human" && actor.person == "jane"';
      assert.equal(outcome(decideWith(validated(expression), { actors: [pusher('5')] })), 'allow');
      assert.equal(outcome(decideWith(validated('actor.person == null'), { actors: [pusher('9')] })), 'allow');
      assert.equal(outcome(decideWith(validated('actor.person == null'), { actors: [pusher('7')] })), 'allow');
      assert.equal(outcome(decideWith(validated('actor.kind == "bot"'), { actors: [pusher('8')] })), 'allow');
      assert.equal(outcome(decideWith(validated('actor.kind == "bot"'), { actors: [pusher('5', { kind: 'bot' })] })), 'allow');
      assert.equal(outcome(decideWith(validated('actor.kind == "unknown"'), { actors: [pusher('9', { kind: 'unknown' })] })), 'allow');
    });

    it('have no value about a pusher whom there is not', () => {
      const decision = decideWith(validated('actor.kind != "bot"'), {});
      assert.equal(outcome(decision), 'validation-error');
      assert.match(decision.reasons[0]?.message ?? '', /no `actor`: hub names nobody who pushed it/);
      const variables = {
        variables: [{ name: 'kind', expression: 'actor.kind' }],
        validations: [{ expression: 'variables.kind != "bot"', message: 'm' }],
      };
      assert.match(decideWith(variables, {}).reasons[0]?.message ?? '', /variable kind: .*no `actor`/);
    });

    it('may not name a person where no subject is asked for, nor a field that there is not', () => {
      const refused = (spec: PolicySpec): void => void policies({ payments: spec });
      assert.throws(() => refused(validated('person.name == "jane"')), /unknown name `person`/);
      assert.throws(() => refused(validated('person.email == "a"', anybody)), /`person` has no `email`/);
      assert.throws(() => refused(validated('actor.email == "a"')), /`actor` has no `email`/);
    });
  });

  describe('facts', () => {
    it('name the person of the subject and of the pusher, or why they are not known', () => {
      const facts = (asked: Asked): Decision['facts'] => decideWith({}, asked).facts;
      const set = policies({ payments: {} }, people);
      const found = facts({ actors: [pusher('5')], subject: subject('u-2') });
      assert.deepEqual([found['person'], found['pusher'], found['people']], ['joe', 'jane', set.people.hash]);
      const lost = facts({ actors: [pusher('9')], subject: subject('u-3') });
      assert.deepEqual(
        [lost['person'], lost['pusher']],
        ['unresolved: max has left', 'unresolved: no document names account somebody (9) of hub'],
      );
      const none = facts({});
      assert.deepEqual([none['person'], none['pusher']], [null, null]);
      const undocumented = facts({ actors: [pusher('5')], subject: subject('u-1'), documents: '' });
      assert.deepEqual([undocumented['person'], undocumented['pusher'], undocumented['people']], [null, null, null]);
    });
  });

  it('change the hash of a policy, and are shown', () => {
    const set = (spec: PolicySpec) => policies({ payments: spec }).policies[0];
    const hashes = [
      {},
      { changes: [{ ...mainOfApp, pushers: { people: ['jane'] } }] },
      { changes: [{ ...mainOfApp, pushers: { groups: ['jane'] } }] },
      { subjects: [{ issuer: 'corp', people: ['jane'] }] },
      { subjects: [{ issuer: 'corp', groups: ['jane'] }] },
    ].map((spec) => set(spec)?.hash);
    assert.equal(new Set(hashes).size, hashes.length);
    const policy = set({ changes: [{ ...mainOfApp, pushers: { groups: ['sre'] } }], subjects: [{ issuer: 'corp', people: ['jane'] }] });
    assert.ok(policy);
    const shown = showPolicy(policy);
    assert.deepEqual(shown.changes[0]?.pushers, { groups: ['sre'] });
    assert.deepEqual(shown.subjects, [{ issuer: 'corp', match: [], people: ['jane'], validations: [] }]);
  });

  it('never allow anybody who is not known, whatever accounts and subjects are called', () => {
    const set = parsePolicies([
      { name: 'people', text: people },
      {
        name: 'policy',
        text: JSON.stringify({
          apiVersion: 'headgate.dev/v1alpha1',
          kind: 'GatePolicy',
          metadata: { name: 'payments' },
          spec: {
            targets: [{ clusters: ['prod'], namespaces: ['payments'] }],
            changes: [{ ...mainOfApp, pushers: { people: ['jane'], groups: ['sre', 'machines'] } }],
          },
        }),
      },
    ]);
    const texts = fc.oneof(
      fc.constantFrom('jane', 'sre', '__proto__', 'constructor', 'robot', 'hub 5', '05', '5 ', '5.0'),
      fc.string({ unit: 'binary' }),
    );
    fc.assert(
      fc.property(texts, texts, fc.constantFrom('human', 'bot', 'agent', 'unknown'), (account, name, kind) => {
        fc.pre(!['5', '8'].includes(account));
        assert.equal(decideSample(set, { change: change({ actors: [pusher(account, { name, kind })] }) }).verdict, 'deny');
      }),
    );
  });
});
