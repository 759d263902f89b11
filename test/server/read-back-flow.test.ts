import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { systemClock } from '#core/clock.ts';
import type { Story } from '#core/ports/journal.ts';
import { silentLog } from '#core/ports/telemetry.ts';
import { startFakeCluster, type FakeCluster } from '#sandbox/fake-cluster.ts';
import { startFakeGithub, type FakeGithub } from '#sandbox/fake-github.ts';
import { startServer, type RunningServer } from '#server/main.ts';

const REPOSITORY = 'org/app';
const TOKEN = 'a-token-of-the-forge-for-tests';
const SECRET = 'a webhook secret for tests only';

const configMap = (text: string): string =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: webapp, namespace: apps }\ndata: { text: ${text} }\n`;

const readBacks = {
  api: { api: { token: { file: './token' } } },
  git: { git: {} },
};

for (const [by, credentials] of Object.entries(readBacks)) {
  describe(`a server that reads back by ${by}`, function () {
    this.timeout(60_000);
    let directory: string;
    let github: FakeGithub;
    let cluster: FakeCluster;
    let server: RunningServer;

    beforeEach(async () => {
      directory = mkdtempSync(join(tmpdir(), 'headgate-read-back-'));
      github = await startFakeGithub({ clock: systemClock, log: silentLog, directory: join(directory, 'git') });
      if (by === 'api') github.rest.addToken(TOKEN);
      const url = await github.createRepository(REPOSITORY);
      await github.push({ repository: REPOSITORY, files: { 'deploy/webapp.yaml': configMap('first') } });
      cluster = await startFakeCluster({ clock: systemClock, log: silentLog, resolve: (asked) => github.resolve(asked) });
      for (const object of objects(url)) cluster.apply(object);
      await cluster.waitFor('Kustomization', 'apps', 'webapp', (object) => JSON.stringify(object).includes('lastAppliedRevision'));
      const configPath = writeFiles(directory, github.url, cluster.kubeconfig(), credentials);
      const env = { PATH: process.env['PATH'] };
      server = await startServer({ configPath, env, stderr: { write: () => true }, signal: new AbortController().signal });
    });
    afterEach(async () => {
      await server.close();
      await cluster.stop();
      await github.stop();
      rmSync(directory, { recursive: true, force: true });
    });

    const applied = (commit: string) =>
      cluster.waitFor('Kustomization', 'apps', 'webapp', (object) => JSON.stringify(object).includes(`sha1:${commit}`), 30_000);
    const get = async <T>(path: string): Promise<T> => {
      const token = readFileSync(join(directory, 'data/operator.token'), 'utf8').trim();
      const answer = await fetch(`${server.web.url}${path}`, { headers: { authorization: `Bearer ${token}` } });
      assert.equal(answer.status, 200, path);
      return (await answer.json()) as T;
    };
    /** The story of the newest change of a commit, as soon as there is one. */
    const storyOf = async (commit: string): Promise<Story> => {
      for (;;) {
        const { items } = await get<{ readonly items: readonly { readonly id: string }[] }>(`/v1/changes?revision=${commit}`);
        if (items[0]) return get<Story>(`/v1/changes/${items[0].id}`);
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    };

    it('deploys a push that no webhook told of', async () => {
      const { after } = await github.push({ repository: REPOSITORY, files: { 'deploy/webapp.yaml': configMap('second') } });
      assert.ok(after);
      await applied(after);
      const { change, delivery } = await storyOf(after);
      assert.deepEqual([delivery.kind, change.confirmed, change.readBack?.by, change.readBack?.standing], ['sweep', true, by, 'head']);
    });

    it('confirms what a webhook told of, with what came along', async () => {
      github.setWebhook({ url: `${server.webhook.url}/hooks/hub`, secret: SECRET });
      const { before, after } = await github.push({
        repository: REPOSITORY,
        files: { 'deploy/webapp.yaml': configMap('second'), 'README.md': 'x' },
      });
      assert.ok(after);
      await applied(after);
      const { change } = await storyOf(after);
      assert.equal(change.confirmed, true);
      const { base, commits, files, firstFiles, lacked } = change.readBack?.range ?? assert.fail('no range');
      assert.deepEqual([base, commits, files, firstFiles], [before, 1, 2, ['README.md', 'deploy/webapp.yaml']]);
      assert.deepEqual(lacked.includes('reviews'), by === 'git', 'git knows no reviews, and says so');
    });

    it('does not ask Flux when nothing changed that the target declares', async () => {
      github.setWebhook({ url: `${server.webhook.url}/hooks/hub`, secret: SECRET });
      const { after } = await github.push({ repository: REPOSITORY, files: { 'README.md': 'only words' } });
      assert.ok(after);
      let [reconcile] = (await storyOf(after)).reconciles;
      while (reconcile?.state !== 'ended') {
        await new Promise((resolve) => setTimeout(resolve, 50));
        [reconcile] = (await storyOf(after)).reconciles;
      }
      assert.deepEqual([reconcile.outcome, reconcile.reason], ['skipped', 'paths']);
    });
  });
}

function objects(url: string): readonly object[] {
  return [
    {
      apiVersion: 'source.toolkit.fluxcd.io/v1',
      kind: 'GitRepository',
      metadata: { name: 'webapp', namespace: 'apps', annotations: { 'headgate.dev/paths': 'deploy/**' } },
      spec: { url, interval: '1h', ref: { branch: 'main' } },
    },
    {
      apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
      kind: 'Kustomization',
      metadata: { name: 'webapp', namespace: 'apps' },
      spec: {
        interval: '1h',
        prune: true,
        path: './deploy',
        sourceRef: { kind: 'GitRepository', name: 'webapp' },
        targetNamespace: 'apps',
      },
    },
  ];
}

function writeFiles(directory: string, url: string, kubeconfig: string, credentials: object): string {
  mkdirSync(join(directory, 'policies'));
  const files = {
    secret: SECRET,
    token: TOKEN,
    kubeconfig,
    'policies/apps.yaml': stringify(policy()),
    'headgate.yaml': stringify(config(url, credentials)),
  };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(directory, name), text, { mode: 0o600 });
  return join(directory, 'headgate.yaml');
}

function config(url: string, credentials: object): object {
  const any = '127.0.0.1:0';
  const spec = {
    listen: { webhook: any, web: any, metrics: any, health: any },
    clusters: [{ name: 'prod', kubeconfig: { path: './kubeconfig' } }],
    sources: [
      { name: 'hub', type: 'github', url, webhook: { secrets: [{ file: './secret' }] }, sweep: { interval: '1s' }, ...credentials },
    ],
    policies: { path: './policies' },
  };
  return { apiVersion: 'headgate.dev/v1alpha1', kind: 'Config', spec };
}

/** Asks for confirmed changes: the default. */
function policy(): object {
  const spec = {
    targets: [{ clusters: ['prod'], namespaces: ['apps'] }],
    changes: [{ source: 'hub', repositories: [REPOSITORY], refs: ['refs/heads/main'] }],
  };
  return { apiVersion: 'headgate.dev/v1alpha1', kind: 'GatePolicy', metadata: { name: 'apps' }, spec };
}
