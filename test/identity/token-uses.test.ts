import assert from 'node:assert/strict';
import { limits } from '#core/limits.ts';
import { TokenUses } from '#identity/token-uses.ts';

describe('identity/token-uses', () => {
  it('lets a token be used for one thing, as often as it is sent', () => {
    const uses = new TokenUses();
    assert.deepEqual([uses.admit('t', 'a', 10, 0), uses.admit('t', 'a', 10, 1), uses.admit('t', 'b', 10, 2)], [true, true, false]);
    assert.equal(uses.admit('u', 'b', 10, 3), true);
  });

  it('refuses further tokens rather than forget one that is still good', () => {
    const uses = new TokenUses();
    for (let i = 0; i < limits.identity.uses; i++) uses.admit(`t${i}`, 'a', 10, 0);
    assert.throws(() => uses.admit('more', 'a', 10, 9), { code: 'OVERLOADED' });
    assert.equal(uses.admit('t0', 'b', 10, 9), false);
    assert.equal(uses.admit('more', 'a', 20, 10), true, 'those that have ended are forgotten');
  });
});
