import assert from 'node:assert/strict';
import type { RangeFacts } from '#core/ports/read-back.ts';
import type { ChangeReview } from '#core/review.ts';
import { rangeNeeds } from '#policy/range-needs.ts';
import { account, commit, DAY, decideRange, pull } from './range-samples.ts';
import { footprint, mainOfApp, policies, type PolicySpec } from './samples.ts';
import { brought, decideSubmit, submitted, vote } from './vote-samples.ts';

const needs = (expression: string): PolicySpec => ({
  changes: [{ ...mainOfApp, reviewed: false }],
  validations: [{ expression, message: 'not so' }],
});
const holds = (expression: string, given: Partial<RangeFacts> = brought()): boolean =>
  decideSubmit(needs(expression), given).verdict === 'allow';

/** Change 12, and under it change 13 with what is given. */
function two(under: Partial<ChangeReview>): Partial<RangeFacts> {
  const below = commit({ id: 'd'.repeat(40), broughtBy: 13 });
  return {
    commits: [commit(), below],
    pulls: [submitted(), submitted(under, { number: 13, mergedBy: under.submitter ?? account('bob') })],
  };
}

describe('expressions about change.review', () => {
  it('see the votes, the approvers, the submitter, the requirements and the rules of a change', () => {
    for (const expression of [
      'change.review.changes == [12]',
      'change.review.labels["Code-Review"] == 2',
      'change.review.labels == {"Code-Review": 2}',
      'change.review.approvers == ["ada"]',
      'change.review.submitter == "bob"',
      'change.review.requirements["Code-Review"] == "satisfied" && change.review.requirements["No-Unresolved-Comments"] == "not-applicable"',
      `change.review.rulesRevision == "${'f'.repeat(40)}"`,
      'change["review"]["approvers"].exists(p, p == "ada")',
    ])
      assert.ok(holds(expression), `${expression}: ${decideSubmit(needs(expression)).reasons[0]?.message}`);
  });

  it('see only what holds of every change', () => {
    const both = two({ votes: [vote({ value: 1 })] });
    assert.ok(
      holds('change.review.changes == [12, 13] && change.review.labels["Code-Review"] == 1 && change.review.approvers == []', both),
    );
    assert.ok(!holds('"ada" in change.review.approvers', two({ votes: [vote({ by: account('cleo') })] })));
    assert.ok(holds('change.review.approvers == ["ada"]', two({ votes: [vote({ by: account('cleo') }), vote()] })));
    assert.ok(holds('!("Code-Review" in change.review.labels)', two({ votes: [] })));
    assert.ok(holds('change.review.submitter == null', two({ submitter: account('cleo') })));
    assert.ok(holds('change.review.rulesRevision == null', two({ rules: 'e'.repeat(40) })));
    const forced = two({ requirements: [{ name: 'Code-Review', status: 'forced' }] });
    assert.ok(holds('change.review.requirements == {"Code-Review": "forced"}', forced));
  });

  it('see no vote that nobody may rely on, and every veto', () => {
    const label = (...votes: ChangeReview['votes']) => brought({ votes });
    for (const fields of [{ postSubmit: true }, { automatic: true }, { onBehalf: null }, { onSubmitted: false }, { at: null }])
      assert.ok(holds('change.review.labels == {} && change.review.approvers == []', label(vote(fields))), JSON.stringify(fields));
    assert.ok(holds('change.review.labels["Code-Review"] == -2', label(vote(), vote({ by: account('cleo'), value: -2 }))));
    assert.ok(
      holds('change.review.labels["Code-Review"] == -2', label(vote(), vote({ by: account('robot'), value: -2, automatic: true }))),
    );
    for (const name of ['robot', 'gone', 'stranger'])
      assert.ok(holds('change.review.approvers == []', label(vote({ by: account(name) }))), name);
    assert.ok(holds('change.review.approvers == []', label(vote({ range: null }))));
    assert.ok(holds('change.review.submitter == null', brought({ submitter: account('stranger') })));
  });

  const valueless: readonly (readonly [what: string, given: Partial<RangeFacts>, why: RegExp])[] = [
    [
      'a commit that no change brought',
      { commits: [commit(), commit({ id: 'd'.repeat(40), broughtBy: null })], pulls: [submitted()] },
      /not every commit/,
    ],
    ['a change of another branch', brought({}, { base: 'refs/heads/dev' }), /submitted to refs\/heads\/main/],
    ['a change without what votes it has', { commits: [commit()], pulls: [pull()] }, /not every commit/],
    ['what is not known completely', { ...brought(), lacked: ['reviews'] }, /could not tell/],
    ['what was not asked about', { ...brought(), question: null }, /was not asked for reviews/],
    ['nothing that came', { commits: [], course: 'same', base: 'b'.repeat(40) }, /no change was submitted/],
  ];
  for (const [what, given, why] of valueless)
    it(`have no value about ${what}, which denies`, () => {
      for (const expression of ['change.review.approvers == []', '!("ada" in change.review.approvers)', 'change.review != null']) {
        const { verdict, reasons } = decideSubmit(needs(expression), given);
        assert.deepEqual([verdict, reasons[0]?.code], ['deny', 'validation-error'], expression);
        assert.match(reasons[0]?.message ?? '', why);
      }
    });

  it('have no value where a source has no votes', () => {
    const { reasons } = decideRange(needs('change.review.approvers == []'));
    assert.match(reasons[0]?.message ?? '', /no `change.review`: source hub has no votes/);
  });

  it('have the source asked, wherever they stand', () => {
    const asked = (spec: PolicySpec, votes = true) =>
      rangeNeeds(policies({ payments: spec }), footprint(), { source: 'hub', ref: 'refs/heads/main', votes })?.reviews ?? null;
    assert.deepEqual(
      [asked(needs('change.review.changes == [1]')), asked(needs('change["review"] != null')), asked(needs('true'))],
      [true, true, null],
    );
    const variables = [{ name: 'by', expression: 'change.review.approvers' }];
    assert.equal(asked({ changes: [{ ...mainOfApp, reviewed: false }], variables }), true);
    assert.equal(asked(needs('change.review.changes == [1]'), false), null);
  });

  it('are refused when they name what there is not', () => {
    for (const [expression, hint] of [
      ['change.review.approver == []', /did you mean `change.review.approvers`/],
      ['change["review"]["label"] == {}', /`change.review` has no `label`/],
      ['has(change.review.votes)', /`change.review` has no `votes`/],
      ['change.reviews == []', /did you mean `change.review`/],
    ] as const)
      assert.throws(() => policies({ payments: needs(expression) }), hint);
  });

  it('rest on votes before the submit, whatever was said later', () => {
    const raised = brought({ votes: [vote({ value: 1 }), vote({ value: 2, postSubmit: true, at: 3 * DAY })] });
    assert.ok(holds('change.review.labels["Code-Review"] == 1', raised));
  });
});
