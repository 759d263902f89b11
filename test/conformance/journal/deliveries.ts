import assert from 'node:assert/strict';
import type { Opened } from './journal-under-test.ts';
import { allPages, delivery, done, hint } from './material.ts';

export function deliveryConformance(opened: Opened): void {
  describe('deliveries', () => {
    it('reads back what was appended, headers and bytes included', async () => {
      const { journal } = opened();
      const sent = delivery(1, { body: Uint8Array.from({ length: 100_000 }, (_, i) => (i * i) % 251), headers: { 'x-a': 'ü', 'x-b': '' } });
      assert.deepEqual(await journal.append(sent), { id: 'dlv_1', known: false });
      const kept = await journal.delivery('dlv_1');
      const { body: _body, headers: _headers, reading: _reading, ...rest } = sent;
      assert.deepEqual(kept, {
        ...rest,
        seq: kept?.seq,
        state: 'pending',
        reason: null,
        hint: hint(1),
        attempts: 0,
        settledAt: null,
        replayOf: null,
      });
      const bytes = await journal.body('dlv_1');
      assert.deepEqual(bytes?.headers, sent.headers);
      assert.deepEqual(Buffer.from(bytes?.body ?? []), Buffer.from(sent.body));
    });

    it('keeps an empty body and a body that does not deflate', async () => {
      const { journal } = opened();
      await journal.append(delivery(1, { body: new Uint8Array() }));
      await journal.append(delivery(2, { body: Uint8Array.of(0xff) }));
      assert.equal((await journal.body('dlv_1'))?.body.byteLength, 0);
      assert.deepEqual([...((await journal.body('dlv_2'))?.body ?? [])], [0xff]);
    });

    it('answers a known delivery id with the id that the first one got, and keeps the first body', async () => {
      const { journal } = opened();
      await journal.append(delivery(1));
      const again = await journal.append(delivery(1, { id: 'dlv_9', body: Uint8Array.of(1) }));
      assert.deepEqual(again, { id: 'dlv_1', known: true });
      assert.equal(new TextDecoder().decode((await journal.body('dlv_1'))?.body), '{"n":1}');
      assert.equal(await journal.delivery('dlv_9'), undefined);
    });

    it('takes the same delivery id from another source as another delivery', async () => {
      const { journal } = opened();
      await journal.append(delivery(1));
      assert.deepEqual(await journal.append(delivery(2, { deliveryId: 'guid-1', source: 'mirror' })), { id: 'dlv_2', known: false });
    });

    it('lets exactly one of many concurrent duplicates in, and tells the others its id', async () => {
      const { journal } = opened();
      const answers = await Promise.all(Array.from({ length: 50 }, (_, n) => journal.append(delivery(n, { deliveryId: 'same' }))));
      const winners = answers.filter(({ known }) => !known);
      assert.equal(winners.length, 1);
      assert.deepEqual(new Set(answers.map(({ id }) => id)), new Set([winners[0]?.id]));
      assert.equal((await journal.deliveries({}, allPages)).items.length, 1);
    });

    it('keeps the order of acceptance in seq', async () => {
      const { journal } = opened();
      for (const n of [3, 1, 2]) await journal.append(delivery(n));
      assert.deepEqual(
        (await journal.pending(10)).map(({ id }) => id),
        ['dlv_3', 'dlv_1', 'dlv_2'],
      );
    });

    it('never takes up an ignored delivery', async () => {
      const { journal } = opened();
      await journal.append(delivery(1, { reading: { ignored: 'event ping' } }));
      const kept = await journal.delivery('dlv_1');
      assert.equal(kept?.state, 'ignored');
      assert.equal(kept?.reason, 'event ping');
      assert.equal(kept?.hint, null);
      assert.equal(kept?.settledAt, 1_001);
      assert.deepEqual(await journal.pending(10), []);
    });

    it('hands a deferred delivery out again when its time has come, with the reason and the number of attempts', async () => {
      const world = opened();
      for (const n of [1, 2]) await world.journal.append(delivery(n));
      await world.journal.defer('dlv_1', 'the forge is away', 1_000);
      assert.deepEqual(
        (await world.journal.pending(10)).map(({ id }) => id),
        ['dlv_2'],
      );
      await world.elapse(1_000);
      const [first] = await world.journal.pending(10);
      assert.deepEqual([first?.id, first?.attempts, first?.reason, first?.state], ['dlv_1', 1, 'the forge is away', 'pending']);
    });

    it('does not wait longer or shorter for a deferred delivery when the wall clock jumps', async () => {
      for (const [n, hours] of [-1, 1].entries()) {
        const world = opened();
        await world.journal.append(delivery(n));
        await world.journal.defer(`dlv_${n}`, 'later', 1_000);
        world.jump(hours * 3_600_000);
        assert.equal((await world.journal.pending(10)).length, 0);
        await world.elapse(1_000);
        assert.equal((await world.journal.pending(10)).length, 1);
        await world.journal.settle([{ delivery: `dlv_${n}`, state: 'ignored', reason: 'done with' }]);
      }
    });

    it('tries every deferred delivery again after a restart, once its time has come where other processes have counted on', async () => {
      const world = opened();
      await world.journal.append(delivery(1));
      await world.journal.defer('dlv_1', 'later', 60_000);
      await world.reopen();
      if (world.shared) {
        assert.deepEqual(await world.journal.pending(10), []);
        await world.elapse(60_000);
      }
      assert.deepEqual(
        (await world.journal.pending(10)).map(({ id, attempts }) => [id, attempts]),
        [['dlv_1', 1]],
      );
    });

    it('buries a delivery that is deferred for good, and never unsettles one that is done', async () => {
      const { journal } = opened();
      for (const n of [1, 2]) await journal.append(delivery(n));
      await journal.defer('dlv_1', 'it throws', null);
      await journal.settle([done(2, [])]);
      await journal.defer('dlv_2', 'too late', null);
      assert.deepEqual(
        (await journal.deliveries({ state: 'dead' }, allPages)).items.map(({ id, reason }) => [id, reason]),
        [['dlv_1', 'it throws']],
      );
      assert.equal((await journal.delivery('dlv_2'))?.state, 'done');
      assert.notEqual((await journal.delivery('dlv_1'))?.settledAt, null);
    });

    it('has everything that it accepted after a restart', async () => {
      const world = opened();
      await Promise.all(Array.from({ length: 300 }, (_, n) => world.journal.append(delivery(n))));
      await world.reopen();
      assert.equal((await world.journal.counts()).deliveries.pending, 300);
      assert.deepEqual(await world.journal.append(delivery(7)), { id: 'dlv_7', known: true });
    });

    it('tells what is pending of each source, and since when', async () => {
      const { journal } = opened();
      assert.deepEqual(await journal.pendingBySource(), []);
      for (const n of [1, 2, 3]) await journal.append(delivery(n));
      await journal.append(delivery(4, { source: 'other' }));
      await journal.append(delivery(5, { reading: { ignored: 'a ping' } }));
      await journal.settle([{ delivery: 'dlv_1', state: 'ignored', reason: 'old' }]);
      assert.deepEqual(
        (await journal.pendingBySource()).toSorted((a, b) => a.source.localeCompare(b.source)),
        [
          { source: 'hub', pending: 2, oldestAt: 1_002 },
          { source: 'other', pending: 1, oldestAt: 1_004 },
        ],
      );
    });

    it('can be written', async () => {
      assert.equal(await opened().journal.writable(), true);
    });

    it('finishes what was handed over before it closes, and takes nothing afterwards', async () => {
      const world = opened();
      const { journal } = world;
      const appending = Promise.all(
        Array.from({ length: 100 }, (_, n) => journal.append(delivery(n, { body: new Uint8Array(n * 1_000) }))),
      );
      await journal.close();
      assert.equal((await appending).length, 100);
      await assert.rejects(journal.append(delivery(101)), { code: 'JOURNAL_UNAVAILABLE' });
      await world.reopen();
      assert.equal((await world.journal.counts()).deliveries.pending, 100);
    });
  });
}
