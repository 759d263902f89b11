import { createHmac } from 'node:crypto';
import type { Client } from 'pg';
import { HeadgateError, messageOf } from '#core/errors.ts';
import { flowLock } from '#journal/postgres/commit.ts';
import { abandon, clientConfig, sessionSettings, type Postgres } from '#journal/postgres/connections.ts';
import { migrateJournal } from '#journal/postgres/migrate.ts';

/**
 * Brings the database to the present schema and makes the sinks that are kept exactly these: a new one begins with what comes next, one that is gone holds
 * nothing back. What other processes are about, leases and deferrals, stays as it is.
 * @param persons key of the references that stand for people: that of the first process is the journal's
 * @returns the journal's id, which tells it from every other
 * @throws HeadgateError JOURNAL_NEWER, JOURNAL_UNREADABLE, JOURNAL_KEY_OTHER
 */
export async function prepareJournal(
  pg: Postgres,
  url: string,
  sinks: readonly string[],
  persons: Uint8Array | undefined,
): Promise<string> {
  const client = new pg.Client(clientConfig(pg, url, 'opening'));
  client.on('error', () => {}); // the statement that is under way says it too
  try {
    await client.connect();
    await client.query(sessionSettings);
    await migrateJournal(client);
    if (persons) await requireSameKey(client, persons);
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

/** Two processes with a key each would refer to one person in two ways, and an erasure would leave one of them. The key itself is not stored. */
async function requireSameKey(client: Client, persons: Uint8Array): Promise<void> {
  const digest = createHmac('sha256', persons).update('headgate: which key refers to people').digest('hex');
  await client.query('UPDATE headgate_journal SET persons = $1 WHERE persons IS NULL', [digest]);
  const { rows } = await client.query<{ same: boolean }>('SELECT persons = $1 AS same FROM headgate_journal', [digest]);
  if (rows[0]?.same !== true)
    throw new HeadgateError('JOURNAL_KEY_OTHER', 'the processes of this journal refer to people by another persons.key than this one has');
}

function unreadable(cause: unknown): HeadgateError {
  return new HeadgateError('JOURNAL_UNREADABLE', `the journal in Postgres cannot be opened: ${messageOf(cause)}`, {
    hint: 'Check spec.journal.postgres.url: a server that answers, and a database in which this role may create tables, empty or of Headgate.',
    cause,
  });
}
