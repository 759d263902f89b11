import assert from 'node:assert/strict';
import { targetKey } from '#core/target.ts';
import type { Opened } from './journal-under-test.ts';
import { allPages, change, decision, delivery, done, match, reconcile, sha, targetOf } from './material.ts';

export function settlementConformance(opened: Opened): void {
  describe('settlements', () => {
    it('tells a change with its delivery, candidates, decisions and reconciles', async () => {
      const { journal } = opened();
      await journal.append(delivery(1));
      await journal.settle([done(1, ['web', 'api'])]);
      const story = await journal.story('chg_1');
      const expected = match(1, ['web', 'api']);
      assert.deepEqual(story?.change, expected.change);
      assert.deepEqual(story?.candidates, expected.candidates);
      assert.deepEqual(story?.decisions, expected.decisions);
      assert.equal(story?.delivery.state, 'done');
      const { steps, seq, ...first } = story?.reconciles[0] ?? assert.fail('no reconcile');
      assert.equal(steps[0]?.name, 'queued');
      assert.ok(seq > 0);
      const fresh = {
        state: 'queued',
        outcome: null,
        reason: null,
        message: null,
        token: null,
        asks: 0,
        consumers: [],
        triggeredAt: null,
        endedAt: null,
      };
      assert.deepEqual(first, { ...expected.reconciles[0], ...fresh });
      assert.deepEqual(await journal.decision('dec_1_api'), expected.decisions[1]);
      assert.equal((await journal.reconcile('rec_1_api'))?.target.name, 'api');
    });

    it('keeps what the source said of a change, and what its paths came to for a target', async () => {
      const { journal } = opened();
      await journal.append(delivery(1));
      const range = { base: sha(0), commits: 1, files: 2, firstFiles: ['a', 'b'], pulls: [], checks: [], lacked: ['checks'] } as const;
      const readBack = { by: 'git', at: 7, head: sha(1), standing: 'head', range } as const;
      const paths = { declared: ['web/**'], base: sha(0), files: 2, changed: null };
      const told = match(1, ['web'], { readBack });
      const reconciles = told.reconciles.map((one) => ({ ...one, paths }));
      await journal.settle([{ delivery: 'dlv_1', state: 'done', reason: null, match: { ...told, reconciles } }]);
      assert.deepEqual((await journal.change('chg_1'))?.readBack, readBack);
      assert.deepEqual((await journal.reconcile('rec_1_web'))?.paths, paths);
    });

    it('leaves out sources that are named when it tells what is pending', async () => {
      const { journal } = opened();
      await journal.append(delivery(1));
      await journal.append(delivery(2, { source: 'other' }));
      const ids = async (except?: readonly string[]) => (await journal.pending(10, except)).map(({ id }) => id);
      assert.deepEqual(await ids(), ['dlv_1', 'dlv_2']);
      assert.deepEqual(await ids(['hub']), ['dlv_2']);
      assert.deepEqual(await ids(['hub', 'other']), []);
    });

    it('tells the newest revision that was allowed for a target and not skipped', async () => {
      const { journal } = opened();
      for (const n of [1, 2]) {
        await journal.append(delivery(n));
        await journal.settle([done(n, ['web', 'api'])]);
      }
      const [web, api, other] = ['web', 'api', 'other'].map((name) => targetKey(targetOf(name))) as [string, string, string];
      const lease = await journal.take(api);
      assert.ok(lease);
      await journal.release(lease, { state: 'ended', outcome: 'skipped', reason: 'suspended', endedAt: 9 });
      assert.deepEqual(
        await journal.lastAllowed([web, api, other]),
        new Map([
          [web, sha(2)],
          [api, sha(1)],
        ]),
      );
    });

    it('tells what the newest decision for a target counted from, skipping those that do not say', async () => {
      const { journal } = opened();
      const bases = [sha(7), sha(8), null];
      for (const [index, base] of bases.entries()) {
        await journal.append(delivery(index + 1));
        const one = match(index + 1, ['web']);
        const decisions = one.decisions.map((decided) => ({ ...decided, facts: { ...decided.facts, base } }));
        await journal.settle([{ delivery: `dlv_${index + 1}`, state: 'done', reason: null, match: { ...one, decisions } }]);
      }
      const [web, other] = ['web', 'other'].map((name) => targetKey(targetOf(name))) as [string, string];
      assert.deepEqual(await journal.countedFrom([web, other]), new Map([[web, sha(8)]]));
    });

    it('knows which of a sender’s ids it has', async () => {
      const { journal } = opened();
      await journal.append(delivery(1));
      await journal.append(delivery(2, { source: 'other' }));
      assert.deepEqual(await journal.knownDeliveries('hub', ['guid-1', 'guid-2', 'guid-3']), new Set(['guid-1']));
    });

    it('tells a change alone, and nothing of one that it does not know', async () => {
      const { journal } = opened();
      await journal.append(delivery(1));
      await journal.settle([done(1, ['web'], { owed: ['edge'] })]);
      assert.deepEqual(await journal.change('chg_1'), change(1, { owed: ['edge'] }));
      assert.equal(await journal.change('chg_2'), undefined);
    });

    it('writes nothing of a settlement whose delivery is no longer pending', async () => {
      const { journal } = opened();
      await journal.append(delivery(1));
      await journal.settle([done(1, ['web'])]);
      await journal.settle([
        { delivery: 'dlv_1', state: 'ignored', reason: 'again', match: { ...match(1, ['web']), change: change(1, { id: 'chg_x' }) } },
      ]);
      assert.equal((await journal.delivery('dlv_1'))?.state, 'done');
      assert.equal(await journal.story('chg_x'), undefined);
      assert.equal((await journal.reconciles({}, allPages)).items.length, 1);
    });

    it('writes a round of settlements all or nothing', async () => {
      const { journal } = opened();
      for (const n of [1, 2]) await journal.append(delivery(n));
      const broken = { ...done(2, ['web']), match: { ...match(2, ['web']), change: change(2, { id: 'chg_1' }) } };
      await assert.rejects(journal.settle([done(1, ['web']), broken]));
      assert.deepEqual((await journal.counts()).deliveries, { pending: 2, done: 0, ignored: 0, dead: 0 });
      assert.equal(await journal.story('chg_1'), undefined);
      assert.deepEqual(await journal.dirty(), []);
    });

    it('refuses to settle a delivery that it does not know', async () => {
      const { journal } = opened();
      await assert.rejects(journal.settle([done(1, [])]), /dlv_1/);
    });

    it('does not let a failing settlement harm what is written beside it', async () => {
      const { journal } = opened();
      await journal.append(delivery(1));
      const [settled, , appended] = await Promise.allSettled([
        journal.settle([done(7, [])]),
        journal.settle([done(1, ['web'])]),
        journal.append(delivery(2)),
      ]);
      assert.equal(settled.status, 'rejected');
      assert.equal(appended.status, 'fulfilled');
      assert.deepEqual(await journal.dirty(), ['prod/GitRepository/apps/web']);
    });

    it('settles a thousand deliveries at once', async () => {
      const { journal } = opened();
      const ns = Array.from({ length: 1_000 }, (_, n) => n);
      await Promise.all(ns.map((n) => journal.append(delivery(n))));
      await journal.settle(ns.map((n) => done(n, ['web'])));
      const { deliveries, queued } = await journal.counts();
      assert.deepEqual([deliveries.pending, deliveries.done, queued], [0, 1_000, 1_000]);
    });
  });

  describe('changes that a cluster is owed', () => {
    it('are told of that cluster, until they are repaid there', async () => {
      const { journal } = opened();
      await journal.append(delivery(1));
      await journal.settle([done(1, [], { owed: ['prod', 'edge'] })]);
      assert.deepEqual(
        (await journal.owed('edge')).map(({ id, owed }) => [id, owed]),
        [['chg_1', ['prod', 'edge']]],
      );
      await journal.repay('prod', match(1, ['web']));
      assert.deepEqual(await journal.owed('prod'), []);
      assert.deepEqual(
        (await journal.owed('edge')).map(({ owed }) => owed),
        [['edge']],
      );
      const story = await journal.story('chg_1');
      assert.equal(story?.candidates.length, 2);
      assert.equal(story?.decisions.length, 1);
      assert.deepEqual(await journal.dirty(), ['prod/GitRepository/apps/web']);
    });

    it('are repaid once', async () => {
      const { journal } = opened();
      await journal.append(delivery(1));
      await journal.settle([done(1, [], { owed: ['prod'] })]);
      const again = decision('dec_x', 'chg_1', targetOf('api'));
      await journal.repay('prod', match(1, ['web']));
      await journal.repay('prod', { ...match(1, []), decisions: [again], reconciles: [reconcile('rec_x', again, null)] });
      assert.deepEqual(
        (await journal.story('chg_1'))?.decisions.map(({ id }) => id),
        ['dec_1_web'],
      );
    });

    it('give way to a newer change of their ref, but not to one that came late, a request, or another ref', async () => {
      const { journal } = opened();
      for (const n of [1, 2, 3, 4, 5]) await journal.append(delivery(n));
      const owed = ['prod'];
      await journal.settle([
        done(1, [], { owed }),
        done(2, [], { lateFor: 'chg_1' }),
        done(3, [], { action: 'requested' }),
        done(4, [], { ref: 'refs/heads/dev', owed }),
      ]);
      assert.deepEqual(
        (await journal.owed('prod')).map(({ id }) => id),
        ['chg_1', 'chg_4'],
      );
      await journal.settle([done(5, [], { owed })]);
      assert.deepEqual(
        (await journal.owed('prod')).map(({ id }) => id),
        ['chg_4', 'chg_5'],
      );
      await journal.repay('prod', match(1, ['web']));
      assert.deepEqual(await journal.dirty(), []);
    });
  });
}
