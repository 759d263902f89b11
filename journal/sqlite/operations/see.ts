import type { DatabaseSync } from 'node:sqlite';
import { draftOf } from '#journal/records/chain.ts';
import type { RecordWriter } from '#journal/sqlite/operations/record-writer.ts';
import type { Request } from '#journal/protocol.ts';

/** Notes what a target runs, and puts it on record where no decision allowed it; nothing when that was seen last. */
export function seeOperation(db: DatabaseSync, writer: RecordWriter): (request: Request<'see'>) => null {
  const note = db.prepare(`
    INSERT INTO applied (target, revision) VALUES (?, ?)
    ON CONFLICT (target) DO UPDATE SET revision = excluded.revision WHERE revision <> excluded.revision`);
  return ({ target, revision, at, ungated }) => {
    if (note.run(target, revision).changes === 0 || ungated === null) return null;
    writer.add('applied', at, draftOf({ target, revision, decision: null, ...ungated }));
    return null;
  };
}
