import { mkdtempSync, rmSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { startFakeCluster } from '#sandbox/fake-cluster.ts';
import { systemClock } from '#core/clock.ts';
import { silentLog } from '#core/ports/telemetry.ts';
import { gitRepository } from '../../test/conformance/cluster/flux-objects.ts';
import { requireTools } from '../../test/e2e/cluster/tools.ts';
import { startHeadgate, type Headgate } from '../../test/e2e/headgate/serve.ts';
import { startWorker } from '../../test/e2e/headgate/worker.ts';
import { startPostgres, type PostgresServer } from '../../test/e2e/postgres/server.ts';
import { violations, type Figure, type Section } from '../figures.ts';
import type { Pace } from '../pace.ts';
import { BODY_BYTES, pushBody, pushTo } from '../push.ts';
import { openSender } from '../sender.ts';
import { shoot } from '../wrk.ts';

const FORGE = 'https://github.com';
const CONNECTIONS = 64;
const GENERATOR_CORE = 0;
/** Each with one push that waits when the worker starts. */
const TARGETS = 1_000;
const REPOSITORIES = 128;
/** Of all processes of a journal: they refer to people by the same key. */
const PERSONS = `${'5a'.repeat(32)}\n`;

/** Processes that share a journal in Postgres. */
export async function measureSharing(pace: Pace): Promise<Section> {
  requireTools(['wrk', 'taskset', 'postgres']);
  const postgres = await startPostgres();
  try {
    const accepted = await accepting(postgres, pace);
    const drained = await draining(postgres);
    return {
      title: 'Several processes over Postgres',
      method: [
        `accepting: two processes of \`headgate serve\` with \`workers: apart\`, ${CONNECTIONS} connections of wrk among them, closed loop, ${BODY_BYTES} bytes, ${pace.loadRounds} × ${pace.loadSeconds} s`,
        `draining: one process of \`headgate worker\`, started when one push for each of ${TARGETS} targets is pending; from its readiness until Flux was asked for all of them`,
        'Postgres with fsync and synchronous_commit on; it, wrk and the simulated cluster are on the same two cores',
      ],
      figures: [...accepted, ...drained],
    };
  } finally {
    await postgres.close();
  }
}

async function accepting(postgres: PostgresServer, { loadRounds, loadSeconds, warmUpSeconds }: Pace): Promise<readonly Figure[]> {
  const database = await postgres.createDatabase();
  const directories = [0, 1].map(() => mkdtempSync(join(tmpdir(), 'headgate-bench-wrk-')));
  const servers: Headgate[] = [];
  const round = async (seconds: number) => {
    const shot = (server: Headgate, index: number) => {
      const { origin, pathname } = new URL(server.hook);
      const shots = Array.from({ length: REPOSITORIES }, (_, n) => ({ path: pathname, push: pushTo(`org/app-${n}`) }));
      const load = {
        url: origin,
        shots,
        secret: server.secret,
        connections: CONNECTIONS / directories.length,
        seconds,
        core: GENERATOR_CORE,
      };
      return shoot({ ...load, directory: directories[index] ?? '' });
    };
    const results = await Promise.all(servers.map(shot));
    return {
      accepted: results.reduce((sum, { accepted }) => sum + accepted, 0),
      perSecond: results.reduce((sum, { perSecond }) => sum + perSecond, 0),
      p99: Math.max(...results.map(({ p99 }) => p99)),
      errors: results.reduce((sum, { errors }) => sum + errors, 0),
    };
  };
  try {
    for (const _ of directories) servers.push(await web(postgres, database, []));
    const rounds = [await round(warmUpSeconds)];
    for (let n = 0; n < loadRounds; n++) rounds.push(await round(loadSeconds));
    const [{ rows = 0 } = {}] = await postgres.admin('SELECT count(*)::int AS rows FROM delivery', database);
    const sum = (of: 'accepted' | 'errors'): number => rounds.reduce((total, each) => total + each[of], 0);
    const counted = rounds.slice(1);
    return [
      { name: 'durable accepted pushes', unit: '/s', samples: counted.map(({ perSecond }) => perSecond), goal: { atLeast: 2_500 } },
      { name: 'durable accepted pushes, p99', unit: 'ms', samples: counted.map(({ p99 }) => p99), goal: { below: 100 } },
      violations('answered 2xx and not in the journal', Math.max(0, sum('accepted') - Number(rows)), `${String(rows)} rows`),
      violations('refused or broken', sum('errors'), 'answers of 400 and more, lost connections'),
    ];
  } finally {
    await Promise.all(servers.map((server) => server.stop()));
    for (const directory of directories) rmSync(directory, { recursive: true });
  }
}

async function draining(postgres: PostgresServer): Promise<readonly Figure[]> {
  const database = await postgres.createDatabase();
  const cluster = await startFakeCluster({ clock: systemClock, log: silentLog });
  const home = mkdtempSync(join(tmpdir(), 'headgate-bench-sharing-'));
  const kubeconfig = join(home, 'kubeconfig');
  await writeFile(kubeconfig, cluster.kubeconfig(), { mode: 0o600 });
  const names = Array.from({ length: TARGETS }, (_, n) => `app-${n}`);
  for (const name of names) cluster.apply(gitRepository('bench', name, `${FORGE}/org/${name}.git`) as Parameters<typeof cluster.apply>[0]);
  const server = await web(postgres, database, [{ name: 'sandbox', kubeconfig }]);
  try {
    await pushToEach(server, names);
    const worker = await startWorker(server.directory, 'worker', env(postgres, database));
    try {
      const begun = performance.now();
      while ((await triggered(postgres, database)) < TARGETS) {
        if (performance.now() - begun > 120_000)
          throw new Error(`only ${await triggered(postgres, database)} targets were triggered in two minutes`);
        await pause(50);
      }
      const seconds = (performance.now() - begun) / 1_000;
      return [{ name: 'decided and triggered', unit: '/s', samples: [TARGETS / seconds], goal: { atLeast: 300 } }];
    } finally {
      await worker.stop(20_000);
    }
  } finally {
    await server.stop();
    await cluster.stop();
    rmSync(home, { recursive: true });
  }
}

/** A process that only answers. */
function web(
  postgres: PostgresServer,
  database: string,
  clusters: readonly { readonly name: string; readonly kubeconfig: string }[],
): Promise<Headgate> {
  return startHeadgate({
    clusters,
    sourceUrl: FORGE,
    // What one source may send is measured apart (flooding): here it is what the machine can take.
    source: { webhook: { secrets: [{ file: './secret' }], rate: { perSecond: 100_000, burst: 1_000_000 } } },
    spec: { journal: { postgres: { url: { env: 'HEADGATE_POSTGRES_URL' }, data: './data' } }, workers: 'apart', log: { level: 'warn' } },
    files: { 'data/persons.key': PERSONS },
    env: env(postgres, database),
  });
}

const env = (postgres: PostgresServer, database: string): Record<string, string> => ({ HEADGATE_POSTGRES_URL: postgres.url(database) });

async function pushToEach(server: Headgate, names: readonly string[]): Promise<void> {
  const sender = openSender(server.secret, 16);
  try {
    await Promise.all(names.map((name) => sender.send(server.hook, pushBody(pushTo(`org/${name}`))).answered));
  } finally {
    sender.close();
  }
}

async function triggered(postgres: PostgresServer, database: string): Promise<number> {
  const [{ count = 0 } = {}] = await postgres.admin(
    'SELECT count(*)::int AS count FROM reconcile WHERE triggered_at IS NOT NULL',
    database,
  );
  return Number(count);
}
