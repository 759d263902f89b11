import assert from 'node:assert/strict';
import { ChangeInfo } from '#adapters/gerrit/rest/change-info.ts';
import { pullOf } from '#adapters/gerrit/rest/change-review.ts';
import { PatchSets } from '#adapters/gerrit/rest/patch-sets.ts';
import { sayingOf } from '#adapters/gerrit/rest/vote-message.ts';
import type { PullFacts } from '#core/ports/read-back.ts';
import type { ChangeReview, Vote } from '#core/review.ts';
import { ADMIN, approval, BOT, captured, capturedMessages, codeReview, DEV, said } from './captured.ts';

const admin = { account: '1000000', name: 'admin', kind: 'human' };
const dev = { account: '1000002', name: 'dev', kind: 'human' };
const rules = '71fb2396b2fd4a5d6a72a6274d247c1eb46b3875';

function facts(change: unknown): PullFacts & { readonly review: ChangeReview } {
  const pull = pullOf(ChangeInfo.parse(change), { url: 'https://review.example.com/', rules });
  return { ...pull, review: pull.review ?? assert.fail('no review') };
}

const votes = (change: unknown): readonly Vote[] => facts(change).review.votes;
const hands = (change: unknown) => new PatchSets(ChangeInfo.parse(change)).hands().map(({ account }) => account);

