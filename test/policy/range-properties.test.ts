import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Account } from '#core/account.ts';
import type { PullFacts, RangeCommit, RangeFacts, ReviewFacts } from '#core/ports/read-back.ts';
import type { ChangeReview, SubmitRequirement, Vote } from '#core/review.ts';
import { account, commit, DAY, decideRange, evidence, facts, HEAD, MERGED, pull, review, somebody } from './range-samples.ts';
import { brought, changeReview, decideSubmit, SUBMITTED, submitted, vote } from './vote-samples.ts';

const all = { reviews: [{ required: 1 }], checks: ['build'], signed: { by: { people: ['ada'] } } };
const signings = { [HEAD]: { signedBy: 'ssh:SHA256:ada' } };

/** Each takes one fact away. */
const losses: readonly ((given: RangeFacts) => RangeFacts)[] = [
  ...(['commits', 'pulls', 'reviews', 'checks', 'coverage', 'signatures'] as const).map((lack) => (given: RangeFacts) => ({
    ...given,
    lacked: [...given.lacked, lack],
  })),
  (given) => ({ ...given, commitCount: null }),
  (given) => ({ ...given, course: null }),
  (given) => ({ ...given, course: 'diverged' }),
  (given) => ({ ...given, course: 'back' }),
  (given) => ({ ...given, question: null }),
  (given) => ({ ...given, pulls: [] }),
  (given) => ({ ...given, checks: [] }),
  (given) => ({ ...given, commits: given.commits.map((one) => ({ ...one, broughtBy: null })) }),
  (given) => ({ ...given, commits: given.commits.map((one) => ({ ...one, hands: [] })) }),
  (given) => ({ ...given, commits: given.commits.map((one) => ({ ...one, hands: [...one.hands, null] })) }),
  ...(['author', 'mergedBy', 'base'] as const).map((field) => (given: RangeFacts) => ({
    ...given,
    pulls: given.pulls.map((one) => ({ ...one, [field]: null })),
  })),
  ...(['by', 'commit', 'at', 'canWrite'] as const).map((field) => (given: RangeFacts) => ({
    ...given,
    pulls: given.pulls.map((one) => ({ ...one, reviews: one.reviews.map((given_) => ({ ...given_, [field]: null })) })),
  })),
];

/** Most of what is drawn shall not be what denies by itself. */
function rather<T>(value: T): readonly T[] {
  return Array.from({ length: 8 }, () => value);
}

const accounts: fc.Arbitrary<Account | null> = fc.oneof(
  {
    weight: 15,
    arbitrary: fc
      .constantFrom('ada', 'ada', 'bob', 'bob', 'cleo', 'cleo', 'robot', 'gone', 'ada-second', 'stranger')
      .map((name) => account(name)),
  },
  { weight: 1, arbitrary: fc.constant(null) },
);
const reviews: fc.Arbitrary<ReviewFacts> = fc
  .record({
    by: accounts,
    state: fc.constantFrom(...rather('APPROVED'), 'CHANGES_REQUESTED', 'DISMISSED', 'COMMENTED'),
    commit: fc.constantFrom(...rather(MERGED), HEAD, null),
    at: fc.constantFrom(...rather(1), 2, 3, null),
    canWrite: fc.constantFrom(...rather(true), false, null),
  })
  .map((fields) => review('ada', fields));
const pulls: fc.Arbitrary<PullFacts> = fc
  .record({
    number: fc.constantFrom(12, 13),
    author: accounts,
    mergedBy: accounts,
    base: fc.constantFrom(...rather('refs/heads/main'), 'refs/heads/dev', null),
    reviews: fc.array(reviews, { minLength: 1, maxLength: 4 }),
  })
  .map((fields) => pull(fields));
const commits: fc.Arbitrary<RangeCommit> = fc
  .record({ broughtBy: fc.constantFrom(...rather(12), 13, null), hands: fc.array(accounts, { minLength: 1, maxLength: 2 }) })
  .map((fields) => commit(fields));
const ranges: fc.Arbitrary<Partial<RangeFacts>> = fc.record({
  commits: fc.array(commits, { minLength: 1, maxLength: 2 }),
  pulls: fc.uniqueArray(pulls, { minLength: 1, maxLength: 2, selector: ({ number }) => number }),
});

/** The name of whom an account belongs to; undefined when nobody. */
function nameOf(one: Account | null): string | undefined {
  const resolved = somebody.ofAccount('hub', one);
  return 'person' in resolved ? resolved.person.name : undefined;
}

