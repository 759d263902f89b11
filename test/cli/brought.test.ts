import assert from 'node:assert/strict';
import { renderStory } from '#cli/story.ts';
import { plainStyle } from '#cli/style.ts';
import { brief, samplePull } from '../adapters/gerrit/stories.ts';
import { sampleStory, webapp } from './sample-story.ts';

const SUBMITTED = Date.UTC(2026, 10, 21, 7, 51, 50);

describe('the changes of a review system in the story of a change', () => {
  const bob = { account: '2', name: 'bob', kind: 'human' } as const;
  const votes = [
    { label: 'Code-Review', value: 2, range: null, by: bob, at: 1, postSubmit: true, automatic: false, onBehalf: null, onSubmitted: true },
  ];
  const pull = samplePull(57, { submitter: bob, votes });
  const range = { base: 'a', commits: 1, files: 1, firstFiles: [], pulls: [pull], checks: [], lacked: [] };
  const readBack = { by: 'api' as const, at: 0, head: '8e1b7aa34c2100000000000000000000000000ff', standing: 'head' as const, range };
  const story = { ...sampleStory({ change: { readBack } }) };
  const ran = [{ target: webapp, deployedAt: SUBMITTED - 7_200_000, revertedAt: SUBMITTED + 8_000 }];
  const brought = {
    number: 57,
    submittedAt: SUBMITTED,
    deployments: [{ target: webapp, at: SUBMITTED + 8_000 }],
    reverts: { number: 42, ran },
    revertedBy: [{ number: 60, ran: [] }],
  };

  it('have their link, votes and requirements, when they came to run, and what takes them back', () => {
    const lines = renderStory({ ...story, brought: [brought] }, { style: plainStyle, width: null });
    assert.deepEqual(lines.slice(5, 15), [
      'change 57  Change 57',
      '  https://review.example.com/c/demo/app/+/57',
      '  submitted 2026-11-21T07:51:50.000Z by bob',
      '  votes: Code-Review+2 by bob (after the submit)',
      '  requirements: none was checked before it came in: it was pushed past review, for example',
      '  prod: GitRepository/webapp in apps runs it since 2026-11-21T07:51:58.000Z, 8.00 s after the submit',
      '  reverts change 42, which was deployed to prod: GitRepository/webapp in apps at 2026-11-21T05:51:50.000Z and ran for 2h00m',
      '  change 60 reverts it: it is not known to have run anywhere without it',
      '',
      '✔ prod: GitRepository/webapp in apps: applied, 1.32 s after it was received',
    ]);
  });

  it('are told without where they run by a server that does not say', () => {
    const lines = renderStory(story, { style: plainStyle, width: null });
    assert.ok(lines.includes('change 57  Change 57'));
    assert.ok(!lines.some((line) => line.includes('runs it since')));
  });

  it('are named by their numbers where there are too many to show', () => {
    const many = { ...readBack, range: { ...range, morePulls: [brief(5), brief(4)], lacked: ['pulls' as const] } };
    const lines = renderStory(sampleStory({ change: { readBack: many } }), { style: plainStyle, width: null });
    assert.ok(lines.includes('and 2 more: 5, 4; there may be more, past what is looked at'), lines.join('\n'));
  });
});
