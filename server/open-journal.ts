import type { AnnouncementBridge } from '#core/announcements.ts';
import type { Clock } from '#core/clock.ts';
import type { JournalConfig } from '#config/stores-schema.ts';
import type { SecretRef } from '#config/secret-ref.ts';
import type { Journal } from '#core/ports/journal.ts';
import type { Log, Metrics } from '#core/ports/telemetry.ts';
import { openAnnouncements } from '#journal/postgres/announcements.ts';
import { loadPostgres } from '#journal/postgres/connections.ts';
import { openPostgresJournal } from '#journal/postgres/open.ts';
import { diskUse } from '#journal/sqlite/disk-use.ts';
import { openSqliteJournal } from '#journal/sqlite/open.ts';

export interface JournalOpening {
  readonly clock: Clock;
  readonly log: Log;
  readonly sinks: readonly string[];
  readonly persons: Uint8Array;
  readonly onCommit: Metrics['committed'];
  readonly secret: (ref: SecretRef) => Buffer;
}

export interface OpenedJournal {
  readonly journal: Journal;
  /** Carries announcements to other processes that have it open; absent where none can. */
  readonly bridge?: AnnouncementBridge;
  /** How many bytes it takes on this machine's disk, and how many are free there; absent where it is elsewhere. */
  readonly disk?: () => ReturnType<typeof diskUse>;
}

/**
 * Opens the journal that the config names, until `stopping` is disposed.
 * @throws HeadgateError JOURNAL_IN_USE, JOURNAL_NEWER, JOURNAL_UNREADABLE, JOURNAL_UNAVAILABLE, SECRET_UNAVAILABLE
 */
export async function openJournal(config: JournalConfig, opening: JournalOpening, stopping: AsyncDisposableStack): Promise<OpenedJournal> {
  const { secret, ...options } = opening;
  if (config.sqlite) {
    const { path } = config.sqlite;
    const journal = await openSqliteJournal({ ...options, path });
    stopping.defer(() => journal.close());
    return { journal, disk: () => diskUse(path) };
  }
  const url = secret(config.postgres.url).toString('utf8');
  const journal = await openPostgresJournal({ ...options, url });
  stopping.defer(() => journal.close());
  const bridge = openAnnouncements(await loadPostgres(), url, opening);
  stopping.defer(() => bridge.close());
  return { journal, bridge };
}
