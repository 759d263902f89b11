import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Decision } from '#core/decision.ts';
import { limits } from '#core/limits.ts';
import type { Subject } from '#core/subject.ts';
import { change, decideSample, footprint, mainOfApp, policies, type PolicySpec, type Situation } from './samples.ts';

const deployer = { issuer: 'actions', match: { sub: 'repo:org/app:ref:refs/heads/main' } };

function subject(claims: Record<string, unknown> = {}, issuer = 'actions'): Subject {
  const sub = 'repo:org/app:ref:refs/heads/main';
  return { issuer, iss: `https://${issuer}.example`, sub, claims: { iss: `https://${issuer}.example`, sub, ...claims } };
}

/** Decides with one policy and a subject of these claims; null = nobody. */
function decideFor(spec: PolicySpec, who: Subject | null, situation: Situation = {}): Decision {
  return decideSample(policies({ payments: spec }), { ...situation, identities: { subject: who } });
}

function codes({ reasons }: Decision): readonly string[] {
  return reasons.map(({ code }) => code);
}

describe('policy/subjects', () => {
  it('allows a change that a subject stands behind, naming both rules and the subject', () => {
    const decision = decideFor({ subjects: [deployer] }, subject());
    assert.equal(decision.verdict, 'allow');
    assert.equal(decision.rule, 'payments changes[0], payments subjects[0]');
    assert.deepEqual(decision.reasons.at(-1), {
      code: 'allowed',
      message: 'payments subjects[0] fits subject repo:org/app:ref:refs/heads/main of actions',
    });
    assert.deepEqual([decision.facts['subject'], decision.facts['subjectIssuer']], ['repo:org/app:ref:refs/heads/main', 'actions']);
    assert.ok(!decision.lacked.includes('subject'));
  });

  it('denies a change that nobody stands behind, a push for example', () => {
    const decision = decideFor({ subjects: [deployer] }, null);
    assert.deepEqual([decision.verdict, decision.rule, codes(decision)], ['deny', 'payments', ['no-subject']]);
    assert.deepEqual([decision.facts['subject'], decision.facts['subjectIssuer']], [null, null]);
    assert.ok(decision.lacked.includes('subject'));
  });

  it('lets no subject make up for a change that does not fit', () => {
    const decision = decideFor({ subjects: [deployer] }, subject(), { change: change({ ref: 'refs/heads/dev' }) });
    assert.deepEqual([decision.verdict, codes(decision)], ['deny', ['other-ref']]);
  });

  it('denies the same claims of another issuer', () => {
    const decision = decideFor({ subjects: [deployer] }, subject({}, 'corp'));
    assert.deepEqual([decision.verdict, decision.rule], ['deny', 'payments']);
    assert.deepEqual(decision.reasons, [
      { code: 'other-subject', message: 'payments subjects[0] does not fit: issuer corp is not actions' },
    ]);
  });

  it('lets one of several entries fit, and one denial of several policies win', () => {
    const other = { issuer: 'corp', match: { sub: 'alice' } };
    assert.equal(decideFor({ subjects: [other, deployer] }, subject()).rule, 'payments changes[0], payments subjects[1]');
    const both = decideSample(policies({ a: { subjects: [deployer] }, b: { subjects: [other] } }), { identities: { subject: subject() } });
    assert.deepEqual([both.verdict, both.rule], ['deny', 'b']);
  });

  const matches: readonly (readonly [what: string, match: Record<string, unknown>, claims: Record<string, unknown>, fits: boolean])[] = [
    ['a claim with that text', { repository_id: '42' }, { repository_id: '42' }, true],
    ['one of several texts', { repository_id: ['41', '42'] }, { repository_id: '42' }, true],
    ['a number that is text', { repository_id: '42' }, { repository_id: 42 }, false],
    ['a text that is a number', { repository_id: 42 }, { repository_id: '42' }, false],
    ['a number', { repository_id: 42 }, { repository_id: 42 }, true],
    ['true', { email_verified: true, sub: subject().sub }, { email_verified: true }, true],
    ['a text that says true', { email_verified: true, sub: subject().sub }, { email_verified: 'true' }, false],
    ['an entry of a list', { groups: 'sre' }, { groups: ['web', 'sre'] }, true],
    ['a part of an entry', { groups: 'sre' }, { groups: ['sre-guests'] }, false],
    ['a part of a text where a list is expected', { groups: 'sre' }, { groups: 'web sre' }, false],
    ['another case', { repository_owner: 'Org' }, { repository_owner: 'org' }, false],
    ['a claim that is not there', { team: 'sre' }, {}, false],
    ['a claim that is null', { team: 'null' }, { team: null }, false],
    ['what every object of JavaScript has', { constructor: 'x' }, {}, false],
    ['only one of two claims', { team: 'sre', role: 'lead' }, { team: 'sre' }, false],
    [
      'a claim within claims',
      { 'https://sts.amazonaws.com/': { org_id: 'o-1', principal_tags: { team: 'pay' } } },
      { 'https://sts.amazonaws.com/': { org_id: 'o-1', principal_tags: { team: 'pay' } } },
      true,
    ],
    [
      'another claim within claims',
      { 'https://sts.amazonaws.com/': { org_id: 'o-1' } },
      { 'https://sts.amazonaws.com/': { org_id: 'o-2' } },
      false,
    ],
    ['a text where claims are expected', { 'https://sts.amazonaws.com/': { length: 3 } }, { 'https://sts.amazonaws.com/': 'abc' }, false],
  ];
  for (const [what, match, claims, fits] of matches) {
    it(`${fits ? 'fits' : 'does not fit'} ${what}`, () => {
      const decision = decideFor({ subjects: [{ issuer: 'actions', match }] }, subject(claims));
      assert.equal(decision.verdict, fits ? 'allow' : 'deny', JSON.stringify(decision.reasons));
      if (!fits) assert.deepEqual(codes(decision), ['other-subject']);
    });
  }

  it('says which claim does not fit, and what it is', () => {
    const spec = { subjects: [{ issuer: 'actions', match: { repository: ['org/a', 'org/b'], team: 'x' } }] };
    const [first] = decideFor(spec, subject({ repository: 'org/c' })).reasons;
    assert.equal(
      first?.message,
      'payments subjects[0] does not fit: claim repository is org/c, not org/a or org/b; the token has no claim team',
    );
  });

  describe('with validations', () => {
    const validated = (expression: string, message = 'production only'): PolicySpec => ({
      subjects: [{ ...deployer, validations: [{ expression, message }] }],
    });

    it('allows what is true', () => {
      assert.equal(decideFor(validated('claims.environment == "production"'), subject({ environment: 'production' })).verdict, 'allow');
    });

    it('denies what is false with the message, naming the rule that came near', () => {
      const decision = decideFor(validated('claims.environment == "production"'), subject({ environment: 'test' }));
      assert.deepEqual([decision.verdict, decision.rule], ['deny', 'payments subjects[0]']);
      assert.deepEqual(decision.reasons, [{ code: 'validation-failed', message: 'payments subjects[0]: production only' }]);
    });

    for (const expression of [
      'claims.environment == "x"',
      '"yes"',
      '1',
      'null',
      'claims',
      '"a" in claims.sub',
      'now - now',
      'dyn(1) + dyn("a") == 2',
    ])
      it(`denies ${expression}, which is neither true nor false, with the message`, () => {
        const decision = decideFor(validated(expression), subject());
        assert.deepEqual([decision.verdict, codes(decision)], ['deny', ['validation-error']]);
        assert.match(decision.reasons[0]?.message ?? '', /^payments subjects\[0\]: production only \(.+\)$/);
      });

    it('shows subject, change, target, and now as a time', () => {
      const expression = [
        'subject.issuer == "actions" && subject.sub == claims.sub && subject.iss == claims.iss',
        'change.source == "hub" && change.ref == "refs/heads/main" && !change.confirmed && change.before != null',
        'change.actors.exists(a, a.role == "pusher" && a.account == "583231")',
        'target.cluster == "prod" && target.kind == "GitRepository" && target.namespaces == ["payments"]',
        'now == timestamp("1970-01-01T00:00:02Z") && now - change.receivedAt == duration("1s") && change.occurredAt == null',
      ].join(' && ');
      assert.equal(decideFor(validated(expression), subject()).verdict, 'allow');
    });

    it('shows when it happened', () => {
      const decision = decideFor(validated('change.occurredAt < now'), subject(), { change: change({ occurredAt: 1_500 }) });
      assert.equal(decision.verdict, 'allow');
    });

    it('asks those of the policy without any subject too', () => {
      const spec = { validations: [{ expression: 'target.namespaces.size() == 1', message: 'one at a time' }] };
      assert.equal(decideFor(spec, null).verdict, 'allow');
      const denied = decideFor({ validations: [{ expression: '!(target.name == "app")', message: 'not app' }] }, null);
      assert.deepEqual([denied.verdict, denied.rule, codes(denied)], ['deny', 'payments validations[0]', ['validation-failed']]);
    });

    it('evaluates variables in their order, and only those that are read', () => {
      const spec = {
        ...validated('variables.isMain'),
        variables: [
          { name: 'broken', expression: 'claims.nothing' },
          { name: 'ref', expression: 'claims.ref' },
          { name: 'isMain', expression: 'variables.ref == "refs/heads/main"' },
        ],
      };
      assert.equal(decideFor(spec, subject({ ref: 'refs/heads/main' })).verdict, 'allow');
      const denied = decideFor(spec, subject());
      assert.match(denied.reasons[0]?.message ?? '', /production only \(variable isMain: variable ref: field not found: ref\)/);
    });

    it('bounds variables that double each other', () => {
      const doubled = Array.from({ length: 20 }, (_, index) => ({
        name: `v${index + 1}`,
        expression: `variables.v${index} + variables.v${index}`,
      }));
      const spec = { ...validated('variables.v20 != ""'), variables: [{ name: 'v0', expression: 'claims.sub' }, ...doubled] };
      assert.deepEqual(codes(decideFor(spec, subject())), ['validation-error']);
    });
  });

  describe('denies claims out of bounds', () => {
    const groups = (count: number): string[] => Array.from({ length: count }, (_, index) => `g${index}`);
    const nested = (depth: number): unknown => (depth === 0 ? 'x' : [nested(depth - 1)]);
    const table: readonly (readonly [what: string, claims: Record<string, unknown>, expected: RegExp])[] = [
      ['groups', { groups: groups(limits.cel.items + 1) }, /a list of more than 500 entries/],
      ['claims', Object.fromEntries(groups(limits.cel.items + 1).map((name) => [name, 1])), /a mapping of more than 500 entries/],
      ['bytes', { text: 'x'.repeat(limits.cel.claimsBytes) }, /its claims are larger than 32768 bytes/],
      ['depth', { list: nested(limits.cel.depth + 2) }, /values nested more than 16 deep/],
      ['far more depth', { list: nested(5_000) }, /values nested more than 16 deep/],
      ['what is no JSON', { odd: 1n }, /what is no JSON \(bigint\)/],
    ];
    for (const [what, claims, expected] of table) {
      it(`in ${what}`, () => {
        const decision = decideFor({ subjects: [deployer] }, subject(claims));
        assert.deepEqual([decision.verdict, codes(decision)], ['deny', ['subject-bounds']]);
        assert.match(decision.reasons[0]?.message ?? '', expected);
      });
    }

    it('but not at the bounds', () => {
      assert.equal(decideFor({ subjects: [deployer] }, subject({ groups: groups(limits.cel.items) })).verdict, 'allow');
    });

    it('in namespaces, for expressions', () => {
      const spec = { targets: [{ clusters: ['prod'], namespaces: ['**'] }], validations: [{ expression: 'true', message: 'small' }] };
      const decision = decideFor(spec, null, { footprint: footprint(groups(limits.cel.items + 1)) });
      assert.deepEqual(codes(decision), ['validation-error']);
    });
  });

  it('takes `__proto__` in claims for a claim like any other', () => {
    const claims = JSON.parse('{"__proto__":{"team":"sre"},"constructor":{"name":"Object"},"hasOwnProperty":1}') as Record<string, unknown>;
    const who = { ...subject(), claims: Object.assign(claims, { sub: subject().sub }) };
    const asks = (match: Record<string, unknown>): Decision => decideFor({ subjects: [{ issuer: 'actions', match }] }, who);
    assert.equal(asks({ team: 'sre' }).verdict, 'deny');
    assert.equal(asks({ constructor: { name: 'Object' } }).verdict, 'allow');
    const expression = '!has(claims.team) && claims["__proto__"].team == "sre"';
    assert.equal(decideFor({ subjects: [{ ...deployer, validations: [{ expression, message: 'm' }] }] }, who).verdict, 'allow');
    assert.equal(({} as Record<string, unknown>)['team'], undefined);
  });

  it('takes every control character in a ref for itself', () => {
    const spec: PolicySpec = {
      changes: [{ ...mainOfApp, refs: ['refs/**'] }],
      validations: [{ expression: 'change.ref.matches("^refs/heads/main$")', message: 'main only' }],
    };
    for (let code = 0; code < 0xa0; code = code === 0x1f ? 0x7f : code + 1) {
      for (const ref of [`refs/heads/main${String.fromCharCode(code)}`, `refs/heads/${String.fromCharCode(code)}main`])
        assert.equal(decideFor(spec, null, { change: change({ ref }) }).verdict, 'deny', JSON.stringify(ref));
    }
    assert.equal(decideFor(spec, null).verdict, 'allow');
  });

  describe('for any expressions and claims', () => {
    const claim = fc.constantFrom('sub', 'groups', 'n', 'flag', 'nothing', 'map');
    const leaf = fc.oneof(
      claim.map((name) => `claims.${name}`),
      fc.constantFrom('1', '"a"', 'true', 'false', 'null', '[1, 2]', 'now', 'change.ref', 'target.namespaces', 'subject.sub'),
    );
    const expression = fc.letrec<{ node: string }>((tie) => ({
      node: fc.oneof(
        { maxDepth: 3, depthSize: 'small' },
        leaf,
        fc
          .tuple(tie('node'), fc.constantFrom('==', '!=', '&&', '||', 'in', '+', '<'), tie('node'))
          .map(([a, op, b]) => `(${a} ${op} ${b})`),
        tie('node').map((a) => `!${a}`),
        tie('node').map((a) => `${a}.exists(x, x == "a")`),
        fc.tuple(tie('node'), tie('node'), tie('node')).map(([a, b, c]) => `(${a} ? ${b} : ${c})`),
      ),
    })).node;
    const claims = fc.record(
      {
        groups: fc.oneof(fc.array(fc.string({ maxLength: 3 }), { maxLength: 3 }), fc.string({ maxLength: 3 })),
        n: fc.oneof(fc.integer(), fc.double()),
        flag: fc.oneof(fc.boolean(), fc.constant('true')),
        map: fc.dictionary(fc.string({ maxLength: 3 }), fc.integer(), { maxKeys: 3 }),
      },
      { requiredKeys: [] },
    );

    it('decides, and allows only what is true for the opposite not to be', () => {
      const seen = { allow: 0, deny: 0, 'validation-error': 0 };
      fc.assert(
        fc.property(expression, claims, (text, extra) => {
          const decisionOn = (one: string): Decision =>
            decideFor({ subjects: [{ ...deployer, validations: [{ expression: one, message: 'm' }] }] }, subject(extra));
          const decision = decisionOn(text);
          if (decision.verdict === 'allow') {
            seen.allow += 1;
            assert.equal(decisionOn(`!(${text})`).verdict, 'deny');
            return;
          }
          seen.deny += 1;
          if (codes(decision).includes('validation-error')) {
            seen['validation-error'] += 1;
            assert.equal(decisionOn(`!(${text})`).verdict, 'deny', 'an error is not true the other way round either');
          }
        }),
        { numRuns: 500 },
      );
      assert.ok(seen.allow > 5 && seen.deny > 50 && seen['validation-error'] > 50, JSON.stringify(seen));
    });
  });
});
