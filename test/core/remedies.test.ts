import assert from 'node:assert/strict';
import { remedies, whatWouldPass } from '#core/remedies.ts';
import { reasonCodes } from '#policy/reason-codes.ts';

describe('what would make a change pass', () => {
  it('is said for every code that a decision can give as its reason, and for no other', () => {
    assert.deepEqual(Object.keys(remedies).toSorted(), Object.keys(reasonCodes).toSorted());
  });

  it('says nothing of what stands in nobody’s way', () => {
    const silent = Object.keys(remedies).filter((code) => remedies[code] === null);
    assert.deepEqual(silent.toSorted(), ['allowed', 'audit', 'more']);
  });

  it('is said once for reasons of one kind, in the order of the reasons', () => {
    const reasons = ['other-ref', 'other-repository', 'other-ref', 'more'].map((code) => ({ code }));
    assert.deepEqual(whatWouldPass({ verdict: 'deny', rule: 'shop', reasons }), [remedies['other-ref'], remedies['other-repository']]);
  });

  it('names the rule where the reason is of another version, and is empty for what was allowed', () => {
    const reasons = [{ code: 'constructor' }, { code: 'of-later' }];
    assert.deepEqual(whatWouldPass({ verdict: 'deny', rule: 'shop', reasons }), ['The policy of the rule shop would have to change.']);
    assert.deepEqual(whatWouldPass({ verdict: 'allow', rule: 'shop', reasons: [{ code: 'no-policy' }] }), []);
  });
});
