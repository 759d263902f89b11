import assert from 'node:assert/strict';
import type { Change } from '#core/change.ts';
import type { ChangeFilter } from '#core/ports/journal.ts';
import type { Outcome } from '#core/reconcile.ts';
import { targetKey } from '#core/target.ts';
import type { Opened } from './journal-under-test.ts';
import { delivery, done, sha, targetOf } from './material.ts';

const web = targetOf('web');

/** What the source said of a change that these changes of its review system came with; the second of a pair is what the first reverts. */
function bringing(...numbers: readonly (readonly [number: number, reverts: number | null])[]): Partial<Change> {
  const pulls = numbers.map(([number, reverts]) => {
    const people = { owner: null, uploader: null, submitter: null };
    const more = { submission: null, topic: null, requirements: [], votes: [], rules: null };
    const review = { id: `org%2Fapp~${number}`, url: null, ...people, submittedAt: number * 10, ...more, reverts };
    return { number, title: `Change ${number}`, author: null, mergedBy: null, base: null, head: sha(1), reviews: [], review };
  });
  const range = { base: sha(0), commits: 1, files: 0, firstFiles: [], pulls, checks: [], lacked: [] };
  return { readBack: { by: 'api', at: 7, head: sha(1), standing: 'head', range } };
}

export function broughtConformance(opened: Opened): void {
  describe('what came by a review system', () => {
    /** Brings the n-th change to targets, and lets it end there. */
    async function bring(n: number, more: Partial<Change>, targets: readonly string[] = ['web']): Promise<void> {
      const { journal } = opened();
      await journal.append(delivery(n));
      await journal.settle([done(n, targets, more)]);
    }
    async function end(outcome: Outcome, at: number, name = 'web', reason: string | null = null): Promise<void> {
      const { journal } = opened();
      const lease = (await journal.take(targetKey(targetOf(name)))) ?? assert.fail('nothing is queued');
      assert.equal(await journal.release(lease, { state: 'ended', outcome, reason, endedAt: at }), true);
    }
    const brought = (n: number) => opened().journal.brought(`chg_${n}`);

    it('runs since when the revision that it came with is applied', async () => {
      await bring(1, bringing([42, null], [43, null]), ['web', 'api']);
      assert.deepEqual(await brought(1), [
        { number: 42, submittedAt: 420, deployments: [], reverts: null, revertedBy: [] },
        { number: 43, submittedAt: 430, deployments: [], reverts: null, revertedBy: [] },
      ]);
      await end('applied', 500);
      await end('failed', 600, 'api');
      const [first, second] = await brought(1);
      assert.deepEqual(first?.deployments, [{ target: web, at: 500, change: 'chg_1' }]);
      assert.deepEqual(second?.deployments, first?.deployments);
    });

    it('is found by its number, in any repository or in one', async () => {
      await bring(1, bringing([42, null], [43, null]));
      await bring(2, bringing([43, null]));
      await bring(3, {});
      const found = async (filter: ChangeFilter) =>
        (await opened().journal.changes(filter, { limit: 10, cursor: null })).items.map(({ id }) => id);
      assert.deepEqual(await found({ brought: 43 }), ['chg_2', 'chg_1']);
      assert.deepEqual(await found({ brought: 42, repository: 'org/app' }), ['chg_1']);
      assert.deepEqual(await found({ brought: 42, repository: 'org/other' }), []);
      assert.deepEqual(await found({ brought: 44 }), []);
    });

    it('is found by its number also where only that is kept of it, and what reverts it too', async () => {
      const { readBack } = bringing([42, null]);
      const range = readBack?.range ?? assert.fail();
      const morePulls = [
        { number: 57, review: { id: 'org%2Fapp~57', submittedAt: 570, reverts: null } },
        { number: 58, review: { id: 'org%2Fapp~58', submittedAt: 580, reverts: 42 } },
      ];
      await bring(1, { readBack: { ...(readBack ?? assert.fail()), range: { ...range, morePulls } } });
      const { items } = await opened().journal.changes({ brought: 57 }, { limit: 10, cursor: null });
      assert.deepEqual(
        items.map(({ id }) => id),
        ['chg_1'],
      );
      assert.deepEqual(
        (await brought(1)).map(({ number, revertedBy }) => [number, revertedBy.map((by) => by.number)]),
        [[42, [58]]],
      );
    });

    it('runs with the revision that took the place of its own', async () => {
      await bring(1, bringing([42, null]));
      await bring(2, bringing([43, null]));
      await end('applied', 900);
      assert.deepEqual((await brought(1))[0]?.deployments, [{ target: web, at: 900, change: 'chg_2' }]);
    });

    it('does not run with a revision that was asked for or that the ref was forced to, but does when its own is asked for again', async () => {
      await bring(1, bringing([42, null]));
      await end('failed', 500);
      await bring(2, { action: 'requested', revision: sha(9), after: sha(9) });
      await end('applied', 600);
      await bring(4, { action: 'forced', revision: sha(8), after: sha(8) });
      await end('applied', 650);
      assert.deepEqual((await brought(1))[0]?.deployments, []);
      await bring(5, { before: sha(8), revision: sha(7), after: sha(7) });
      await end('applied', 680);
      assert.deepEqual((await brought(1))[0]?.deployments, [], 'what came on top of a force push holds no more than that');
      await bring(3, { action: 'requested', revision: sha(1), after: sha(1) });
      await end('skipped', 700, 'web', 'current');
      assert.deepEqual((await brought(1))[0]?.deployments, [{ target: web, at: 700, change: 'chg_3' }]);
    });

    it('is paired with what reverts it, from both sides: from when until when it ran', async () => {
      await bring(1, bringing([42, null]));
      await end('applied', 500);
      await bring(2, bringing([57, 42]));
      const running = [{ target: web, deployedAt: 500, revertedAt: null }];
      assert.deepEqual((await brought(2))[0]?.reverts, { number: 42, change: 'chg_1', ran: running });
      await end('applied', 900);
      const ran = [{ target: web, deployedAt: 500, revertedAt: 900 }];
      assert.deepEqual((await brought(2))[0]?.reverts, { number: 42, change: 'chg_1', ran });
      assert.deepEqual((await brought(1))[0]?.revertedBy, [{ number: 57, change: 'chg_2', ran }]);
    });

    it('never ran where its revert came with it, or what is reverted is not known', async () => {
      await bring(1, bringing([42, null]));
      await bring(2, bringing([57, 42], [58, 7]));
      await end('applied', 900);
      assert.deepEqual(
        (await brought(2)).map(({ reverts }) => reverts),
        [
          { number: 42, change: 'chg_1', ran: [] },
          { number: 7, change: null, ran: [] },
        ],
      );
    });

    it('is forgotten with the change that it came with', async () => {
      const { journal } = opened();
      await bring(1, bringing([42, null]));
      await end('applied', 500);
      await journal.prune({ bodies: Number.MAX_SAFE_INTEGER, records: Number.MAX_SAFE_INTEGER });
      await bring(2, bringing([57, 42]));
      assert.deepEqual((await brought(2))[0]?.reverts, { number: 42, change: null, ran: [] });
    });

    it('is another one in another repository, or of another source', async () => {
      await bring(1, { ...bringing([42, null]), repository: 'org/other' });
      await end('applied', 500);
      await bring(2, { ...bringing([42, null]), source: 'other' });
      await end('applied', 600);
      await bring(3, bringing([57, 42]));
      assert.deepEqual((await brought(3))[0]?.reverts, { number: 42, change: null, ran: [] });
    });

    it('is nothing for changes that came otherwise, or are not there', async () => {
      await bring(1, {});
      assert.deepEqual([await brought(1), await brought(2)], [[], []]);
    });
  });
}
