import assert from 'node:assert/strict';
import type { RangeFacts } from '#core/ports/read-back.ts';
import type { SubmitRequirement } from '#core/review.ts';
import { unasked } from '#core/range-evidence.ts';
import { nobody } from '#policy/people/nobody.ts';
import { rangeNeeds } from '#policy/range-needs.ts';
import { showPolicy } from '#policy/show-policy.ts';
import { account, commit, DAY, decideRange, evidence, MERGED, pull, push, withPeople } from './range-samples.ts';
import { decideSample, footprint, mainOfApp, policies, type PolicySpec } from './samples.ts';
import { brought, decideSubmit, SUBMITTED, submitted, vote } from './vote-samples.ts';

const rule = (fields: object): PolicySpec => ({ changes: [{ ...mainOfApp, ...fields }] });
const OTHER = 'd'.repeat(40);
const statuses: readonly SubmitRequirement['status'][] = ['satisfied', 'not-applicable', 'overridden', 'forced', 'unsatisfied', 'error'];
const requirements = (...these: readonly SubmitRequirement['status'][]): Partial<RangeFacts> =>
  brought({ requirements: these.map((status, index) => ({ name: `R${index}`, status })) });

function codes({ verdict, reasons }: ReturnType<typeof decideSubmit>): readonly string[] {
  return verdict === 'deny' ? reasons.map(({ code }) => code) : [];
}

