import type { Client } from 'pg';
import { limits } from '#core/limits.ts';
import { abandon, clientConfig, loadPostgres, sessionSettings } from '#journal/postgres/connections.ts';
import { unavailable } from '#journal/postgres/reader.ts';
import { Session } from '#journal/postgres/session.ts';

/** A connection for one large task. */
export interface Connected {
  readonly client: Client;
  readonly session: Session;
  close(): Promise<void>;
}

/**
 * Connects with patience: statements may take long, and so may the time between two of them.
 * @throws HeadgateError JOURNAL_UNAVAILABLE
 */
export async function connectAlone(url: string, name: string): Promise<Connected> {
  const pg = await loadPostgres();
  const { statement, idle } = limits.journal.moving;
  const config = { ...clientConfig(pg, url, name), statement_timeout: statement, idle_in_transaction_session_timeout: idle };
  const client = new pg.Client(config);
  client.on('error', () => {}); // the statement that is under way says it too
  try {
    await client.connect();
    await client.query(sessionSettings);
  } catch (error) {
    abandon(client);
    throw unavailable(error);
  }
  return { client, session: new Session(client), close: () => client.end() };
}
