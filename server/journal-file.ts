import type { JournalConfig, QueueConfig } from '#config/stores-schema.ts';
import { HeadgateError } from '#core/errors.ts';

/** The journal's file. @throws HeadgateError NOT_YET for a journal in Postgres */
export function journalFile({ sqlite }: JournalConfig): string {
  if (sqlite !== undefined) return sqlite.path;
  throw new HeadgateError('NOT_YET', 'spec.journal.postgres: this version cannot open a journal in Postgres yet', {
    hint: 'Use `journal: { sqlite: {} }`, with one process.',
  });
}

/**
 * What a server of this version can be started with, unchanged.
 * @throws HeadgateError NOT_YET for Postgres, and so for Redis, which needs it
 */
export function requireKnownStores<T extends { readonly journal: JournalConfig; readonly queue: QueueConfig }>(config: T): T {
  journalFile(config.journal);
  return config;
}
