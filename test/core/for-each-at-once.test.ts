import assert from 'node:assert/strict';
import { forEachAtOnce } from '#core/for-each-at-once.ts';

describe('working on several items at once', () => {
  it('works on each once, in order, and never on more than allowed', async () => {
    const begun: number[] = [];
    let underWay = 0;
    let most = 0;
    await forEachAtOnce([1, 2, 3, 4, 5, 6, 7], 3, async (item) => {
      begun.push(item);
      most = Math.max(most, ++underWay);
      await new Promise(setImmediate);
      underWay--;
    });
    assert.deepEqual([begun, most, underWay], [[1, 2, 3, 4, 5, 6, 7], 3, 0]);
  });

  it('throws the first failure when what was under way has ended, and begins nothing new', async () => {
    const ended: number[] = [];
    const slow = Promise.withResolvers<void>();
    const all = forEachAtOnce([1, 2, 3, 4], 2, async (item) => {
      if (item === 1) throw new Error('one');
      await slow.promise;
      ended.push(item);
    });
    await new Promise(setImmediate);
    assert.deepEqual(ended, []);
    slow.resolve();
    await assert.rejects(all, /^Error: one$/);
    assert.deepEqual(ended, [2]);
  });
});
