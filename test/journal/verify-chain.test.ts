import assert from 'node:assert/strict';
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import fc from 'fast-check';
import { documentHash } from '#journal/records/chain.ts';
import { verifyChain, type Anchor, type ChainReport } from '#journal/records/verify-chain.ts';
import { readChain } from '#journal/sqlite/read-chain.ts';
import { delivery, done } from '../conformance/journal/material.ts';
import { SqliteWorld } from './sqlite-world.ts';

const LENGTH = 12;
const day = 24 * 60 * 60 * 1_000;

function edit(path: string, change: (db: DatabaseSync) => void): void {
  const db = new DatabaseSync(path);
  try {
    change(db);
  } finally {
    db.close();
  }
}

/** As somebody would who may write the file: the triggers are no obstacle. */
function tamper(path: string, change: (db: DatabaseSync) => void): void {
  edit(path, (db) => {
    for (const name of ['record_in_order', 'record_stays', 'record_kept', 'record_base_forward', 'record_base_one', 'record_base_stays'])
      db.exec(`DROP TRIGGER ${name}`);
    change(db);
  });
}

function verify(path: string, anchors: readonly Anchor[] = []): ChainReport {
  return readChain(path, ({ base, links }) => verifyChain(base, links, anchors));
}

const faultOf = (report: ChainReport): string => (report.fault === null ? 'whole' : `${report.fault.kind} ${report.fault.seq}`);

describe('verifying a chain of records', function () {
  this.timeout(20_000);
  let world: SqliteWorld;
  let copies = 0;
  before(async () => {
    world = await SqliteWorld.open();
    for (let n = 1; n <= LENGTH; n++) await world.journal.append(delivery(n));
    await world.journal.settle(Array.from({ length: LENGTH }, (_, n) => done(n + 1, ['web'])));
    await world.reopen();
  });
  after(() => world.destroy());

  /** A copy of the chain that `change` has been done to. */
  const tampered = (change: (db: DatabaseSync) => void): string => {
    const path = join(world.directory, `copy-${copies++}.db`);
    copyFileSync(world.path, path);
    tamper(path, change);
    return path;
  };
  const position = fc.integer({ min: 1, max: LENGTH });
  const check = (property: fc.IProperty<unknown>): void => fc.assert(property as fc.IProperty<[unknown]>, { numRuns: 40 });

  before(async () => {
    await world.journal.close();
    await world.reopen();
  });

  it('finds nothing wrong with one that nobody has touched, also while it is open', () => {
    const report = verify(world.path);
    assert.deepEqual([faultOf(report), report.records, report.head.seq], ['whole', LENGTH, LENGTH]);
  });

  it('names a record of which any character was changed', () => {
    check(
      fc.property(position, fc.nat(), (seq, at) => {
        const path = tampered((db) => {
          const text = String(db.prepare('SELECT document FROM record WHERE seq = ?').get(seq)?.['document']);
          const spot = at % text.length;
          const other = text[spot] === 'x' ? 'y' : 'x';
          db.prepare('UPDATE record SET document = ? WHERE seq = ?').run(text.slice(0, spot) + other + text.slice(spot + 1), seq);
        });
        assert.equal(faultOf(verify(path)), `changed ${seq}`);
      }) as fc.IProperty<unknown>,
    );
  });

  it('names a record whose hash was changed', () => {
    check(
      fc.property(position, (seq) => {
        const path = tampered((db) => db.prepare('UPDATE record SET hash = ? WHERE seq = ?').run(documentHash('x'), seq));
        assert.equal(faultOf(verify(path)), `changed ${seq}`);
      }) as fc.IProperty<unknown>,
    );
  });

  it('names a record that was written anew with a hash that fits, unless it is the last', () => {
    check(
      fc.property(fc.integer({ min: 1, max: LENGTH - 1 }), (seq) => {
        const path = tampered((db) => {
          const row = db.prepare('SELECT document FROM record WHERE seq = ?').get(seq);
          const document = String(row?.['document']).replace('"allow"', '"deny"');
          db.prepare('UPDATE record SET document = ?, hash = ? WHERE seq = ?').run(document, documentHash(document), seq);
        });
        assert.equal(faultOf(verify(path)), `changed ${seq}`);
      }) as fc.IProperty<unknown>,
    );
  });

  it('names the first of two that were swapped', () => {
    check(
      fc.property(fc.uniqueArray(position, { minLength: 2, maxLength: 2 }), ([a = 1, b = 2]) => {
        const path = tampered((db) => {
          const move = db.prepare('UPDATE record SET seq = ? WHERE seq = ?');
          move.run(1_000, a);
          move.run(a, b);
          move.run(b, 1_000);
        });
        assert.equal(faultOf(verify(path)), `reordered ${Math.min(a, b)}`);
      }) as fc.IProperty<unknown>,
    );
  });

  it('names a record that was deleted, unless it is the last', () => {
    check(
      fc.property(fc.integer({ min: 1, max: LENGTH - 1 }), (seq) => {
        const path = tampered((db) => db.prepare('DELETE FROM record WHERE seq = ?').run(seq));
        assert.equal(faultOf(verify(path)), `missing ${seq}`);
      }) as fc.IProperty<unknown>,
    );
  });

  it('names the first record that was cut off after a checkpoint saw it', () => {
    const hashes = readChain(world.path, ({ links }) => [...links].map(({ hash }) => hash));
    check(
      fc.property(position, position, (seen, kept) => {
        const path = tampered((db) => db.prepare('DELETE FROM record WHERE seq > ?').run(kept));
        const report = verify(path, [{ seq: seen, hash: hashes[seen - 1] ?? '', name: 'checkpoint 1' }]);
        assert.equal(faultOf(report), kept < seen ? `truncated ${kept + 1}` : 'whole');
      }) as fc.IProperty<unknown>,
    );
  });

  it('finds by a checkpoint that everything was written anew, last record included', () => {
    const last = readChain(world.path, ({ links }) => [...links].at(-1));
    const path = tampered((db) => {
      const document = String(last?.document).replace('"allow"', '"deny"');
      db.prepare('UPDATE record SET document = ?, hash = ? WHERE seq = ?').run(document, documentHash(document), LENGTH);
    });
    assert.equal(faultOf(verify(path)), 'whole');
    assert.equal(faultOf(verify(path, [{ seq: LENGTH, hash: last?.hash ?? '', name: 'checkpoint 1' }])), `changed ${LENGTH}`);
  });

  it('names what was deleted at the beginning without a record that says so', () => {
    const path = tampered((db) => {
      db.exec('UPDATE record_base SET seq = 3, hash = (SELECT hash FROM record WHERE seq = 3); DELETE FROM record WHERE seq <= 3');
    });
    assert.equal(faultOf(verify(path)), 'pruned 3');
  });

  it('reads no more than the file: another program, an older journal and none are refused', () => {
    const path = join(world.directory, 'other.db');
    edit(path, (db) => db.exec('CREATE TABLE t (x)'));
    for (const file of [path, join(world.directory, 'absent.db')])
      assert.throws(() => verify(file), { code: 'JOURNAL_UNREADABLE', message: new RegExp(file) });
  });
});

