import assert from 'node:assert/strict';
import { copyFile, mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Journal } from '#core/ports/journal.ts';
import { silentLog } from '#core/ports/telemetry.ts';
import { SimulatedClock } from '#core/simulated-clock.ts';
import { openSqliteJournal, type SqliteJournalOptions } from '#journal/sqlite/open.ts';
import type { JournalWorld } from './model/journal-world.ts';

const leaseMs = 60_000;

/** A journal in a fresh directory, on a simulated clock. Its file must be sound when it is destroyed. */
export class SqliteWorld implements JournalWorld {
  readonly leaseMs = leaseMs;
  readonly shared = false;
  readonly clock: SimulatedClock;
  readonly directory: string;
  #more: Partial<SqliteJournalOptions>;
  #journal: Journal;

  private constructor(directory: string, journal: Journal, more: Partial<SqliteJournalOptions>, clock: SimulatedClock) {
    this.directory = directory;
    this.#journal = journal;
    this.#more = more;
    this.clock = clock;
  }

  static async open(more: Partial<SqliteJournalOptions> = {}): Promise<SqliteWorld> {
    const directory = await mkdtemp(join(tmpdir(), 'headgate-journal-'));
    const clock = new SimulatedClock();
    return new SqliteWorld(directory, await openJournal(directory, clock, more), more, clock);
  }

  get journal(): Journal {
    return this.#journal;
  }

  get path(): string {
    return join(this.directory, 'data', 'journal.db');
  }

  elapse(ms: number): Promise<void> {
    return this.clock.advance(ms);
  }

  jump(ms: number): void {
    this.clock.jump(ms);
  }

  async reopen(sinks?: readonly string[]): Promise<void> {
    await this.#journal.close();
    if (sinks) this.#more = { ...this.#more, sinks };
    this.#journal = await openJournal(this.directory, this.clock, this.#more);
  }

  /** Goes on from a copy of the files as they are at this moment, as after a crash: nothing has been closed. */
  async crash(): Promise<void> {
    const copy = join(this.directory, 'copy');
    await mkdir(copy, { mode: 0o700 });
    for (const suffix of ['', '-wal']) await copyFile(this.path + suffix, join(copy, `journal.db${suffix}`));
    await this.#journal.close();
    await rm(join(this.directory, 'data'), { recursive: true });
    await rename(copy, join(this.directory, 'data'));
    this.#journal = await openJournal(this.directory, this.clock, this.#more);
  }

  async destroy(): Promise<void> {
    try {
      await this.#journal.close();
      this.check();
    } finally {
      await rm(this.directory, { recursive: true, force: true });
    }
  }

  /** Nothing torn, no orphan, and the counters right. */
  check(): void {
    const db = new DatabaseSync(this.path, { readOnly: true });
    try {
      assert.deepEqual(
        db
          .prepare('PRAGMA integrity_check')
          .all()
          .map((row) => row['integrity_check']),
        ['ok'],
      );
      assert.deepEqual(db.prepare('PRAGMA foreign_key_check').all(), []);
      const counted = db.prepare("SELECT state, count(*) AS n FROM delivery WHERE state IN ('done', 'ignored') GROUP BY state").all();
      const tally = db.prepare('SELECT state, deliveries AS n FROM tally WHERE deliveries <> 0').all();
      const sorted = (rows: typeof counted) => rows.map((row) => `${String(row['state'])} ${String(row['n'])}`).toSorted();
      assert.deepEqual(sorted(tally), sorted(counted));
    } finally {
      db.close();
    }
  }
}

function openJournal(directory: string, clock: SimulatedClock, more: Partial<SqliteJournalOptions>): Promise<Journal> {
  return openSqliteJournal({ path: join(directory, 'data', 'journal.db'), clock, log: silentLog, leaseMs, ...more });
}
