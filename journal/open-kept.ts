import type { Checkpoints } from '#core/ports/checkpoints.ts';
import type { Journal } from '#core/ports/journal.ts';
import { keepRecords, type Keeper, type RecordsKept } from '#journal/records/keep-records.ts';
import { openPersonKey } from '#journal/records/person-key.ts';
import { openSqliteJournal, type SqliteJournalOptions } from '#journal/sqlite/open.ts';

export interface KeptOptions extends Omit<SqliteJournalOptions, 'persons'> {
  /** Names of the files and how often they are written. */
  readonly records: Pick<RecordsKept, 'key' | 'file' | 'every' | 'records' | 'anchors'> & {
    /** File of the key that people are referred to by. */
    readonly persons: string;
  };
  /** Puts on record what the server itself does. */
  readonly keeper: (journal: Journal) => Keeper;
}

/**
 * Opens the journal and keeps its records until `stopping` is disposed.
 * @throws HeadgateError as openSqliteJournal, and SECRET_UNAVAILABLE
 */
export async function openKept(
  { records: { persons, ...records }, keeper, ...options }: KeptOptions,
  stopping: AsyncDisposableStack,
): Promise<{ readonly journal: Journal; readonly checkpoints: Checkpoints }> {
  const { clock, log } = options;
  const journal = await openSqliteJournal({ ...options, persons: await openPersonKey(persons) });
  stopping.defer(() => journal.close());
  const checkpoints = await keepRecords({ clock, log, journal, keeper: keeper(journal), ...records }, stopping);
  return { journal, checkpoints };
}
