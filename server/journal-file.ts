import type { JournalConfig } from '#config/stores-schema.ts';
import { HeadgateError } from '#core/errors.ts';

/** The journal's file, for what reads it without a server. @throws HeadgateError NOT_YET for a journal in Postgres */
export function journalFile({ sqlite }: JournalConfig): string {
  if (sqlite !== undefined) return sqlite.path;
  throw new HeadgateError('NOT_YET', 'spec.journal.postgres: this command reads a journal in a file, and none in Postgres yet', {
    hint: 'Ask the server for records: `headgate get records`.',
  });
}
