import { z } from 'zod';
import { limits } from '#core/limits.ts';
import type { PostgresFacts } from '#core/ports/store-facts.ts';

const row = z.object({
  version: z.coerce.number(),
  fsync: z.string(),
  pages: z.string(),
  commit: z.string(),
  free: z.coerce.number(),
});

/** Reserved connections are not for accounts such as this one. A limit of -1 is none. */
const question = `
SELECT current_setting('server_version_num') AS version, current_setting('fsync') AS fsync, current_setting('full_page_writes') AS pages,
  current_setting('synchronous_commit') AS commit,
  least(
    current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int
      - (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'),
    CASE WHEN rolconnlimit < 0 THEN NULL
      ELSE rolconnlimit - (SELECT count(*) FROM pg_stat_activity WHERE usename = current_user) END
  ) AS free
FROM pg_roles WHERE rolname = current_user`;

/** Asks a Postgres about itself, once. Rejects when it does not answer in time. */
export async function postgresFacts(url: string): Promise<PostgresFacts> {
  const { Client } = (await import('pg')).default;
  const { store: timeout } = limits.check;
  const client = new Client({ connectionString: url, connectionTimeoutMillis: timeout, query_timeout: timeout });
  client.on('error', () => {}); // whoever asks hears of it by the question
  try {
    await client.connect();
    const { rows } = await client.query(question);
    const { version, fsync, pages, commit, free } = row.parse(rows[0]);
    return { version, fsync: fsync === 'on', fullPageWrites: pages === 'on', synchronousCommit: commit, free };
  } finally {
    await client.end().catch(() => {});
  }
}
