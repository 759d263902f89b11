import assert from 'node:assert/strict';
import type { Change } from '#core/change.ts';
import { limits } from '#core/limits.ts';
import type { Progress } from '#core/ports/journal.ts';
import type { Opened } from './journal-under-test.ts';
import { delivery, done } from './material.ts';

const web = 'prod/GitRepository/apps/web';

export function lineageConformance(opened: Opened): void {
  describe('what took the place of what', () => {
    async function allow(n: number, more: Partial<Change> = {}): Promise<void> {
      await opened().journal.append(delivery(n));
      await opened().journal.settle([done(n, ['web', 'api'], more)]);
    }
    /** Ends the newest of a target, and supersedes what was queued before it. */
    async function end(progress: Progress, target = web): Promise<void> {
      const lease = (await opened().journal.take(target)) ?? assert.fail('nothing is queued');
      assert.equal(await opened().journal.release(lease, progress), true);
    }
    const over = (outcome: Progress['outcome'], reason: string | null = null): Progress =>
      ({ state: 'ended', outcome, reason, endedAt: 9_000 }) as Progress;
    const seqOf = async (n: number): Promise<number> => (await opened().journal.reconcile(`rec_${n}_web`))?.seq ?? assert.fail('not there');
    const superseded = async (n: number): Promise<readonly string[]> =>
      (await opened().journal.superseded(web, await seqOf(n))).map(({ change }) => change);
    const later = async (n: number): Promise<readonly string[]> =>
      (await opened().journal.later(web, await seqOf(n))).map(({ change, outcome }) => `${change} ${outcome}`);

    it('is found from the one that did, back to the last that the ref itself had brought there', async () => {
      await allow(1);
      await allow(2);
      await end(over('applied'));
      for (const n of [3, 4, 5]) await allow(n);
      await end(over('failed'));
      for (const n of [6, 7]) await allow(n);
      await end(over('applied'));
      assert.deepEqual(await superseded(7), ['chg_6', 'chg_4', 'chg_3']);
      assert.deepEqual(await superseded(5), ['chg_4', 'chg_3']);
      assert.deepEqual(await superseded(2), ['chg_1']);
      assert.deepEqual(await superseded(1), []);
    });

    it('is not found beyond what had nothing to bring, but beyond what was asked for and what was skipped for another reason', async () => {
      await allow(1);
      await allow(2, { action: 'requested' });
      await end(over('applied'));
      await allow(3);
      await end(over('skipped', 'suspended'));
      await allow(4);
      assert.deepEqual(await superseded(4), ['chg_1']);
      await end(over('skipped', 'paths'));
      await allow(5);
      assert.deepEqual(await superseded(5), []);
    });

    it('is found from the one that was superseded: what came to anything after it, the next first', async () => {
      for (const n of [1, 2]) await allow(n);
      assert.deepEqual(await later(1), []);
      await end({ state: 'observing', outcome: 'failed' });
      assert.deepEqual(await later(1), ['chg_2 failed']);
      for (const n of [3, 4, 5]) await allow(n);
      await end(over('applied'));
      assert.deepEqual(await later(1), ['chg_2 failed', 'chg_5 applied']);
      assert.deepEqual(await later(5), []);
    });

    it('is found within bounds, the nearest', async () => {
      const { later: most } = limits.journal;
      await allow(0);
      for (let n = 1; n <= most + 1; n++) {
        await allow(n);
        await end(over('failed'));
      }
      const found = await later(0);
      assert.deepEqual([found.length, found[0]], [most, 'chg_1 failed']);
    });
  });
}
