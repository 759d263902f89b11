import assert from 'node:assert/strict';
import { sayRequirements, sayVote } from '#core/review-words.ts';

const vote = {
  label: 'Code-Review',
  value: 2,
  by: { name: 'bob' },
  postSubmit: false,
  automatic: false,
  onBehalf: false,
  onSubmitted: true,
};

describe('the words for votes', () => {
  it('name the label, the value and who gave it', () => {
    assert.equal(sayVote(vote), 'Code-Review+2 by bob');
    assert.equal(sayVote({ ...vote, value: -1, by: null }), 'Code-Review-1 by somebody unknown');
    assert.equal(sayVote({ ...vote, value: 0 }), 'Code-Review0 by bob');
  });

  it('say what keeps one from being a review in person of what was submitted', () => {
    const doubtful = { ...vote, postSubmit: true, automatic: true, onBehalf: true, onSubmitted: false };
    assert.equal(sayVote(doubtful), 'Code-Review+2 by bob (after the submit, by a program, in that account’s name, on other content)');
  });

  it('say which requirements were met, and when none was checked', () => {
    const requirements = [
      { name: 'Code-Review', status: 'satisfied' },
      { name: 'Verified', status: 'forced' },
    ] as const;
    assert.equal(sayRequirements({ requirements }), 'Code-Review satisfied, Verified forced');
    assert.match(sayRequirements({ requirements: [] }), /^none was checked/);
  });
});
