import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import type { Journal } from '#core/ports/journal.ts';
import type { ChainRecord } from '#core/ports/records.ts';
import type { Opened } from './journal-under-test.ts';
import { allPages, decision, delivery, done, match, targetOf } from './material.ts';

const web = 'prod/GitRepository/apps/web';

/** RFC 8785 for what these tests write: keys in order, no spaces; written anew here, as whoever audits would. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const entries = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, field]) => `${JSON.stringify(key)}:${canonical(field)}`).join(',')}}`;
}

/** The whole chain, oldest first; fails unless every link holds. */
async function chainOf(journal: Journal): Promise<readonly ChainRecord[]> {
  const chain = (await journal.records({}, allPages)).items.toReversed();
  let previous = '0'.repeat(64);
  for (const [index, { id, hash, record }] of chain.entries()) {
    assert.deepEqual([id, record.seq, record.previous], [String(index + 1), index + 1, previous]);
    assert.equal(createHash('sha256').update(canonical(record)).digest('hex'), hash, `record ${id}`);
    previous = hash;
  }
  assert.equal((await journal.chainHead()).hash, previous);
  return chain;
}

const told = (chain: readonly ChainRecord[]): readonly string[] =>
  chain.map(({ record }) => [record.kind, record['verdict'] ?? record['outcome'], record['reconcile']].filter(Boolean).join(' '));

