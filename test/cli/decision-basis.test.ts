import assert from 'node:assert/strict';
import { limits } from '#core/limits.ts';
import { decisionBasis } from '#cli/decision-basis.ts';

describe('what a decision rested on', () => {
  it('names whoever asked, and the person behind them', () => {
    const facts = { subject: 'ada', subjectIssuer: 'corp', person: 'ada-lovelace' };
    assert.deepEqual(decisionBasis({ facts }), ['asked for by ada (corp), person ada-lovelace']);
    assert.deepEqual(decisionBasis({ facts: { ...facts, person: null } }), ['asked for by ada (corp)']);
  });

  it('says of a pusher whom nobody knows why', () => {
    const facts = { pusher: 'unresolved: no person has the account 7 of hub' };
    assert.deepEqual(decisionBasis({ facts }), ['pushed by nobody who is known: no person has the account 7 of hub']);
  });

  it('says whose word it is who pushed, where a host asserted it', () => {
    const assertedBy = ['host/hg (corp)'];
    const word = 'who it was is the word of host/hg (corp), verified by its token';
    assert.deepEqual(decisionBasis({ facts: { pusher: 'ada-lovelace', assertedBy } }), ['pushed by person ada-lovelace', word]);
    assert.deepEqual(decisionBasis({ facts: { pusher: null, assertedBy } }), [word]);
  });

  it('tells the first reviews that counted, and how many more did', () => {
    const reviewed = Array.from({ length: limits.cli.counted + 2 }, (_, index) => `#${index} approved by bob`);
    const lines = decisionBasis({ facts: { reviewed } });
    assert.deepEqual(
      [lines[0], lines.at(-1), lines.length],
      ['counted: #0 approved by bob', 'counted: and 2 more', limits.cli.counted + 1],
    );
  });

  it('is nothing where nobody stood behind it', () => {
    assert.deepEqual(decisionBasis({ facts: { subject: null, confirmed: true } }), []);
  });
});
