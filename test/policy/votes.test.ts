import assert from 'node:assert/strict';
import type { RangeFacts } from '#core/ports/read-back.ts';
import type { ChangeReview } from '#core/review.ts';
import { account, commit, DAY, HEAD, MERGED, push } from './range-samples.ts';
import type { PolicySpec } from './samples.ts';
import { brought, decideSubmit, SUBMITTED, vote } from './vote-samples.ts';

const asks = (fields: object = {}): PolicySpec => ({ reviews: [fields] });
const one = asks();
/** Without the project's own requirements, so that votes alone are judged. */
const forced: Partial<ChangeReview> = { requirements: [{ name: 'Code-Review', status: 'forced' }] };
const votesAlone = (fields: object = {}): PolicySpec => ({
  ...asks(fields),
  changes: [{ source: 'hub', repositories: ['org/app'], refs: ['refs/heads/main'], reviewed: false }],
});

function codes({ verdict, reasons }: ReturnType<typeof decideSubmit>): readonly string[] {
  return verdict === 'deny' ? reasons.map(({ code }) => code) : [];
}

describe('policy/reviews of changes with votes', () => {
  it('count a vote, and name it', () => {
    const decision = decideSubmit(one);
    assert.deepEqual([decision.verdict, decision.rule], ['allow', 'payments changes[0], payments reviews[0]']);
    const said = `#12 by ada (hub ada 1) on ${MERGED} at ${new Date(DAY).toISOString()}`;
    assert.ok((decision.facts['reviewed'] as readonly string[]).includes(`payments reviews[0]: ${said}`));
  });

  it('count for changes that a rule takes whatever their submit requirements', () => {
    assert.equal(decideSubmit(votesAlone(), brought(forced)).verdict, 'allow');
    assert.deepEqual(codes(decideSubmit(votesAlone(), brought({ ...forced, votes: [] }))), ['vote-missing']);
  });

  const refused: readonly (readonly [what: string, given: Partial<ChangeReview>, why: RegExp, code?: string])[] = [
    ['no vote at all', { votes: [] }, /of the Code-Review votes on change 12, one must count, and none counts: there is none/],
    ['a vote on another label', { votes: [vote({ label: 'Verified' })] }, /there is none/],
    ['a label that is written otherwise', { votes: [vote({ label: 'code-review' })] }, /there is none/],
    ['a lower vote', { votes: [vote({ value: 1 })] }, /ada's is Code-Review\+1, and Code-Review\+2 is asked for/],
    ['a negative vote', { votes: [vote({ value: -1 })] }, /ada's is Code-Review-1/],
    ['a vote that was taken back', { votes: [vote(), vote({ value: 0, at: DAY + 1 })] }, /there is none/],
    ['a vote that was lowered', { votes: [vote(), vote({ value: 1, at: DAY + 1 })] }, /is Code-Review\+1/],
    ['a vote that was lowered within the same second', { votes: [vote({ value: 1 }), vote()] }, /is Code-Review\+1/],
    [
      'a vote after the submit, by the mark of the source',
      { votes: [vote({ postSubmit: true })] },
      /Code-Review\+2 was given after the change/,
    ],
    ['a vote after the submit, by its time', { votes: [vote({ at: SUBMITTED + 1 })] }, /was given after the change was submitted/],
    ['a vote without a time', { votes: [vote({ at: null })] }, /has no time/],
    ['a submit without a time', { submittedAt: null }, /not known when that was/],
    ['two votes of one account whose order is not known', { votes: [vote({ at: null }), vote()] }, /the latest is not known/],
    ['a vote of a program', { votes: [vote({ automatic: true })] }, /was given by a program/],
    ['a vote in the name of somebody', { votes: [vote({ onBehalf: true })] }, /in their name by somebody else/],
    ['a vote of which that is not known', { votes: [vote({ onBehalf: null })] }, /not known to have been given in person/],
    ['a vote on content that was not submitted', { votes: [vote({ onSubmitted: false })] }, /on other content than was submitted/],
    ['a vote of an account without a name', { votes: [vote({ by: null })] }, /that the source cannot name/],
    ['a vote of nobody who is known', { votes: [vote({ by: account('stranger') })] }, /stranger .* is not known to be anybody/],
    ['a vote of a bot by the source', { votes: [vote({ by: account('ada', { kind: 'bot' }) })] }, /no human, but a bot/],
    ['a vote of a bot by documents', { votes: [vote({ by: account('robot') })] }, /no human, but a bot/],
    ['a vote of somebody who has left', { votes: [vote({ by: account('gone') })] }, /who has left/],
    ['a vote of the owner', { votes: [vote({ by: account('bob') })] }, /bob is bob, who /],
    ['a vote of the uploader', { uploader: account('ada') }, /ada is ada, who uploaded what was submitted/],
    ['an uploader who is nobody', { uploader: account('stranger') }, /somebody else than its uploader stranger/, 'not-distinct'],
    ['an uploader whom the source cannot name', { uploader: null }, /its uploader: the source names no account/, 'not-distinct'],
    [
      'the lowest vote of somebody else',
      { votes: [vote(), vote({ by: account('cleo'), value: -2 })] },
      /cleo gave change 12 the lowest/,
      'vote-against',
    ],
    ['the lowest vote of a bot', { votes: [vote(), vote({ by: account('robot'), value: -2 })] }, /robot gave/, 'vote-against'],
    ['the lowest vote of nobody who is named', { votes: [vote(), vote({ by: null, value: -2 })] }, /somebody gave/, 'vote-against'],
    [
      'the lowest vote after the submit',
      { votes: [vote(), vote({ by: account('cleo'), value: -2, postSubmit: true })] },
      /cleo/,
      'vote-against',
    ],
    [
      'the lowest vote on content that is not known to have been submitted',
      { votes: [vote(), vote({ by: account('cleo'), value: -2, onSubmitted: false })] },
      /cleo/,
      'vote-against',
    ],
    [
      'a negative vote of a label without known values',
      { votes: [vote(), vote({ by: account('cleo'), value: -1, range: null })] },
      /cleo/,
      'vote-against',
    ],
  ];
  for (const [what, given, why, code = 'vote-missing'] of refused)
    it(`refuse ${what}`, () => {
      const decision = decideSubmit(one, brought(given));
      assert.deepEqual([decision.verdict, codes(decision), decision.rule], ['deny', [code], 'payments reviews[0]']);
      assert.match(decision.reasons[0]?.message ?? '', why);
    });

  const allowed: readonly (readonly [what: string, given: Partial<ChangeReview>])[] = [
    ['a vote at the very moment of the submit', { votes: [vote({ at: SUBMITTED })] }],
    ['a vote above what is asked', { votes: [vote({ value: 3, range: { min: -3, max: 3 } })] }],
    ['a vote whatever its label can have', { votes: [vote({ range: null })] }],
    ['a vote that was raised', { votes: [vote({ value: 1 }), vote({ at: DAY + 1 })] }],
    ['a vote beside a negative one that is not the lowest', { votes: [vote(), vote({ by: account('cleo'), value: -1 })] }],
    ['a vote beside the lowest of another label', { votes: [vote(), vote({ by: account('cleo'), label: 'Verified', value: -2 })] }],
    [
      'a vote beside the lowest that was raised before the submit',
      { votes: [vote(), vote({ by: account('cleo'), value: -2 }), vote({ by: account('cleo'), value: 1, at: DAY + 1 })] },
    ],
    [
      'a vote beside the lowest that was raised after the submit',
      { votes: [vote(), vote({ by: account('cleo'), value: -2 }), vote({ by: account('cleo'), value: 1, postSubmit: true, at: 3 * DAY })] },
    ],
    ['a vote of one who voted again after the submit', { votes: [vote(), vote({ value: 2, postSubmit: true, at: 3 * DAY })] }],
  ];
  for (const [what, given] of allowed)
    it(`take ${what}`, () => {
      const decision = decideSubmit(one, brought(given));
      assert.deepEqual(
        [decision.verdict, decision.reasons.map(({ code }) => code).at(-1)],
        ['allow', 'allowed'],
        decision.reasons[0]?.message,
      );
    });

  it('ask for the label and the value of the rule', () => {
    const verified = vote({ label: 'Verified', value: 1, range: { min: -1, max: 1 } });
    assert.equal(decideSubmit(asks({ label: 'Verified', value: 1 }), brought({ votes: [verified] })).verdict, 'allow');
    const [reason] = decideSubmit(asks({ label: 'Verified' }), brought({ votes: [verified] })).reasons;
    assert.match(reason?.message ?? '', /is Verified\+1, and Verified\+2 is asked for, which the label does not have: its highest is \+1/);
    assert.equal(decideSubmit(asks({ value: 1 }), brought({ votes: [vote({ value: 1 })] })).verdict, 'allow');
    for (const value of [0, -1, 1.5]) assert.throws(() => decideSubmit(asks({ value })), /value/);
    assert.throws(() => decideSubmit(asks({ label: 'Code Review' })), /must be the name of a label/);
  });

  it('count persons, not accounts', () => {
    const twice = brought({ votes: [vote(), vote({ by: account('ada-second') })] });
    assert.deepEqual(codes(decideSubmit(asks({ required: 2 }), twice)), ['vote-missing']);
    const two = brought({ votes: [vote(), vote({ by: account('cleo') })] });
    assert.equal(decideSubmit(asks({ required: 2, from: { groups: ['sre'] } }), two).verdict, 'allow');
    const [reason] = decideSubmit(asks({ required: 2, from: { people: ['ada'] } }), two).reasons;
    assert.match(reason?.message ?? '', /cleo is cleo, who is not one of ada/);
  });

  it('tell uploader and submitter apart as they are asked to, and the author always', () => {
    const uploads = brought({ uploader: account('ada') });
    const submits = brought({ submitter: account('ada') }, { mergedBy: account('ada') });
    for (const distinctFrom of [['uploader'], ['pusher']])
      assert.deepEqual(codes(decideSubmit(asks({ distinctFrom }), uploads)), ['vote-missing']);
    for (const distinctFrom of [['submitter'], ['pusher']])
      assert.deepEqual(codes(decideSubmit(asks({ distinctFrom }), submits)), ['vote-missing']);
    for (const distinctFrom of [[], ['author'], ['submitter']])
      assert.equal(decideSubmit(asks({ distinctFrom }), uploads).verdict, 'allow');
    for (const distinctFrom of [[], ['author'], ['uploader']]) assert.equal(decideSubmit(asks({ distinctFrom }), submits).verdict, 'allow');
    const owns = brought({}, { author: account('ada') });
    const wrote = { ...brought(), commits: [commit({ hands: [account('ada')] })] };
    for (const given of [owns, wrote]) assert.deepEqual(codes(decideSubmit(asks({ distinctFrom: [] }), given)), ['vote-missing']);
  });

  it('know who pushed what a sweep found: whoever uploaded and submitted it', () => {
    const swept = { change: { ...push, actors: [] } };
    assert.equal(decideSubmit(one, brought(), swept).verdict, 'allow');
    assert.deepEqual(codes(decideSubmit(one, brought({}, { mergedBy: account('ada') }), swept)), ['vote-missing']);
    assert.deepEqual(codes(decideSubmit(one, brought({}, { mergedBy: null }), swept)), ['not-distinct']);
  });

  it('say of a direct push that it is one', () => {
    const given: Partial<RangeFacts> = { commits: [commit({ id: HEAD, broughtBy: null })], pulls: [] };
    assert.deepEqual(codes(decideSubmit(votesAlone(), given)), ['direct-push']);
  });

  it('never take reviews for votes', () => {
    const given = brought({ votes: [] }, { reviews: [{ by: account('ada'), state: 'APPROVED', commit: MERGED, at: DAY, canWrite: true }] });
    assert.deepEqual(codes(decideSubmit(one, given)), ['vote-missing']);
  });

  it('cannot tell the uploader of a pull request apart', () => {
    const decision = decideSubmit(votesAlone({ distinctFrom: ['uploader'] }), {}, { votes: false });
    assert.deepEqual(codes(decision), ['not-distinct']);
    assert.match(decision.reasons[0]?.message ?? '', /does not tell who pushed to the branch of a pull request/);
  });
});
