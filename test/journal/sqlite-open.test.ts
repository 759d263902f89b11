import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { systemClock } from '#core/clock.ts';
import { HeadgateError } from '#core/errors.ts';
import { silentLog } from '#core/ports/telemetry.ts';
import { draftOf, genesis, nextLink } from '#journal/records/chain.ts';
import { verifyChain } from '#journal/records/verify-chain.ts';
import { migrations } from '#journal/sqlite/migrations.ts';
import { readChain } from '#journal/sqlite/read-chain.ts';
import { openSqliteJournal } from '#journal/sqlite/open.ts';
import { delivery, done } from '../conformance/journal/material.ts';
import { SqliteWorld } from './sqlite-world.ts';

const open = (path: string) => openSqliteJournal({ path, clock: systemClock, log: silentLog });

/** Opens a journal in a process of its own and says so; ends with its standard input. */
const holder = `
  const [{ openSqliteJournal }, { systemClock }, { silentLog }] = await Promise.all(
    ['#journal/sqlite/open.ts', '#core/clock.ts', '#core/ports/telemetry.ts'].map((name) => import(name)));
  await openSqliteJournal({ path: process.argv[1], clock: systemClock, log: silentLog }).then(
    () => console.log('open'), (error) => { console.log(error.code + ' ' + error.message); process.exit(1); });
  process.stdin.resume();`;

function startHolder(path: string) {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', '--input-type=module', '-e', holder, path]);
  const said = once(child.stdout, 'data').then(([chunk]) => String(chunk).trim());
  return { child, said, ended: once(child, 'exit') };
}

function edit(path: string, sql: string): void {
  const db = new DatabaseSync(path);
  db.exec(sql);
  db.close();
}

function applicationIdOf(path: string): number {
  const db = new DatabaseSync(path, { readOnly: true });
  try {
    return Number(db.prepare('PRAGMA application_id').get()?.['application_id']);
  } finally {
    db.close();
  }
}