describe('policy/changes[].reviewed', () => {
  it('takes what satisfied its submit requirements, where a policy says nothing', () => {
    const decision = decideSubmit({});
    assert.deepEqual([decision.verdict, decision.rule], ['allow', 'payments changes[0]']);
    assert.deepEqual([decision.facts['commits'], typeof decision.facts['evidence']], ['1', 'string']);
  });

  it('needs nobody to be known for that', () => {
    const set = { ...withPeople({}), people: nobody };
    assert.equal(decideSample(set, { change: push, range: evidence(brought()), votes: true }).verdict, 'allow');
  });

  const refused: readonly (readonly [what: string, given: Partial<RangeFacts>, code: string, why: RegExp])[] = [
    [
      'a commit that no change brought',
      { commits: [commit(), commit({ id: OTHER, broughtBy: null, title: 'Add a door' })], pulls: [submitted()] },
      'direct-push',
      /changes\[0\] does not fit: commit dddddddddddd "Add a door": no change that was submitted to refs\/heads\/main/,
    ],
    ['a change that a push closed', requirements(), 'direct-push', /change 12 was merged without being asked for any submit requirement/],
    [
      'a submit that was forced',
      requirements('forced', 'forced'),
      'forced-submit',
      /change 12 was submitted although R0, R1 was not satisfied.*%submit/,
    ],
    ['one requirement that was forced beside one that was satisfied', requirements('satisfied', 'forced'), 'forced-submit', /although R1 /],
    [
      'a requirement that was overridden',
      requirements('satisfied', 'overridden'),
      'overridden-submit',
      /R1 was not satisfied, but set aside/,
    ],
    [
      'a requirement that was not satisfied',
      requirements('satisfied', 'unsatisfied'),
      'unreviewed-submit',
      /although R1 was not satisfied/,
    ],
    ['a requirement that could not be evaluated', requirements('satisfied', 'error'), 'unreviewed-submit', /R1 could not be evaluated/],
    ['requirements none of which applied', requirements('not-applicable'), 'unreviewed-submit', /satisfied no submit requirement/],
    [
      'a change of another branch',
      brought({}, { base: 'refs/heads/dev' }),
      'unreviewed',
      /merged into refs\/heads\/dev, not refs\/heads\/main/,
    ],
    ['a change of a branch that is not known', brought({}, { base: null }), 'unreviewed', /an unknown branch/],
    ['a change that nothing is told of', { commits: [commit()], pulls: [] }, 'incomplete-range', /nothing of change 12/],
    [
      'a change whose requirements are not told',
      { commits: [commit()], pulls: [pull()] },
      'incomplete-range',
      /does not tell the submit requirements of change 12/,
    ],
    ['a range that is not complete', { ...brought(), lacked: ['coverage'] }, 'incomplete-range', /which pull request or change brought/],
    ['a range of which not all commits are known', { ...brought(), commitCount: 7 }, 'incomplete-range', /its commits/],
    ['what does not follow the last allowed revision', { ...brought(), course: 'diverged' }, 'other-course', /gone different ways/],
    ['a range that was not asked for this', { ...brought(), question: null }, 'no-range', /was not asked for reviews/],
    [
      'a range that was asked for another branch',
      { ...brought(), question: { ref: 'refs/heads/dev', reviews: true, signatures: true, owners: true } },
      'no-range',
      /asked/,
    ],
  ];
  for (const [what, given, code, why] of refused)
    it(`refuses ${what}, and takes it with reviewed: false`, () => {
      const decision = decideSubmit({}, given);
      assert.deepEqual([decision.verdict, codes(decision), decision.rule], ['deny', [code], 'payments changes[0]']);
      assert.match(decision.reasons[0]?.message ?? '', why);
      assert.deepEqual(codes(decideSubmit(rule({ reviewed: true }), given)), [code]);
      assert.equal(decideSubmit(rule({ reviewed: false }), given).verdict, 'allow');
    });

  it('never takes what is neither satisfied nor without application, whatever else is satisfied', () => {
    for (const one of statuses)
      for (const other of statuses) {
        const expected =
          [one, other].includes('satisfied') && [one, other].every((status) => ['satisfied', 'not-applicable'].includes(status));
        assert.equal(decideSubmit({}, requirements(one, other)).verdict, expected ? 'allow' : 'deny', `${one} and ${other}`);
      }
  });

  it('denies what no source was asked about', () => {
    assert.deepEqual(codes(decideSubmit({}, {}, { range: unasked })), ['no-range']);
  });

  it('says each thing that is wrong with a range, with its commits', () => {
    const commits = [commit(), commit({ id: OTHER, broughtBy: 13 }), commit({ id: '3'.repeat(40), broughtBy: null })];
    const forced = submitted({ requirements: [{ name: 'Code-Review', status: 'forced' }] }, { number: 13 });
    const decision = decideSubmit({}, { commits, pulls: [submitted(), forced] });
    assert.deepEqual(codes(decision), ['forced-submit', 'direct-push']);
  });

  it('takes a revision that nothing came before', () => {
    const { revision } = push;
    const given = { commits: [], pulls: [], base: revision ?? '', course: 'same' } as const;
    assert.equal(decideSubmit({}, given).verdict, 'allow');
  });

  it('lets another rule take what one refuses', () => {
    const changes = [mainOfApp, { ...mainOfApp, reviewed: false, pushers: { people: ['bob'] } }];
    assert.equal(decideSubmit({ changes }, requirements('forced')).rule, 'payments changes[1]');
    const others = [mainOfApp, { ...mainOfApp, reviewed: false, pushers: { people: ['ada'] } }];
    assert.deepEqual(codes(decideSubmit({ changes: others }, requirements('forced'))), ['forced-submit', 'other-pusher']);
  });

  it('does not look at changes of another ref, of which something else is wrong', () => {
    assert.deepEqual(codes(decideSubmit(rule({ refs: ['refs/heads/dev'] }), requirements('forced'))), ['other-ref']);
  });

  it('asks nothing of a source without requirements, and refuses to be told that it shall', () => {
    assert.equal(decideRange({}, { lacked: ['coverage'] }).verdict, 'allow');
    assert.equal(decideRange({}, {}, { range: unasked }).verdict, 'allow');
    for (const fields of [{ reviewed: true }, { requirements: ['Code-Review'] }]) {
      const decision = decideRange(rule(fields));
      assert.deepEqual(codes(decision), ['no-requirements']);
      assert.match(decision.reasons[0]?.message ?? '', /source hub has no submit requirements.*`reviews`/);
    }
  });

  it('wants requirements satisfied that a rule names', () => {
    const named = rule({ requirements: ['Code-Review'] });
    assert.equal(decideSubmit(named).verdict, 'allow');
    const removed = brought({ requirements: [{ name: 'Verified', status: 'satisfied' }] });
    assert.deepEqual(codes(decideSubmit(named, removed)), ['unreviewed-submit']);
    assert.match(decideSubmit(named, removed).reasons[0]?.message ?? '', /did not satisfy Code-Review/);
    const unapplied = rule({ requirements: ['No-Unresolved-Comments'] });
    assert.deepEqual(codes(decideSubmit(unapplied)), ['unreviewed-submit']);
  });

  it('refuses requirements with reviewed: false, when it is loaded', () => {
    assert.throws(
      () => policies({ payments: rule({ reviewed: false, requirements: ['Code-Review'] }) }),
      /not asked for with `reviewed: false`/,
    );
  });

  it('has the source asked, where it has requirements and is named', () => {
    const needs = (spec: PolicySpec, votes = true, source = 'hub') =>
      rangeNeeds(policies({ payments: spec }), footprint(), { source, ref: 'refs/heads/main', votes })?.reviews ?? null;
    assert.deepEqual([needs({}), needs(rule({ reviewed: true })), needs(rule({ requirements: ['R'] }))], [true, true, true]);
    assert.deepEqual([needs(rule({ reviewed: false })), needs({}, false), needs({}, true, 'review')], [null, null, null]);
    assert.equal(needs({ changes: [{ ...mainOfApp, reviewed: false }, mainOfApp] }), true);
  });

  it('is shown as written', () => {
    const shown = (spec: PolicySpec) => policies({ payments: spec }).policies.map((one) => showPolicy(one).changes[0]);
    const fields = { reviewed: true, requirements: ['Code-Review'] };
    assert.deepEqual(shown(rule(fields)), [{ ...mainOfApp, ...fields }]);
    assert.deepEqual(shown({}), [mainOfApp]);
  });
});

