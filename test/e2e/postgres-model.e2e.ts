import { compareWithModel } from '../journal/model/model-test.ts';
import { PostgresWorld } from './postgres/postgres-world.ts';
import { startPostgres, type PostgresServer } from './postgres/server.ts';

describe('a journal in Postgres', function () {
  this.timeout(400_000);
  let server: PostgresServer;
  let template: string;
  before(async () => {
    server = await startPostgres();
    const world = await PostgresWorld.open(server);
    template = world.database;
    await world.journal.close();
    await world.network.close();
  });
  after(() => server.close());
  it('does what a plain model of it does, whatever the order of events, crashes included', () =>
    compareWithModel(() => PostgresWorld.open(server, template), 2));
});
