import assert from 'node:assert/strict';
import type { Change } from '#core/change.ts';
import { limits } from '#core/limits.ts';
import type { ChangeFilter } from '#core/ports/journal.ts';
import { RecentChanges } from '#handlers/recent-changes.ts';
import { sampleChange } from './samples.ts';

const main = { source: 'hub', repository: 'org/app', ref: 'refs/heads/main' };

/** A journal that notes what is read. */
function journalOf(...stored: readonly Change[]) {
  const reads: ChangeFilter[] = [];
  const changes = async (filter: ChangeFilter, { limit }: { limit: number }) => {
    reads.push(filter);
    return { items: stored.filter(({ ref }) => ref === filter.ref).slice(0, limit), next: null };
  };
  return { reads, recent: new RecentChanges({ changes }) };
}

const ids = (changes: readonly Change[]): string[] => changes.map(({ id }) => id);

describe('the recent changes of a ref', () => {
  it('are read once, and what was written since comes first', async () => {
    const { reads, recent } = journalOf(sampleChange({ id: 'chg_1' }));
    await recent.of(main);
    recent.add([sampleChange({ id: 'chg_2' }), sampleChange({ id: 'chg_3' })]);
    assert.deepEqual(ids(await recent.of(main)), ['chg_3', 'chg_2', 'chg_1']);
    assert.equal(reads.length, 1);
  });

  it('are those of that ref alone', async () => {
    const { recent } = journalOf(sampleChange({ id: 'chg_1' }));
    await recent.of(main);
    recent.add([sampleChange({ id: 'chg_tag', ref: 'refs/tags/v1' }), sampleChange({ id: 'chg_other', repository: 'org/other' })]);
    assert.deepEqual(ids(await recent.of(main)), ['chg_1']);
  });

  it('are not guessed from what is written of a ref that was never read', async () => {
    const { recent } = journalOf(sampleChange({ id: 'chg_2' }), sampleChange({ id: 'chg_1' }));
    recent.add([sampleChange({ id: 'chg_2' })]);
    assert.deepEqual(ids(await recent.of(main)), ['chg_2', 'chg_1']);
  });

  it('are read for a change that was not added yet, which is not counted twice when it is', async () => {
    const { reads, recent } = journalOf(sampleChange({ id: 'chg_2' }), sampleChange({ id: 'chg_1' }));
    assert.deepEqual(ids(await recent.around(sampleChange({ id: 'chg_2' }))), ['chg_2', 'chg_1']);
    recent.add([sampleChange({ id: 'chg_2' }), sampleChange({ id: 'chg_3' })]);
    assert.deepEqual(ids(await recent.around(sampleChange({ id: 'chg_3' }))), ['chg_3', 'chg_2', 'chg_1']);
    assert.equal(reads.length, 1);
    await recent.around(sampleChange({ id: 'chg_long_ago' }));
    assert.equal(reads.length, 2);
  });

  it('are not remembered from a read that an addition overtook', async () => {
    const { reads, recent } = journalOf(sampleChange({ id: 'chg_1' }));
    const reading = recent.of(main);
    recent.add([sampleChange({ id: 'chg_2' })]);
    await reading;
    await recent.of(main);
    assert.equal(reads.length, 2);
  });

  it('are read again once the journal is uncertain', async () => {
    const { reads, recent } = journalOf(sampleChange({ id: 'chg_1' }));
    await recent.of(main);
    recent.add([sampleChange({ id: 'chg_lost' })]);
    recent.forget();
    assert.deepEqual(ids(await recent.of(main)), ['chg_1']);
    assert.equal(reads.length, 2);
  });

  it('stay within their bounds: the newest changes of the refs that were looked at last', async () => {
    const { reads, recent } = journalOf();
    await recent.of(main);
    recent.add(Array.from({ length: limits.recent.changes + 5 }, (_, index) => sampleChange({ id: `chg_${index}` })));
    const known = ids(await recent.of(main));
    assert.equal(known.length, limits.recent.changes);
    assert.equal(known[0], `chg_${limits.recent.changes + 4}`);
    for (let other = 0; other < limits.recent.refs; other++) await recent.of({ ...main, ref: `refs/heads/${other}` });
    assert.deepEqual(await recent.of(main), []);
    assert.equal(reads.length, limits.recent.refs + 2);
  });

  it('have the one that stands for the head among them, however many have come late since', async () => {
    const late = Array.from({ length: limits.recent.changes + 3 }, (_, n) => sampleChange({ id: `chg_late_${n}`, lateFor: 'chg_head' }));
    const head = sampleChange({ id: 'chg_head' });
    const pages: number[] = [];
    const stored = [...late, head, sampleChange({ id: 'chg_older' })];
    const recent = new RecentChanges({
      async changes(_filter, { limit, cursor }) {
        pages.push(limit);
        const [from, to] = [Number(cursor ?? 0), Number(cursor ?? 0) + limit];
        return { items: stored.slice(from, to), next: to < stored.length ? String(to) : null };
      },
    });
    const known = await recent.of(main);
    assert.deepEqual(ids(known), [...ids(late).slice(0, limits.recent.changes), 'chg_head']);
    assert.equal(pages.length, 2);
    recent.add([sampleChange({ id: 'chg_late', lateFor: 'chg_head' })]);
    assert.equal(ids(await recent.of(main)).at(-1), 'chg_head');
    recent.add([sampleChange({ id: 'chg_new' })]);
    assert.deepEqual(ids(await recent.of(main)).slice(0, 2), ['chg_new', 'chg_late']);
    assert.ok(!ids(await recent.of(main)).includes('chg_head'));
    assert.equal(pages.length, 2);
  });
});