describe('facts about submits', () => {
  it('say what each change was asked for, who submitted and who approved it, and by which rules of the project', () => {
    const { facts, verdict } = decideSubmit({});
    assert.equal(verdict, 'allow');
    const said = `(hub ada 1) on ${MERGED} at ${new Date(DAY).toISOString()}`;
    assert.deepEqual(facts['submits'], ['#12 Code-Review satisfied, No-Unresolved-Comments not-applicable']);
    assert.deepEqual(facts['submitted'], [`#12 by bob (hub bob 2) at ${new Date(SUBMITTED).toISOString()}`]);
    assert.deepEqual(facts['reviewed'], [`payments changes[0]: #12 by ada ${said}`]);
    assert.deepEqual([facts['directPush'], facts['reviewRules']], [false, ['f'.repeat(40)]]);
  });

  it('say so when something was pushed past review, or the rules of the project may not be read', () => {
    const any = rule({ reviewed: false, pushers: { people: ['bob'] } });
    const facts = (given: Partial<RangeFacts>) => decideSubmit(any, given).facts;
    assert.equal(facts({ commits: [commit({ broughtBy: null })], pulls: [] })['directPush'], true);
    assert.equal(facts(requirements())['directPush'], true);
    assert.deepEqual(facts(requirements())['submits'], ['#12 was asked for nothing']);
    assert.deepEqual(facts(brought({ rules: null }))['reviewRules'], ['not known']);
    assert.deepEqual(facts(brought({ submitter: null, submittedAt: null }))['submitted'], [
      '#12 by nobody who is named (hub somebody without an id) at an unknown time',
    ]);
  });

  it('name as approvals only votes that somebody may rely on', () => {
    const votes = [vote({ postSubmit: true }), vote({ by: account('cleo'), automatic: true }), vote({ by: account('robot'), value: -1 })];
    assert.deepEqual(decideSubmit({}, brought({ votes })).facts['reviewed'], []);
  });

  it('are none of a source without submit requirements', () => {
    const { facts } = decideRange({ reviews: [{}] });
    for (const name of ['submits', 'submitted', 'directPush', 'reviewRules']) assert.ok(!(name in facts), name);
  });
});