describe('policy rules about a range, for any facts', () => {
  it('allow what everything is known of', () => {
    assert.equal(decideRange(all, {}, { range: evidence({}, signings) }).verdict, 'allow');
  });

  it('never allow when a fact is missing', () => {
    fc.assert(
      fc.property(fc.subarray([...losses], { minLength: 1 }), (lost) => {
        const given = lost.reduce((one, lose) => lose(one), facts());
        const decision = decideRange(all, {}, { range: { ...evidence({}, signings), facts: given } });
        assert.equal(decision.verdict, 'deny');
        assert.ok(decision.reasons.length > 0);
      }),
      { numRuns: 500 },
    );
    for (const lose of losses)
      assert.equal(decideRange(all, {}, { range: { ...evidence({}, signings), facts: lose(facts()) } }).verdict, 'deny');
    assert.equal(decideRange(all, {}, { range: { missing: 'gone' } }).verdict, 'deny');
  });

  it('allow only if for every commit somebody who had no hand in it approved what was merged', () => {
    let allowed = 0;
    fc.assert(
      fc.property(ranges, (given) => {
        if (decideRange({ reviews: [{ distinctFrom: ['author'] }] }, given, { now: DAY }).verdict === 'deny') return;
        allowed++;
        for (const { broughtBy, hands } of given.commits ?? []) {
          const brought = given.pulls?.find(({ number }) => number === broughtBy) ?? assert.fail('not brought by anything');
          assert.equal(brought.base, 'refs/heads/main');
          const involved = [...hands, brought.author].map((one) => nameOf(one) ?? assert.fail('an author who is nobody'));
          const approving = brought.reviews.filter(({ by, state, commit: on, canWrite }) => {
            const name = nameOf(by);
            return (
              state === 'APPROVED' &&
              on === MERGED &&
              canWrite === true &&
              ['ada', 'bob', 'cleo'].some((one) => one === name && !involved.includes(one))
            );
          });
          assert.ok(approving.length > 0);
        }
      }),
      { numRuns: 4_000 },
    );
    assert.ok(allowed > 5, `${allowed} cases`);
  });
});

/** Each takes one fact of a change away. */
const unknowns: readonly ((given: RangeFacts) => RangeFacts)[] = [
  ...(['commits', 'pulls', 'reviews', 'coverage'] as const).map((lack) => (given: RangeFacts) => ({ ...given, lacked: [lack] })),
  (given) => ({ ...given, commitCount: null }),
  (given) => ({ ...given, course: null }),
  (given) => ({ ...given, question: null }),
  (given) => ({ ...given, question: given.question && { ...given.question, reviews: false } }),
  (given) => ({ ...given, pulls: [] }),
  (given) => ({ ...given, pulls: [pull()] }),
  (given) => ({ ...given, pulls: given.pulls.map((one) => ({ ...one, base: null })) }),
  (given) => ({ ...given, commits: given.commits.map((one) => ({ ...one, broughtBy: null })) }),
  withReview({ requirements: [] }),
];
/** Likewise; submit requirements alone do not rest on these. */
const unknownVotes: readonly ((given: RangeFacts) => RangeFacts)[] = [
  (given) => ({ ...given, commits: given.commits.map((one) => ({ ...one, hands: [] })) }),
  (given) => ({ ...given, pulls: given.pulls.map((one) => ({ ...one, author: null })) }),
  (given) => ({ ...given, pulls: given.pulls.map((one) => ({ ...one, mergedBy: null })) }),
  withReview({ uploader: null }),
  withReview({ submittedAt: null }),
  withReview({ votes: [] }),
  ...(['by', 'at', 'onBehalf'] as const).map((field) => withReview({ votes: [vote({ [field]: null })] })),
];

function withReview(fields: Partial<ChangeReview>): (given: RangeFacts) => RangeFacts {
  return (given) => ({
    ...given,
    pulls: given.pulls.map((one) => ({ ...one, ...(one.review ? { review: { ...one.review, ...fields } } : {}) })),
  });
}

const votes: fc.Arbitrary<Vote> = fc
  .record({
    by: accounts,
    label: fc.constantFrom(...rather('Code-Review'), 'Verified'),
    value: fc.constantFrom(...rather(2), 1, 0, -1, -2),
    range: fc.constantFrom(...rather({ min: -2, max: 2 }), null),
    at: fc.constantFrom(...rather(1), 2, SUBMITTED, SUBMITTED + 1, null),
    postSubmit: fc.constantFrom(...rather(false), true),
    automatic: fc.constantFrom(...rather(false), true),
    onBehalf: fc.constantFrom(...rather(false), true, null),
    onSubmitted: fc.constantFrom(...rather(true), false),
  })
  .map((fields) => vote(fields));
