import { HeadgateError, messageOf } from '#core/errors.ts';
import { flowLock } from '#journal/postgres/commit.ts';
import { abandon, clientConfig, sessionSettings, type Postgres } from '#journal/postgres/connections.ts';
import { migrateJournal } from '#journal/postgres/migrate.ts';

/**
 * Brings the database to the present schema and makes the sinks that are kept exactly these: a new one begins with what comes next, one that is gone holds
 * nothing back. What other processes are about, leases and deferrals, stays as it is.
 * @returns the journal's id, which tells it from every other
 * @throws HeadgateError JOURNAL_NEWER, JOURNAL_UNREADABLE
 */
export async function prepareJournal(pg: Postgres, url: string, sinks: readonly string[]): Promise<string> {
  const client = new pg.Client(clientConfig(pg, url, 'opening'));
  client.on('error', () => {}); // the statement that is under way says it too
  try {
    await client.connect();
    await client.query(sessionSettings);
    await migrateJournal(client);
    await client.query(`BEGIN; SELECT pg_advisory_xact_lock(${flowLock})`);
    await client.query('DELETE FROM sink WHERE name <> ALL ($1::text[])', [sinks]);
    await client.query(
      'INSERT INTO sink (name, told) SELECT name, (SELECT coalesce(max(seq), 0) FROM news) FROM unnest($1::text[]) AS s (name) ON CONFLICT DO NOTHING',
      [sinks],
    );
    await client.query('COMMIT');
    const { rows } = await client.query<{ instance: string }>('SELECT instance FROM headgate_journal');
    return String(rows[0]?.instance);
  } catch (error) {
    throw error instanceof HeadgateError ? error : unreadable(error);
  } finally {
    abandon(client);
  }
}

function unreadable(cause: unknown): HeadgateError {
  return new HeadgateError('JOURNAL_UNREADABLE', `the journal in Postgres cannot be opened: ${messageOf(cause)}`, {
    hint: 'Check spec.journal.postgres.url: a server that answers, and a database in which this role may create tables, empty or of Headgate.',
    cause,
  });
}
