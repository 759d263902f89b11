import { journalConformance } from '../conformance/journal.ts';
import { PostgresWorld } from './postgres/postgres-world.ts';
import { startPostgres, type PostgresServer } from './postgres/server.ts';

describe('a journal in Postgres', function () {
  this.timeout(120_000);
  let server: PostgresServer;

  before(async () => {
    server = await startPostgres(['fsync=off', 'full_page_writes=off']); // what a crash leaves is tested elsewhere
  });
  after(() => server?.close());

  journalConformance('postgres', () => PostgresWorld.open(server));
});
