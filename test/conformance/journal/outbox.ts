import assert from 'node:assert/strict';
import type { Note } from '#core/ports/journal.ts';
import type { Opened } from './journal-under-test.ts';
import { decision, delivery, done, match, sha, targetOf } from './material.ts';

const web = 'prod/GitRepository/apps/web';
const always = Number.MAX_SAFE_INTEGER;

export function outboxConformance(opened: Opened): void {
  /** What a sink is not done with, in short: `allowed dec_1_web rec_1_web`. */
  const untold = async (sink: string): Promise<readonly string[]> => (await notes(sink)).map(inShort);
  const notes = (sink: string): Promise<readonly Note[]> => opened().journal.untold(sink, 100);
  const arrive = async (n: number, targets: readonly string[] = ['web']): Promise<void> => {
    await opened().journal.append(delivery(n));
    await opened().journal.settle([done(n, targets)]);
  };

  describe('what sinks are to be told', () => {
    it('is every decision, that the cluster was asked, and every outcome, in the order in which they were written', async () => {
      await opened().reopen(['a']);
      const { journal } = opened();
      await journal.append(delivery(1));
      const allowed = match(1, ['web']);
      const denied = decision('dec_no', 'chg_1', targetOf('api'), 'deny', { at: 1_007 });
      await journal.settle([
        { delivery: 'dlv_1', state: 'done', reason: null, match: { ...allowed, decisions: [...allowed.decisions, denied] } },
      ]);
      const lease = (await journal.take(web)) ?? assert.fail('nothing to take');
      await journal.release(lease, { state: 'observing', token: 't', asks: 1, triggeredAt: 5_000 });
      await journal.observe('rec_1_web', { outcome: 'failed', reason: 'BuildFailed', message: 'first' });
      await journal.observe('rec_1_web', { outcome: 'failed', reason: 'BuildFailed', message: 'second' });
      await journal.observe('rec_1_web', { steps: [{ at: 1, name: 'artifact', detail: '' }], triggeredAt: 6_000 });
      await journal.observe('rec_1_web', { state: 'ended', outcome: 'applied', endedAt: 7_000 });
      assert.deepEqual(await untold('a'), [
        'allowed dec_1_web rec_1_web',
        'denied dec_no null',
        'triggered dec_1_web rec_1_web',
        'failed dec_1_web rec_1_web',
        'applied dec_1_web rec_1_web',
      ]);
      const [first, second] = await notes('a');
      assert.deepEqual([first?.change, first?.at, second?.at], ['chg_1', 1_002, 1_007]);
    });

    it('is not what was not written: a lost lease, an end that came twice, a settlement that failed', async () => {
      await opened().reopen(['a']);
      const { journal } = opened();
      await arrive(1);
      const lease = (await journal.take(web)) ?? assert.fail('nothing to take');
      await journal.release({ ...lease, fence: lease.fence + 1 }, { state: 'ended', outcome: 'skipped' });
      await journal.release(lease, { state: 'ended', outcome: 'skipped' });
      await journal.observe('rec_1_web', { state: 'ended', outcome: 'applied' });
      await journal.append(delivery(2));
      await assert.rejects(journal.settle([done(2, ['web']), done(3, ['web'])]));
      assert.deepEqual(await untold('a'), ['allowed dec_1_web rec_1_web', 'skipped dec_1_web rec_1_web']);
    });

    it('is a denial when a decision is made again, under the decision that denies', async () => {
      await opened().reopen(['a']);
      const { journal } = opened();
      await arrive(1);
      const lease = (await journal.take(web)) ?? assert.fail('nothing to take');
      const decided = decision('dec_again', 'chg_1', targetOf('web'), 'deny');
      await journal.release(lease, { state: 'ended', outcome: 'skipped', reason: 'denied', decided });
      assert.deepEqual((await untold('a')).slice(1), ['denied dec_again rec_1_web', 'skipped dec_again rec_1_web']);
    });

    it('is what newer revisions overtook, and what a cluster is owed', async () => {
      await opened().reopen(['a']);
      const { journal } = opened();
      for (const n of [1, 2]) await arrive(n);
      await journal.take(web);
      await journal.append(delivery(3));
      await journal.settle([done(3, [], { owed: ['prod'] })]);
      await journal.repay('prod', match(3, ['web']));
      await journal.repay('prod', match(3, ['web']));
      assert.deepEqual((await untold('a')).slice(1), [
        'allowed dec_2_web rec_2_web',
        'superseded dec_1_web rec_1_web',
        'allowed dec_3_web rec_3_web',
      ]);
    });

    it('is kept for each sink until it is done with it, also through a restart', async () => {
      await opened().reopen(['a', 'b']);
      for (const n of [1, 2]) await arrive(n);
      const [first] = await notes('a');
      await opened().journal.told('a', first?.seq ?? 0);
      await opened().journal.told('a', 0);
      await opened().reopen();
      assert.deepEqual(await untold('a'), ['allowed dec_2_web rec_2_web']);
      assert.equal((await notes('b')).length, 2);
      assert.equal((await opened().journal.untold('b', 1)).length, 1);
    });

    it('is nothing at all while there is no sink', async () => {
      await arrive(1);
      assert.deepEqual(await untold('a'), []);
      assert.deepEqual(await opened().journal.backlog(), new Map());
      await opened().reopen(['a']);
      assert.deepEqual(await untold('a'), []);
    });

    it('begins for a new sink with what comes next, and is forgotten for one that is gone', async () => {
      await opened().reopen(['a']);
      await arrive(1);
      await opened().reopen(['a', 'b']);
      await arrive(2);
      assert.deepEqual([(await untold('a')).length, (await untold('b')).length], [2, 1]);
      await opened().reopen(['b']);
      assert.deepEqual([(await untold('a')).length, (await untold('b')).length], [0, 1]);
      await opened().reopen(['a', 'b']);
      assert.deepEqual(await untold('a'), []);
    });

    it('says how old the oldest is that a sink is not done with', async () => {
      await opened().reopen(['a', 'b']);
      await arrive(1);
      const [only] = await notes('a');
      await opened().journal.told('b', only?.seq ?? 0);
      assert.deepEqual(
        await opened().journal.backlog(),
        new Map([
          ['a', 1_002],
          ['b', null],
        ]),
      );
    });

    it('is pruned when every sink is done with it, and when it is older than the records', async () => {
      await opened().reopen(['a', 'b']);
      const { journal } = opened();
      await Promise.all(Array.from({ length: 120 }, (_, n) => arrive(n + 1)));
      const all = await journal.untold('a', 500);
      for (const sink of ['a', 'b']) await journal.told(sink, all[109]?.seq ?? 0);
      await journal.prune({ bodies: 0, records: 0 });
      assert.equal((await journal.untold('a', 500)).length, 10);
      await journal.prune({ bodies: 0, records: always });
      assert.deepEqual(await untold('a'), []);
      await arrive(500);
      assert.deepEqual(await untold('b'), ['allowed dec_500_web rec_500_web']);
      assert.equal((await journal.change('chg_500'))?.revision, sha(500));
    });
  });
}

function inShort({ kind, decision: of, reconcile }: Note): string {
  return `${kind} ${of} ${reconcile}`;
}
