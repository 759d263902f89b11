import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { loadConfig } from '#config/load-config.ts';
import { SecretStore } from '#config/secret-store.ts';
import type { Clock } from '#core/clock.ts';
import { HeadgateError } from '#core/errors.ts';
import { silentLog } from '#core/ports/telemetry.ts';
import { moveToPostgres, type MoveReport } from '#journal/moving/move-to-postgres.ts';

export interface MoveRequest {
  /** Absolute; its journal is the one in Postgres. */
  readonly configPath: string;
  /** The file of the SQLite journal, absolute. Default: headgate.db in the data directory. */
  readonly from?: string;
  readonly env: (name: string) => string | undefined;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Told as it goes on: so many rows of so many of a table. */
  readonly onProgress: (table: string, done: number, all: number) => void;
}

export interface Moved extends MoveReport {
  readonly from: string;
}

/** Its own settings are all that is wanted of a config here. */
const anyAdapters = { source: z.looseObject({ name: z.string(), type: z.string() }), sink: z.looseObject({ name: z.string() }) };

/**
 * Copies an SQLite journal into the database that the config names.
 * @throws HeadgateError USAGE, CONFIG_UNREADABLE, CONFIG_INVALID, SECRET_UNAVAILABLE; as moveToPostgres
 */
export async function moveJournal({ configPath, from, env, clock, ...more }: MoveRequest): Promise<Moved> {
  const { journal, dataDirectory } = await loadConfig(configPath, anyAdapters);
  if (journal.postgres === undefined)
    throw new HeadgateError('USAGE', `${configPath} names no journal in Postgres to move to`, {
      hint: 'Set spec.journal to `{ postgres: { url: { env: HEADGATE_POSTGRES_URL }, data: ./data } }`, `data` being the data directory as it is, and name the file by --from if it is not headgate.db in there.',
    });
  const file = from ?? join(dataDirectory, 'headgate.db');
  if (!existsSync(file))
    throw new HeadgateError('USAGE', `there is no journal ${file}`, { hint: 'Name the file of the SQLite journal: --from <file>.' });
  const secrets = new SecretStore({ clock, env, log: silentLog });
  const to = secrets.requireSecret(journal.postgres.url).toString('utf8').trim();
  return { from: file, ...(await moveToPostgres({ from: file, to, ...more })) };
}