describe('the table of records', () => {
  let world: SqliteWorld;
  beforeEach(async () => {
    world = await SqliteWorld.open();
    for (let n = 1; n <= 3; n++) await world.journal.note({ kind: 'started', at: n * 3 * day, content: {} });
    await world.journal.close();
  });
  afterEach(() => world.destroy());

  for (const [what, sql] of Object.entries({
    'a change': `UPDATE record SET document = '{}' WHERE seq = 2`,
    'a new position': 'UPDATE record SET seq = 9 WHERE seq = 3',
    'a deletion at the end': 'DELETE FROM record WHERE seq = 3',
    'a deletion at the beginning': 'DELETE FROM record WHERE seq = 1',
    'a replacement': `INSERT OR REPLACE INTO record VALUES (2, '{}', 'x')`,
    'a gap': `INSERT INTO record VALUES (5, '{}', 'x')`,
    'a beginning that never was': `UPDATE record_base SET seq = 2, hash = 'x'`,
    'a second beginning': `INSERT INTO record_base VALUES (0, 'x')`,
    'no beginning': 'DELETE FROM record_base',
  }))
    it(`refuses ${what}`, async () => {
      assert.throws(() => edit(world.path, (db) => db.exec(sql)), /record|chain/);
      await world.reopen();
      assert.equal(faultOf(verify(world.path)), 'whole');
    });

  it('lets retention cut its beginning, and the rest can be verified', async () => {
    await world.reopen();
    await world.journal.prune({ bodies: 0, records: 7 * day });
    const report = verify(world.path);
    assert.deepEqual([faultOf(report), report.prunedTo, report.records, report.head.seq], ['whole', 2, 2, 4]);
    assert.equal(await world.journal.record('2'), undefined);
    const cut = await world.journal.record('4');
    assert.equal(cut?.record.kind, 'pruned');
    assert.deepEqual({ ...(cut.record['records'] as object), hash: null }, { from: 1, to: 2, count: 2, hash: null });
    await world.journal.close();
    assert.throws(() => edit(world.path, (db) => db.exec('DELETE FROM record WHERE seq = 3')), /record_base/);
    await world.reopen();
  });

  it('is not cut for less than a day', async () => {
    await world.reopen();
    await world.journal.prune({ bodies: 0, records: 3 * day + day / 2 });
    assert.deepEqual([verify(world.path).prunedTo, verify(world.path).records], [0, 3]);
  });

  it('can be cut whole, and goes on', async () => {
    await world.reopen();
    await world.journal.prune({ bodies: 0, records: 1_000 * day });
    await world.journal.note({ kind: 'stopped', at: 1, content: {} });
    const report = verify(world.path);
    assert.deepEqual([faultOf(report), report.prunedTo, report.records], ['whole', 3, 2]);
  });

  it('says what retention has deleted beside records', async () => {
    await world.reopen();
    await world.journal.append(delivery(1, { reading: { ignored: 'ping' } }));
    await world.journal.prune({ bodies: 5_000, records: 0 });
    const { record } = (await world.journal.record('4')) ?? {};
    assert.deepEqual([record?.kind, record?.['bodies'], record?.['deliveries']], ['pruned', 1, 0]);
  });

  it('is whole after a crash, and goes on', async () => {
    await world.reopen();
    await world.journal.see({
      target: 'prod/GitRepository/apps/web',
      revision: 'main@sha1:a',
      at: 1,
      ungated: { first: true, denied: null },
    });
    await world.journal.note({ kind: 'stopped', at: 1, content: {} });
    await world.crash();
    await world.journal.note({ kind: 'started', at: 2, content: {} });
    assert.deepEqual([faultOf(verify(world.path)), verify(world.path).records], ['whole', 6]);
    assert.deepEqual([...(await world.journal.lastSeen()).values()], ['main@sha1:a']);
  });
});