const statuses: fc.Arbitrary<SubmitRequirement> = fc.record({
  name: fc.constantFrom('Code-Review', 'Verified'),
  status: fc.constantFrom(...rather('satisfied' as const), 'not-applicable', 'overridden', 'forced', 'unsatisfied', 'error'),
});
const changes: fc.Arbitrary<PullFacts> = fc
  .record({
    of: fc.record({
      number: fc.constantFrom(12, 13),
      author: accounts,
      mergedBy: accounts,
      base: fc.constantFrom(...rather('refs/heads/main'), 'refs/heads/dev', null),
    }),
    review: fc.record({
      uploader: accounts,
      submittedAt: fc.constantFrom(...rather(SUBMITTED), null),
      requirements: fc.array(statuses, { maxLength: 3 }),
      votes: fc.array(votes, { minLength: 1, maxLength: 4 }),
    }),
  })
  .map(({ of, review: fields }) => submitted(fields, of));
const submits: fc.Arbitrary<Partial<RangeFacts>> = fc.record({
  commits: fc.array(commits, { minLength: 1, maxLength: 2 }),
  pulls: fc.uniqueArray(changes, { minLength: 1, maxLength: 2, selector: ({ number }) => number }),
});

describe('policy rules about submitted changes, for any facts', () => {
  const both = { reviews: [{}] };

  it('never allow when a fact is missing', () => {
    assert.equal(decideSubmit(both).verdict, 'allow');
    for (const lose of unknowns) assert.equal(decideSubmit({}, lose(facts(brought()))).verdict, 'deny', String(lose));
    for (const lose of [...unknowns, ...unknownVotes])
      assert.equal(decideSubmit(both, lose(facts(brought()))).verdict, 'deny', String(lose));
    fc.assert(
      fc.property(fc.subarray([...unknowns, ...unknownVotes], { minLength: 1 }), (lost) => {
        const decision = decideSubmit(
          both,
          lost.reduce((one, lose) => lose(one), facts(brought())),
        );
        assert.ok(decision.verdict === 'deny' && decision.reasons.length > 0);
      }),
      { numRuns: 300 },
    );
  });

  it('allow by requirements only what satisfied one and missed none', () => {
    let allowed = 0;
    fc.assert(
      fc.property(submits, (given) => {
        if (decideSubmit({}, given).verdict === 'deny') return;
        allowed++;
        for (const { broughtBy } of given.commits ?? []) {
          const { base, review: had = changeReview({ requirements: [] }) } =
            given.pulls?.find(({ number }) => number === broughtBy) ?? assert.fail();
          const said = had.requirements.map(({ status }) => status);
          assert.ok(base === 'refs/heads/main' && said.includes('satisfied'));
          assert.ok(said.every((status) => status === 'satisfied' || status === 'not-applicable'));
        }
      }),
      { numRuns: 2_000 },
    );
    assert.ok(allowed > 5, `${allowed} cases`);
  });

  it('allow by votes only what somebody else voted for in person before the submit, and nobody against', () => {
    let allowed = 0;
    const rule = { changes: [{ source: 'hub', repositories: ['org/app'], refs: ['refs/heads/main'], reviewed: false }], ...both };
    fc.assert(
      fc.property(submits, (given) => {
        if (decideSubmit(rule, given).verdict === 'deny') return;
        allowed++;
        for (const { broughtBy, hands } of given.commits ?? []) {
          const { author, mergedBy, review: had } = given.pulls?.find(({ number }) => number === broughtBy) ?? assert.fail();
          const involved = [...hands, author, mergedBy, had?.uploader ?? null].map(
            (one) => nameOf(one) ?? assert.fail('nobody is involved'),
          );
          const approving = (had?.votes ?? []).filter((one) => {
            const name = nameOf(one.by);
            const inPerson = one.onBehalf === false && !one.automatic && one.onSubmitted && !one.postSubmit;
            const inTime = one.at !== null && one.at <= (had?.submittedAt ?? 0);
            const counts = one.label === 'Code-Review' && one.value >= 2 && inPerson && inTime;
            return counts && ['ada', 'bob', 'cleo'].some((known) => known === name && !involved.includes(known));
          });
          assert.ok(approving.length > 0);
        }
      }),
      { numRuns: 4_000 },
    );
    assert.ok(allowed > 5, `${allowed} cases`);
  });
});
