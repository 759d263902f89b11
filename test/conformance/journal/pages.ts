import assert from 'node:assert/strict';
import type { Page, PageRequest } from '#core/ports/journal.ts';
import { replayId } from '#core/replay-id.ts';
import type { Opened } from './journal-under-test.ts';
import { allPages, decision, delivery, done, match, sha, targetOf } from './material.ts';

async function pagesOf<T>(read: (page: PageRequest) => Promise<Page<T>>, limit: number): Promise<readonly (readonly T[])[]> {
  const pages: (readonly T[])[] = [];
  for (let cursor: string | null = null; ; ) {
    const page: Page<T> = await read({ limit, cursor });
    pages.push(page.items);
    if (page.next === null) return pages;
    cursor = page.next;
  }
}

const ids = (page: Page<{ readonly id: string }>): readonly string[] => page.items.map(({ id }) => id);

export function pageConformance(opened: Opened): void {
  describe('lists', () => {
    it('run from the newest to the oldest, page by page, each row once', async () => {
      const { journal } = opened();
      for (let n = 1; n <= 7; n++) await journal.append(delivery(n));
      const pages = await pagesOf((page) => journal.deliveries({}, page), 3);
      assert.deepEqual(
        pages.map((page) => page.map(({ id }) => id)),
        [['dlv_7', 'dlv_6', 'dlv_5'], ['dlv_4', 'dlv_3', 'dlv_2'], ['dlv_1']],
      );
    });

    it('say that there is no next page when the last one is full', async () => {
      const { journal } = opened();
      for (let n = 1; n <= 4; n++) await journal.append(delivery(n));
      assert.deepEqual(
        (await pagesOf((page) => journal.deliveries({}, page), 2)).map((page) => page.length),
        [2, 2],
      );
      assert.deepEqual(await journal.changes({}, allPages), { items: [], next: null });
    });

    it('do not shift when something new comes in between two pages', async () => {
      const { journal } = opened();
      for (let n = 1; n <= 4; n++) await journal.append(delivery(n));
      const { next } = await journal.deliveries({}, { limit: 2, cursor: null });
      await journal.append(delivery(5));
      assert.deepEqual(ids(await journal.deliveries({}, { limit: 2, cursor: next })), ['dlv_2', 'dlv_1']);
    });

    it('refuse a cursor that is none, or that of another list', async () => {
      const { journal } = opened();
      for (let n = 1; n <= 2; n++) await journal.append(delivery(n));
      const { next } = await journal.deliveries({}, { limit: 1, cursor: null });
      for (const cursor of ['', 'x', '2', '%', 'ZGVsaXZlcmllczotMQ', `${next}=`, `${next}A`]) {
        await assert.rejects(journal.deliveries({}, { limit: 1, cursor }), { code: 'REQUEST_INVALID' }, cursor);
      }
      await assert.rejects(journal.changes({}, { limit: 1, cursor: next }), { code: 'REQUEST_INVALID' });
    });

    it('filter deliveries', async () => {
      const { journal } = opened();
      await journal.append(delivery(1));
      await journal.append(delivery(2, { source: 'review', event: 'ref-updated' }));
      await journal.append(delivery(3, { reading: { ignored: 'event ping' }, event: 'ping' }));
      await journal.settle([done(1, [])]);
      const listed = async (filter: Parameters<typeof journal.deliveries>[0]) => ids(await journal.deliveries(filter, allPages));
      assert.deepEqual(await listed({ source: 'review' }), ['dlv_2']);
      assert.deepEqual(await listed({ state: 'pending' }), ['dlv_2']);
      assert.deepEqual(await listed({ state: 'done' }), ['dlv_1']);
      assert.deepEqual(await listed({ state: 'ignored' }), ['dlv_3']);
      assert.deepEqual(await listed({ event: 'push' }), ['dlv_1']);
      assert.deepEqual(await listed({ repository: 'org/app' }), ['dlv_2', 'dlv_1']);
      assert.deepEqual(await listed({ deliveryId: 'guid-3' }), ['dlv_3']);
      assert.deepEqual(await listed({ since: 1_002 }), ['dlv_3', 'dlv_2']);
      assert.deepEqual(await listed({ source: 'hub', event: 'ping', since: 1_003 }), ['dlv_3']);
      assert.deepEqual(await listed({ since: 1_002, until: 1_003 }), ['dlv_2']);
      assert.deepEqual(await listed({ source: 'nobody' }), []);
    });

    it('find the replays of a delivery, and no delivery whose sender only says that it is one', async () => {
      const { journal } = opened();
      await journal.append(delivery(1));
      await journal.append(delivery(2, { kind: 'replay', deliveryId: replayId('dlv_1', 'a') }));
      await journal.append(delivery(3, { kind: 'replay', deliveryId: replayId('dlv_11', 'a') }));
      await journal.append(delivery(4, { deliveryId: replayId('dlv_1', 'b') }));
      await journal.append(delivery(5, { kind: 'replay', deliveryId: replayId('dlv_1', 'c'), reading: { ignored: 'ping' } }));
      assert.deepEqual(ids(await journal.deliveries({ replayOf: 'dlv_1' }, allPages)), ['dlv_5', 'dlv_2']);
      assert.deepEqual(ids(await journal.deliveries({ replayOf: 'dlv_1', state: 'ignored' }, allPages)), ['dlv_5']);
      const told = await Promise.all(['dlv_2', 'dlv_3', 'dlv_4', 'dlv_5'].map(async (id) => (await journal.delivery(id))?.replayOf));
      assert.deepEqual(told, ['dlv_1', 'dlv_11', null, 'dlv_1']);
    });

    it('filter changes, revisions by prefix of what the ref or the commit is', async () => {
      const { journal } = opened();
      for (const n of [1, 2, 3]) await journal.append(delivery(n));
      await journal.settle([
        done(1, [], { after: `abcd1${sha(1).slice(5)}`, revision: `abcd1${sha(1).slice(5)}` }),
        done(2, [], { after: `ffff${sha(2).slice(4)}`, revision: `abcd2${sha(2).slice(5)}`, ref: 'refs/tags/v1' }),
        done(3, [], { source: 'mirror', repository: 'org/other' }),
      ]);
      const listed = async (filter: Parameters<typeof journal.changes>[0]) => ids(await journal.changes(filter, allPages));
      assert.deepEqual(await listed({ revision: 'abcd' }), ['chg_2', 'chg_1']);
      assert.deepEqual(await listed({ revision: 'abcd2' }), ['chg_2']);
      assert.deepEqual(await listed({ revision: 'ffff' }), ['chg_2']);
      assert.deepEqual(await listed({ revision: 'abc%' }), []);
      assert.deepEqual(await listed({ revision: 'abcd', ref: 'refs/heads/main' }), ['chg_1']);
      assert.deepEqual(await listed({ source: 'hub', repository: 'org/app', ref: 'refs/tags/v1' }), ['chg_2']);
      assert.deepEqual(await listed({ repository: 'org/other' }), ['chg_3']);
      assert.deepEqual(await listed({ delivery: 'dlv_2' }), ['chg_2']);
      assert.deepEqual(await listed({ since: 1_003 }), ['chg_3']);
    });

    it('filter decisions and reconciles', async () => {
      const { journal } = opened();
      for (const n of [1, 2]) await journal.append(delivery(n));
      const denied = { ...match(2, []), decisions: [decision('dec_no', 'chg_2', targetOf('web'), 'deny', { at: 9_000 })] };
      await journal.settle([done(1, ['web', 'api']), { ...done(2, []), match: denied }]);
      const web = 'prod/GitRepository/apps/web';
      const lease = await journal.take(web);
      if (lease) await journal.release(lease, { state: 'ended', outcome: 'applied' });
      const decisions = async (filter: Parameters<typeof journal.decisions>[0]) => ids(await journal.decisions(filter, allPages));
      const reconciles = async (filter: Parameters<typeof journal.reconciles>[0]) => ids(await journal.reconciles(filter, allPages));
      assert.deepEqual(await decisions({ change: 'chg_1' }), ['dec_1_api', 'dec_1_web']);
      assert.deepEqual(await decisions({ target: web }), ['dec_no', 'dec_1_web']);
      assert.deepEqual(await decisions({ verdict: 'deny' }), ['dec_no']);
      assert.deepEqual(await decisions({ since: 9_000 }), ['dec_no']);
      assert.deepEqual(await reconciles({ change: 'chg_1' }), ['rec_1_api', 'rec_1_web']);
      assert.deepEqual(await reconciles({ target: web, state: 'ended' }), ['rec_1_web']);
      assert.deepEqual(await reconciles({ state: 'queued' }), ['rec_1_api']);
      assert.deepEqual(await reconciles({ outcome: 'applied' }), ['rec_1_web']);
      assert.deepEqual(await reconciles({ since: 9_000 }), []);
    });

    it('answer nothing for ids that are not there', async () => {
      const { journal } = opened();
      const nothing = await Promise.all([
        journal.delivery('x'),
        journal.body('x'),
        journal.story('x'),
        journal.decision('x'),
        journal.reconcile('x'),
      ]);
      assert.deepEqual(new Set(nothing), new Set([undefined]));
    });
  });
}
