import { copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/** What a killed process has left on disk. */
export interface DeadJournal {
  /** SQLite's own verdict, `ok` when the file is whole. */
  readonly integrity: string;
  /** Targets whose lease was live when the process died. */
  readonly leases: number;
}

/** Looks at a copy, so that the next process finds everything as the dead one has left it. */
export function inspectDeadJournal(file: string): DeadJournal {
  const directory = mkdtempSync(join(tmpdir(), 'headgate-autopsy-'));
  try {
    const copy = join(directory, 'copy.db');
    for (const suffix of ['', '-wal']) if (existsSync(file + suffix)) copyFileSync(file + suffix, copy + suffix);
    return inspect(copy);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function inspect(file: string): DeadJournal {
  const db = new DatabaseSync(file);
  try {
    const integrity = db.prepare('PRAGMA integrity_check').get() as { integrity_check: string };
    const leases = db.prepare('SELECT count(*) AS live FROM lease WHERE expires > 0').get() as { live: number };
    return { integrity: integrity.integrity_check, leases: leases.live };
  } finally {
    db.close();
  }
}