describe('what a merged change of Gerrit tells', () => {
  it('is who did what, and when, with a vote that counts', async () => {
    const change = await captured('change-readback', { messages: await capturedMessages() });
    const { review, ...pull } = facts(change);
    assert.deepEqual(pull, {
      number: 21,
      title: 'Deploy app',
      author: dev,
      mergedBy: admin,
      base: 'refs/heads/main',
      head: '7eabc79ee033e185bbb43c69e2e237baef17cc2a',
      reviews: [],
    });
    const { votes: given, requirements, ...rest } = review;
    assert.deepEqual(rest, {
      id: 'demo%2Fapp2~21',
      url: 'https://review.example.com/c/demo/app2/+/21',
      owner: dev,
      uploader: admin,
      submitter: admin,
      submittedAt: Date.parse('2026-11-21T07:51:50Z'),
      submission: '21-t2',
      topic: 't2',
      reverts: null,
      rules,
    });
    assert.deepEqual(requirements, [
      { name: 'Code-Review', status: 'satisfied' },
      { name: 'No-Unresolved-Comments', status: 'not-applicable' },
    ]);
    assert.deepEqual(given, [
      {
        label: 'Code-Review',
        value: 2,
        range: { min: -2, max: 2 },
        by: admin,
        at: Date.parse('2026-11-21T07:51:49Z'),
        postSubmit: false,
        automatic: false,
        onBehalf: false,
        onSubmitted: true,
      },
    ]);
  });

  it('has neither votes nor requirements where a push closed it', async () => {
    const { review, mergedBy } = facts(await captured('change-autoclosed-by-push'));
    assert.deepEqual([review.votes, review.requirements, mergedBy?.account], [[], [], '1000000']);
  });

  it('has requirements that were forced where it was pushed with %submit', async () => {
    const { review } = facts(await captured('change-submit-by-push'));
    assert.deepEqual([...new Set(review.requirements.map(({ status }) => status))], ['forced']);
  });

  it('tells a requirement of an unknown status apart from one that was satisfied', async () => {
    const requirements = ['OVERRIDDEN', 'UNSATISFIED', 'ERROR', 'SOMETHING_NEW'].map((status) => ({ name: 'X', status }));
    const { review } = facts(await captured('change-readback', { submit_requirements: requirements }));
    assert.deepEqual(
      review.requirements.map(({ status }) => status),
      ['overridden', 'unsatisfied', 'error', 'error'],
    );
  });

  it('says which vote came after the submit', async () => {
    const messages = [said(ADMIN, '07:52:08', 1, 'Code-Review+2'), said(DEV, '08:11:45', 1, 'Code-Review+1')];
    const change = await captured('change-with-post-submit-vote', { messages });
    assert.deepEqual(
      votes(change).map(({ by, postSubmit }) => [by?.name, postSubmit]),
      [
        ['dev', true],
        ['admin', false],
      ],
    );
  });

  it('says so too of a vote that is dated after it, and of one without a date', async () => {
    const all = [approval(DEV, '07:52:11', 2), { ...DEV, value: 2 }];
    const change = await captured('change-with-post-submit-vote', { labels: codeReview(...all) });
    assert.deepEqual(
      votes(change).map(({ postSubmit }) => postSubmit),
      [true, true],
    );
  });

  it('finds when and how a vote was given that a cherry-pick wrote anew in its own name', async () => {
    const change = await captured('change-cherrypick', { messages: [said(ADMIN, '07:52:21', 1, 'Code-Review+2')] });
    const [vote] = votes(change);
    assert.deepEqual(
      [vote?.automatic, vote?.onBehalf, vote?.onSubmitted, vote?.postSubmit, vote?.at],
      [false, false, true, false, Date.parse('2026-11-21T07:52:21Z')],
    );
    assert.equal(facts(change).review.uploader?.name, 'dev');
    assert.deepEqual(hands(change), ['1000002']);
  });

  it('takes such a vote for no vote in person where no message tells of it, or another one does', async () => {
    for (const messages of [
      [],
      [said(ADMIN, '07:52:20', 1, 'Code-Review+2'), said(ADMIN, '07:52:21', 1, '-Code-Review')],
      [said(ADMIN, '07:52:20', 1, 'Code-Review+2'), said(ADMIN, '07:52:21', 1, 'Code-Review+1')],
      [said(DEV, '07:52:21', 1, 'Code-Review+2')],
      [said(ADMIN, '07:52:23', 1, 'Code-Review+2')],
    ]) {
      const [vote] = votes(await captured('change-cherrypick', { messages }));
      assert.deepEqual([vote?.automatic, vote?.onBehalf, vote?.onSubmitted], [true, null, false]);
    }
  });

  it('says of a vote by a program that it is one, also through a cherry-pick', async () => {
    const tag = 'autogenerated:ci';
    const messages = [said(ADMIN, '07:52:08', 1, 'Code-Review+2', { tag })];
    const plain = await captured('change-with-post-submit-vote', { labels: codeReview(approval(ADMIN, '07:52:08', 2, { tag })), messages });
    assert.equal(votes(plain)[0]?.automatic, true);
    const picked = await captured('change-cherrypick', { messages });
    assert.equal(votes(picked)[0]?.automatic, true);
  });

  it('says of a vote in the name of somebody else that it is one, and of one without a message that it does not know', async () => {
    const labels = codeReview(approval(ADMIN, '07:52:08', 2));
    const of = async (...messages: readonly object[]) =>
      votes(await captured('change-with-post-submit-vote', { labels, messages }))[0]?.onBehalf;
    assert.equal(await of(said(ADMIN, '07:52:08', 1, 'Code-Review+2', { real_author: BOT })), true);
    assert.equal(await of(said(ADMIN, '07:52:08', 1, 'Code-Review+2', { real_author: ADMIN })), false);
    assert.equal(await of(said(ADMIN, '07:52:08', 1, 'Verified+1')), null);
    assert.equal(await of(said(ADMIN, '07:52:07', 1, 'Code-Review+2')), null);
    assert.equal(await of(), null);
  });

  it('is nobody human that belongs to the service users, or was deactivated', async () => {
    const all = [approval(BOT, '07:52:08', 1), approval({ ...DEV, inactive: true }, '07:52:08', 2)];
    const change = await captured('change-with-post-submit-vote', { labels: codeReview(...all) });
    assert.deepEqual(
      votes(change).map(({ by }) => by?.kind),
      ['bot', 'unknown'],
    );
  });
});

