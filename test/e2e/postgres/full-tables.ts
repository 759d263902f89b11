import type { PostgresServer } from './server.ts';

/** Tables that grow with every push: nothing that is asked often may walk through one. */
export const growing: ReadonlySet<string> = new Set([
  'delivery',
  'body',
  'change',
  'decision',
  'reconcile',
  'news',
  'record',
  'brought',
  'person',
]);

const n = 'FROM generate_series(1, 20000) AS n';

/** Fills the tables of an empty journal with what a planner may take for a busy year, and counts it. */
export async function fillTables(server: PostgresServer, database: string): Promise<void> {
  await server.admin(
    `
    INSERT INTO delivery (id, source, delivery_id, kind, event, received_at, remote, state, repository)
      SELECT 'dlv_' || n, 'hub', 'guid-' || n, 'webhook', 'push', n, '', CASE WHEN n > 19990 THEN 'pending' WHEN n % 4000 = 0 THEN 'dead' ELSE 'done' END,
        'org/' || n % 50 ${n};
    INSERT INTO body (seq, headers, size, deflated) SELECT n, '{}', 0, '' ${n};
    INSERT INTO change (id, delivery, source, repository, ref, action, "before", "after", revision, confirmed, received_at, at, actors, owed, candidates)
      SELECT 'chg_' || n, 'dlv_' || n, 'hub', 'org/' || n % 50, 'refs/heads/' || n % 20, 'updated', md5(n::text), md5('a' || n), md5('a' || n), 1, n, n, '[]',
        CASE WHEN n % 4000 = 0 THEN '["lab"]' ELSE '[]' END, '[]' ${n};
    INSERT INTO decision (id, change, target, verdict, at, document, base)
      SELECT 'dec_' || n, 'chg_' || n, 'prod/GitRepository/apps/' || n % 200, 'allow', n, '{}', md5(n::text) ${n};
    INSERT INTO reconcile (id, change, decision, target, revision, force, state, outcome, received_at, created_at, ended_at, published_digest)
      SELECT 'rec_' || n, 'chg_' || n, 'dec_' || n, 'prod/GitRepository/apps/' || n % 200, md5('a' || n), 0,
        CASE WHEN n > 19990 THEN 'queued' WHEN n > 19980 THEN 'observing' ELSE 'ended' END, CASE WHEN n <= 19980 THEN 'applied' END, n, n, n, md5(n::text) ${n};
    INSERT INTO brought (repository, number, source, change, reverts) SELECT 'org/' || n % 50, n, 'hub', 'chg_' || n, n - 1 ${n};
    INSERT INTO news (kind, change, decision, at) SELECT 'allowed', 'chg_' || n, 'dec_' || n, n ${n};
    INSERT INTO sink (name, told) VALUES ('chat', 19000);
    INSERT INTO person (reference, name, at) SELECT 'person:' || n, 'p', n ${n};
    INSERT INTO record (seq, document, hash) SELECT n, '{"kind":"decided","at":1}', md5(n::text) ${n}`,
    database,
  );
  await server.admin('VACUUM ANALYZE', database);
}