export function recordsConformance(opened: Opened): void {
  describe('records', () => {
    it('tell of each decision what it rested on', async () => {
      const { journal } = opened();
      await journal.append(delivery(1));
      await journal.settle([done(1, ['web'])]);
      const [first] = await chainOf(journal);
      assert.ok(first);
      const { previous: _previous, ...record } = first.record;
      assert.deepEqual(record, {
        ...{ seq: 1, at: 1_002, kind: 'decided', again: false, readBack: null },
        ...{ delivery: 'dlv_1', change: 'chg_1', decision: 'dec_1_web', reconcile: 'rec_1_web', target: web },
        ...{ before: '0'.repeat(40), after: `${'0'.repeat(39)}1`, verdict: 'allow', wouldBe: null, enforcement: 'advisory' },
        ...{ rule: 'payments changes[0]', reasons: ['allowed'], policies: [{ name: 'payments', hash: 'sha256:0', verdict: 'allow' }] },
        ...{ facts: { repository: 'org/app', confirmed: false, namespaces: ['apps'] }, lacked: ['reviews'] },
      });
    });

    it('hold the digest of what the source answered, which tells one answer from another', async () => {
      const { journal } = opened();
      const readBack = { by: 'api', at: 1, head: 'a', standing: 'head', range: null } as const;
      for (const n of [1, 2, 3]) await journal.append(delivery(n));
      await journal.settle([
        done(1, ['web'], { readBack }),
        done(2, ['web'], { readBack }),
        done(3, ['web'], { readBack: { ...readBack, head: 'b' } }),
      ]);
      const digests = (await chainOf(journal)).map(({ record }) => record['readBack']);
      assert.match(String(digests[0]), /^sha256:[0-9a-f]{64}$/);
      assert.equal(digests[0], digests[1]);
      assert.notEqual(digests[0], digests[2]);
    });

    it('follow a reconcile from its decision to its end, once each', async () => {
      const { journal } = opened();
      for (const n of [1, 2]) await journal.append(delivery(n));
      await journal.settle([done(1, ['web'])]);
      await journal.settle([done(2, ['web'])]);
      const lease = await journal.take(web);
      assert.ok(lease);
      const decided = decision('dec_again', 'chg_2', targetOf('web'));
      await journal.release(lease, { state: 'observing', decided, triggeredAt: 5, token: 't' });
      for (let i = 0; i < 2; i++) await journal.observe('rec_2_web', { outcome: 'failed', message: `try ${i}` });
      await journal.observe('rec_2_web', { state: 'ended', outcome: 'applied', endedAt: 9 });
      assert.equal(await journal.observe('rec_2_web', { state: 'ended', outcome: 'failed' }), false);
      assert.deepEqual(told(await chainOf(journal)), [
        ...['decided allow rec_1_web', 'decided allow rec_2_web', 'outcome superseded rec_1_web'],
        ...['decided allow rec_2_web', 'triggered rec_2_web', 'outcome failed rec_2_web', 'outcome applied rec_2_web'],
      ]);
    });

    it('tell that a failure has become final', async () => {
      const { journal } = opened();
      await journal.append(delivery(1));
      await journal.settle([done(1, ['web'])]);
      const lease = await journal.take(web);
      assert.ok(lease);
      await journal.release(lease, { state: 'observing', outcome: 'failed' });
      await journal.observe('rec_1_web', { state: 'ended', outcome: 'failed' });
      const finals = (await chainOf(journal)).map(({ record }) => record['final']);
      assert.deepEqual(finals, [undefined, false, true]);
    });

    it('are written with what they tell or not at all', async () => {
      const { journal } = opened();
      await journal.append(delivery(1));
      await assert.rejects(journal.settle([done(1, ['web']), done(7, ['api'])]));
      assert.deepEqual(await chainOf(journal), []);
    });

    it('take what is noted beside decisions, and names that are no well-formed Unicode', async () => {
      const { journal } = opened();
      await journal.append(delivery(1));
      await journal.note({ kind: 'started', at: 7.5, content: { version: '1' } });
      const odd = decision('dec_1', 'chg_1', targetOf('web'), 'deny', { facts: { ref: 'refs/heads/\ud800' } });
      await journal.settle([{ delivery: 'dlv_1', state: 'done', reason: null, match: { ...match(1, []), decisions: [odd] } }]);
      const chain = await chainOf(journal);
      assert.deepEqual(told(chain), ['started', 'decided deny']);
      assert.deepEqual([chain[0]?.record.at, chain[1]?.record['facts']], [7, { ref: 'refs/heads/\ufffd' }]);
    });

    it('are found by kind, change, decision, target and time, page by page', async () => {
      const { journal } = opened();
      for (let n = 1; n <= 4; n++) await journal.append(delivery(n));
      await journal.note({ kind: 'started', at: 10, content: {} });
      await journal.settle([1, 2, 3, 4].map((n) => done(n, ['web', 'api'])));
      const ids = async (filter: Parameters<Journal['records']>[0]) => (await journal.records(filter, allPages)).items.map(({ id }) => id);
      assert.deepEqual(await ids({ kind: 'started' }), ['1']);
      assert.deepEqual(await ids({ change: 'chg_2' }), ['5', '4']);
      assert.deepEqual(await ids({ decision: 'dec_2_api' }), ['5']);
      assert.deepEqual(await ids({ target: web, change: 'chg_1' }), ['2']);
      assert.deepEqual(await ids({ until: 1_000 }), ['1']);
      assert.equal((await ids({ since: 1_000 })).length, 8);
      const first = await journal.records({ target: web }, { limit: 3, cursor: null });
      const second = await journal.records({ target: web }, { limit: 3, cursor: first.next });
      assert.deepEqual(
        [first, second].map(({ items }) => items.map(({ id }) => id)),
        [['8', '6', '4'], ['2']],
      );
      assert.equal(second.next, null);
    });

    it('tell what was published once, with where to, and of which digest which change is known', async () => {
      const { journal } = opened();
      await journal.append(delivery(1));
      await journal.settle([done(1, ['web'])]);
      const lease = (await journal.take(web)) ?? assert.fail('nothing was queued');
      const published = { address: 'oci://registry.example.com/infra:prod', digest: `sha256:${'d'.repeat(64)}`, bytes: 7 };
      const steps = [{ at: 5, name: 'published' as const, detail: 'there' }];
      await journal.release(lease, { published, steps });
      await journal.release((await journal.take(web)) ?? assert.fail('nothing was queued'), {
        state: 'observing',
        token: 't',
        triggeredAt: 6,
      });
      assert.deepEqual((await journal.reconcile('rec_1_web'))?.published, published);
      const { items } = await journal.records({ kind: 'published' }, allPages);
      assert.deepEqual(
        items.map(({ record }) => [record['address'], record['digest'], record['bytes'], record['reconcile']]),
        [[published.address, published.digest, 7, 'rec_1_web']],
      );
      assert.deepEqual(await journal.published(published.digest), [{ change: 'chg_1', address: published.address }]);
      assert.deepEqual(await journal.published(`sha256:${'e'.repeat(64)}`), []);
    });

    it('tell once what a target runs, unless a decision allowed it', async () => {
      const { journal } = opened();
      const see = (revision: string, ungated: { first: boolean; denied: string | null } | null) =>
        journal.see({ target: web, revision, at: 5, ungated });
      for (let times = 0; times < 2; times++) await see('a', { first: true, denied: null });
      await see('b', null);
      await see('a', { first: false, denied: 'dec_1' });
      const seen = (await chainOf(journal)).map(({ record }) => [
        record.kind,
        record['revision'],
        record['decision'],
        record['first'],
        record['denied'],
      ]);
      assert.deepEqual(seen, [
        ['applied', 'a', null, true, null],
        ['applied', 'a', null, false, 'dec_1'],
      ]);
      assert.deepEqual([...(await journal.lastSeen())], [[web, 'a']]);
    });

    it('are found one by one', async () => {
      const { journal } = opened();
      await journal.note({ kind: 'started', at: 10, content: {} });
      assert.equal((await journal.record('1'))?.record.kind, 'started');
      for (const id of ['2', '0', '01', '1.0', 'x', '']) assert.equal(await journal.record(id), undefined, id);
    });

    it('go on where they ended after a restart', async () => {
      const world = opened();
      await world.journal.note({ kind: 'started', at: 1, content: {} });
      await world.reopen();
      await world.journal.note({ kind: 'stopped', at: 2, content: {} });
      assert.deepEqual(told(await chainOf(world.journal)), ['started', 'stopped']);
    });
  });
}