describe('a vote on an earlier patch set of a change of Gerrit', () => {
  const at = '07:51:40';
  const labels = codeReview(approval(ADMIN, at, 2));
  const patchSet = (number: number, kind: string) => [
    String(number).repeat(40),
    { _number: number, kind, created: '2026-11-21 07:51:30.000000000', uploader: DEV },
  ];

  async function onSubmitted(votedOn: number, ...kinds: readonly string[]): Promise<boolean | undefined> {
    const revisions = Object.fromEntries(kinds.map((kind, index) => patchSet(index + 1, kind)));
    const messages = [said(ADMIN, at, votedOn, 'Code-Review+2')];
    const change = await captured('change-readback', { labels, messages, revisions, current_revision: String(kinds.length).repeat(40) });
    return votes(change)[0]?.onSubmitted;
  }

  it('is about what was submitted as long as nothing of substance has changed since', async () => {
    assert.equal(await onSubmitted(1, 'REWORK', 'TRIVIAL_REBASE', 'NO_CODE_CHANGE', 'NO_CHANGE'), true);
    assert.equal(await onSubmitted(3, 'REWORK', 'REWORK', 'REWORK'), true);
  });

  it('is not when something has, or may have', async () => {
    for (const kind of ['REWORK', 'MERGE_FIRST_PARENT_UPDATE', 'SOMETHING_NEW'])
      assert.equal(await onSubmitted(1, 'REWORK', 'NO_CHANGE', kind), false, kind);
    assert.equal(await onSubmitted(2, 'REWORK', 'NO_CHANGE', 'REWORK', 'NO_CHANGE'), false);
    assert.equal(await onSubmitted(4, 'REWORK', 'NO_CHANGE'), false);
  });

  it('is not when a patch set in between is not told', async () => {
    const revisions = Object.fromEntries([patchSet(1, 'REWORK'), patchSet(3, 'NO_CHANGE')]);
    const messages = [said(ADMIN, at, 1, 'Code-Review+2')];
    const change = await captured('change-readback', { labels, messages, revisions, current_revision: '3'.repeat(40) });
    assert.equal(votes(change)[0]?.onSubmitted, false);
  });
});

describe('the hands in a change of Gerrit', () => {
  it('are of whoever uploaded content, whoever it was uploaded for, and not of whoever changed its message', async () => {
    const change = await captured('change-readback');
    assert.deepEqual(hands(change), ['1000002']);
    const revisions = Object.fromEntries(
      Object.entries(change.revisions).map(([id, one]) => [id, { ...one, kind: 'REWORK', real_uploader: BOT }]),
    );
    assert.deepEqual(hands({ ...change, revisions }).toSorted(), ['1000000', '1000001', '1000002']);
  });
});

describe('a message of Gerrit', () => {
  for (const [message, label, value] of [
    ['Patch Set 3: Code-Review+2', 'Code-Review', 2],
    ['Patch Set 3: Code-Review+2\n\nlooks good', 'Code-Review', 2],
    ['Patch Set 3: Verified+1 Code-Review-2\n\n(3 comments)', 'Code-Review', -2],
    ['Patch Set 3: -Code-Review Verified+1', 'Code-Review', 0],
    ['Uploaded patch set 1: Code-Review+2.', 'Code-Review', 2],
    ['Patch Set 3: Code-Review+2', 'Code', undefined],
    ['Patch Set 3: Code-Review+2', 'Review', undefined],
    ['Patch Set 3:\n\nCode-Review+2', 'Code-Review', undefined],
    ['Patch Set 3:\n\nPatch Set 3: Code-Review+2', 'Code-Review', undefined],
    ['Abandoned\n\nPatch Set 3: Code-Review+2', 'Code-Review', undefined],
    ['Change has been successfully merged', 'Code-Review', undefined],
  ] as const) {
    it(`says ${value ?? 'nothing'} of ${label} in ${JSON.stringify(message)}`, () => assert.equal(sayingOf(message, label), value));
  }
});
