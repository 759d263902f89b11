import { openReader } from '#journal/sqlite/connections.ts';
import { HeadgateError, messageOf } from '#core/errors.ts';
import type { KeptName } from '#journal/records/person-references.ts';

/**
 * Reads whom the references in a journal's records mean, as far as that is kept; the chain says nothing about it. Also while a server has it open.
 * @throws HeadgateError JOURNAL_UNREADABLE
 */
export function readNames(path: string): readonly KeptName[] {
  try {
    using db = openReader(path);
    const isThere = db.prepare(`SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'person'`).get() !== undefined;
    if (!isThere) return []; // an older version wrote it
    const rows = db.prepare('SELECT reference, name, at FROM person ORDER BY name, reference').all();
    return rows.map(({ reference, name, at }) => ({ reference: String(reference), name: String(name), at: Number(at) }));
  } catch (cause) {
    throw new HeadgateError('JOURNAL_UNREADABLE', `${path}: ${messageOf(cause)}`, { cause });
  }
}
