import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { eventually } from '../conformance/cluster/eventually.ts';
import type { Component } from './cluster/component.ts';
import { startGitServer, type GitServer } from './cluster/git-http.ts';
import { startCluster, type RealCluster } from './cluster/up.ts';
import { hasEnded, reconcileOf } from './headgate/api.ts';
import { hasFailed } from './headgate/keep-on-failure.ts';
import { startLoad } from './headgate/load.ts';
import { startHeadgate, type Headgate } from './headgate/serve.ts';
import { deployApplication, type Application } from './headgate/stage.ts';
import { startWorker } from './headgate/worker.ts';
import { startPostgres, type PostgresServer } from './postgres/server.ts';
import { startRedis, type RedisServer } from './redis/server.ts';

const run = promisify(execFile);
const forge = 60_000;
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** The ways by which processes over one Postgres hand targets to each other; each has an application of its own in the cluster. */
const queues = [
  { over: 'Postgres alone', name: 'plain', queue: { embedded: {} } },
  { over: 'Postgres and Redis', name: 'hinted', queue: { redis: { url: { env: 'HEADGATE_REDIS_URL' } } } },
] as const;

describe('a server and its workers apart', function () {
  this.timeout(300_000);
  let postgres: PostgresServer;
  let redis: RedisServer;
  let cluster: RealCluster;
  let git: GitServer;

  before(async function () {
    this.timeout(900_000);
    [postgres, redis, cluster, git] = await Promise.all([startPostgres(), startRedis(), startCluster({ name: 'apart' }), startGitServer()]);
  });
  after(async function () {
    await cluster?.stop(hasFailed(this));
    await git?.stop();
    await redis?.stop();
    await postgres?.close();
  });

  for (const { over, name, queue } of queues) {
    describe(`over ${over}`, () => {
      let headgate: Headgate;
      let app: Application;
      let env: Record<string, string>;
      const workers = new Map<string, Component>();

      const begin = async (name: string): Promise<void> => void workers.set(name, await startWorker(headgate.directory, name, env));
      /** Who said last that it leads. */
      const leading = (): string => {
        const said = [...workers.keys()].flatMap((name) => {
          const lines = readFileSync(join(headgate.directory, `${name}.log`), 'utf8').split('\n');
          return lines.filter((line) => line.includes('"this process leads"')).map((line) => ({ name, at: String(JSON.parse(line).ts) }));
        });
        return said.toSorted((one, other) => one.at.localeCompare(other.at)).at(-1)?.name ?? '';
      };

      before(async () => {
        const journal = { postgres: { url: { env: 'HEADGATE_POSTGRES_URL' }, data: './data' } };
        env = { HEADGATE_POSTGRES_URL: postgres.url(await postgres.createDatabase()), HEADGATE_REDIS_URL: redis.url };
        headgate = await startHeadgate({
          clusters: [{ name: 'apart', kubeconfig: cluster.kubeconfigs.headgate }],
          sourceUrl: git.url,
          spec: { journal, queue, workers: 'apart' },
          env,
        });
        app = await deployApplication(git, name, [cluster]);
      });
      after(async function () {
        await Promise.all([...workers.values()].map((worker) => worker.stop(20_000)));
        await headgate?.stop(hasFailed(this));
      });

      it('takes what comes while there is no worker, and handles it when there is one', async () => {
        const sha = await app.commit('first');
        assert.equal((await app.announce(headgate, sha)).status, 202);
        await pause(1_500);
        assert.deepEqual(
          (await headgate.api.deliveries()).map(({ state }) => state),
          ['pending'],
        );
        await begin('one');
        const story = await headgate.api.storyWhen(sha, hasEnded, forge);
        assert.equal(reconcileOf(story, name).outcome, 'applied');
        assert.equal(await app.deployed(cluster), 'first');
      });

      it('goes on without a loss when the worker that leads is killed under load', async () => {
        await begin('two');
        assert.equal(leading(), 'one');
        const load = startLoad(headgate, { senders: 4, repositories: [`org/${name}`, 'org/not-deployed'], pause: 20 });
        await pause(2_000);
        workers.get('one')?.signal('SIGKILL');
        await pause(2_000);
        await load.stop();
        await eventually(async () => assert.deepEqual(await headgate.api.deliveries({ state: 'pending' }), []), forge);
        const kept = new Map((await headgate.api.deliveries()).map((delivery) => [delivery.deliveryId, delivery.id]));
        const lost = [...load.ledger.acknowledged].filter(([sent, promised]) => kept.get(sent) !== promised);
        assert.deepEqual(lost, []);
        assert.ok(load.ledger.acknowledged.size > 20, `only ${load.ledger.acknowledged.size} deliveries were acknowledged`);
        assert.equal(leading(), 'two');
      });

      it('hands the lead over at once when the worker that leads is stopped, and deploys the newest push', async () => {
        await begin('three');
        await workers.get('two')?.stop(20_000);
        const sha = await app.commit('last');
        assert.equal((await app.announce(headgate, sha)).status, 202);
        const story = await headgate.api.storyWhen(sha, hasEnded, forge);
        assert.equal(reconcileOf(story, name).outcome, 'applied');
        assert.equal(await app.deployed(cluster), 'last');
        assert.equal(leading(), 'three');
      });

      it('goes on when Postgres was killed', async () => {
        await postgres.kill();
        const sha = await app.commit('after');
        assert.equal((await app.announce(headgate, sha)).status, 503);
        await postgres.start();
        await eventually(async () => assert.ok([200, 202].includes((await app.announce(headgate, sha)).status)), forge);
        const story = await headgate.api.storyWhen(sha, hasEnded, forge);
        assert.equal(reconcileOf(story, name).outcome, 'applied');
        assert.equal(await app.deployed(cluster), 'after');
      });

      it('leaves a chain of records that an audit finds whole, with the checkpoints of each that led', async () => {
        const config = join(headgate.directory, 'headgate.yaml');
        const launcher = join(import.meta.dirname, '..', '..', 'bin', 'headgate');
        const { stdout } = await run(launcher, ['audit', 'verify', '--config', config, '-o', 'json'], { env: { ...process.env, ...env } });
        const report = JSON.parse(stdout) as { fault: unknown; records: number; anchored: boolean; journal: string };
        assert.deepEqual([report.fault, report.anchored], [null, true]);
        assert.ok(report.records > 10);
        assert.match(report.journal, /^postgres:\/\/127\.0\.0\.1:\d+\/\w+$/);
      });

      if (name === 'hinted')
        it('accepts while Redis is away, and goes on when that is back without a memory', async () => {
          await redis.kill();
          const sha = await app.commit('unhinted');
          assert.equal((await app.announce(headgate, sha)).status, 202);
          await eventually(async () => assert.deepEqual(await headgate.api.deliveries({ state: 'pending' }), []), forge);
          await redis.start();
          const story = await headgate.api.storyWhen(sha, hasEnded, forge);
          assert.equal(reconcileOf(story, name).outcome, 'applied');
          assert.equal(await app.deployed(cluster), 'unhinted');
        });
    });
  }
});