describe('opening an SQLite journal', () => {
  let world: SqliteWorld;
  beforeEach(async () => {
    world = await SqliteWorld.open();
  });
  afterEach(() => world.destroy());

  it('creates directory and files for their owner alone', async () => {
    await world.journal.append(delivery(1));
    const directory = join(world.directory, 'data');
    assert.equal(statSync(directory).mode & 0o777, 0o700);
    const files = readdirSync(directory).toSorted();
    assert.deepEqual(files, ['journal.db', 'journal.db-shm', 'journal.db-wal', 'journal.db.lock']);
    for (const file of files) assert.equal(statSync(join(directory, file)).mode & 0o777, 0o600, file);
  });

  it('is refused to a second journal of the same process, and the first one works on', async () => {
    await assert.rejects(
      open(world.path),
      (error) => error instanceof HeadgateError && error.code === 'JOURNAL_IN_USE' && error.message.includes(world.path),
    );
    assert.equal((await world.journal.append(delivery(1))).known, false);
    await assert.rejects(open(world.path), { code: 'JOURNAL_IN_USE' });
  });

  it('is refused through a symbolic link too', async () => {
    const link = join(world.directory, 'link.db');
    symlinkSync(world.path, link);
    await assert.rejects(open(link), { code: 'JOURNAL_IN_USE' });
  });

  it('is refused to a second process, also after a second attempt in this one has failed', async function () {
    this.timeout(20_000);
    await assert.rejects(open(world.path), { code: 'JOURNAL_IN_USE' });
    const { said, ended } = startHolder(world.path);
    assert.match(await said, /^JOURNAL_IN_USE .*is open already/);
    await ended;
  });

  it('is free again at once when its holder is killed', async function () {
    this.timeout(20_000);
    const path = join(world.directory, 'other.db');
    const { child, said, ended } = startHolder(path);
    assert.equal(await said, 'open');
    await assert.rejects(open(path), { code: 'JOURNAL_IN_USE' });
    child.kill('SIGKILL');
    await ended;
    await (await open(path)).close();
  });

  it('is refused when the file was written by a newer program, and the file stays as it is', async () => {
    await world.journal.close();
    edit(world.path, 'PRAGMA user_version = 999');
    await assert.rejects(
      open(world.path),
      (error) => error instanceof HeadgateError && error.code === 'JOURNAL_NEWER' && /version 999/.test(error.message),
    );
    edit(world.path, `PRAGMA user_version = ${migrations.length}`);
    await world.reopen();
  });

  it('is refused for a database of another program and for what is no database', async () => {
    const foreign = join(world.directory, 'foreign.db');
    edit(foreign, 'CREATE TABLE t (x)');
    const text = join(world.directory, 'text.db');
    writeFileSync(
      text,
      'this is not a database, and it is long enough to be looked at as a header of one hundred bytes or so\n'.repeat(40),
    );
    const directory = join(world.directory, 'directory.db');
    mkdirSync(directory);
    for (const path of [foreign, text, directory, join(text, 'below.db')])
      await assert.rejects(open(path), { code: 'JOURNAL_UNREADABLE' }, path);
  });

  it('brings the file of the first version to the present one, with all that it holds', async () => {
    const path = join(world.directory, 'first.db');
    const rows = ['pending', 'done', 'done', 'ignored', 'dead'].map(
      (state, n) => `('dlv_old${n}', 'hub', 'old-${n}', 'webhook', 'push', 1, '192.0.2.1', '${state}')`,
    );
    const columns = 'id, source, delivery_id, kind, event, received_at, remote, state';
    edit(
      path,
      `${migrations[0]}; PRAGMA application_id = ${applicationIdOf(world.path)}; PRAGMA user_version = 1; PRAGMA journal_mode = WAL;
      INSERT INTO delivery (${columns}) VALUES ${rows.join(', ')}`,
    );
    const journal = await open(path);
    try {
      assert.deepEqual((await journal.counts()).deliveries, { pending: 1, done: 2, ignored: 1, dead: 1 });
      await journal.settle([{ delivery: 'dlv_old0', state: 'ignored', reason: null }]);
      assert.equal((await journal.append(delivery(1))).known, false);
      assert.deepEqual(await journal.pending(10, ['hub']), []);
      await journal.settle([done(1, ['web'])]);
      await journal.append(delivery(2, { reading: { ignored: 'ping' } }));
      assert.deepEqual((await journal.counts()).deliveries, { pending: 0, done: 3, ignored: 3, dead: 1 });
      await journal.prune({ bodies: 2, records: 2 });
      assert.deepEqual((await journal.counts()).deliveries, { pending: 0, done: 1, ignored: 1, dead: 0 });
    } finally {
      await journal.close();
    }
  });

  it('brings the file of the second version to the present one, and keeps news for sinks from then on', async () => {
    const path = join(world.directory, 'second.db');
    edit(
      path,
      `${migrations.slice(0, 2).join(';')}; PRAGMA application_id = ${applicationIdOf(world.path)}; PRAGMA user_version = 2;
      PRAGMA journal_mode = WAL;
      INSERT INTO delivery (id, source, delivery_id, kind, event, received_at, remote, state)
        VALUES ('dlv_1', 'hub', 'guid-1', 'webhook', 'push', 1, '192.0.2.1', 'pending')`,
    );
    const journal = await openSqliteJournal({ path, clock: systemClock, log: silentLog, sinks: ['a'] });
    try {
      await journal.settle([done(1, ['web'])]);
      assert.deepEqual(
        (await journal.untold('a', 10)).map(({ kind, change }) => `${kind} ${change}`),
        ['allowed chg_1'],
      );
    } finally {
      await journal.close();
    }
  });

  it('goes on with the chain of the fifth version, whose records name people, and refers to them from then on', async () => {
    const path = join(world.directory, 'fifth.db');
    const old = nextLink({ seq: 0, hash: genesis }, 'decided', 1, draftOf({ facts: { actors: ['pusher octocat (7)'] } }));
    edit(
      path,
      `${migrations.slice(0, 5).join(';')}; PRAGMA application_id = ${applicationIdOf(world.path)}; PRAGMA user_version = 5;
      PRAGMA journal_mode = WAL; INSERT INTO record VALUES (1, '${old.document}', '${old.hash}')`,
    );
    const journal = await open(path);
    try {
      await journal.note({ kind: 'started', at: 2, content: { actors: ['pusher octocat (7)'] } });
      const [first, second] = [await journal.record('1'), await journal.record('2')].map((one) => JSON.stringify(one));
      assert.deepEqual([first?.includes('octocat'), second?.includes('octocat')], [true, false]);
      assert.equal(readChain(path, ({ base, links }) => verifyChain(base, links, [])).fault, null);
    } finally {
      await journal.close();
    }
  });

  it('brings the file of the third version to the present one, and keeps records from then on', async () => {
    const path = join(world.directory, 'third.db');
    edit(
      path,
      `${migrations.slice(0, 3).join(';')}; PRAGMA application_id = ${applicationIdOf(world.path)}; PRAGMA user_version = 3;
      PRAGMA journal_mode = WAL;
      INSERT INTO delivery (id, source, delivery_id, kind, event, received_at, remote, state)
        VALUES ('dlv_1', 'hub', 'guid-1', 'webhook', 'push', 1, '192.0.2.1', 'pending')`,
    );
    const journal = await open(path);
    try {
      assert.equal((await journal.chainHead()).seq, 0);
      await journal.settle([done(1, ['web'])]);
      assert.equal((await journal.record('1'))?.record['decision'], 'dec_1_web');
    } finally {
      await journal.close();
    }
  });

  it('leaves no log behind when it is closed', async () => {
    await world.journal.append(delivery(1));
    await world.journal.close();
    assert.deepEqual(readdirSync(join(world.directory, 'data')).toSorted(), ['journal.db', 'journal.db.lock']);
    await world.reopen();
  });

  it('can be closed twice', async () => {
    await Promise.all([world.journal.close(), world.journal.close()]);
    await world.reopen();
  });
});
