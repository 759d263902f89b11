import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type { Decision } from '#core/decision.ts';
import { targetKey } from '#core/target.ts';
import type { Wire } from '#core/wire.ts';
import { eventually } from '../conformance/cluster/eventually.ts';
import {
  expectOk,
  gitRepository,
  gitRepositoryPath,
  isReady,
  kustomization,
  namespaceObject,
} from '../conformance/cluster/flux-objects.ts';
import type { Manifest } from './cluster/apply.ts';
import { buildComponents } from './cluster/build.ts';
import { startGitServer, type GitServer } from './cluster/git-http.ts';
import { startCluster, type RealCluster } from './cluster/up.ts';
import { hasEnded } from './headgate/api.ts';
import { pushBody } from './headgate/forge.ts';
import { hasFailed } from './headgate/keep-on-failure.ts';
import { policy, startHeadgate, type Headgate } from './headgate/serve.ts';
import { deployApplication, type Application } from './headgate/stage.ts';

const run = promisify(execFile);
const launcher = join(import.meta.dirname, '..', '..', 'bin', 'headgate');
/** As docs/how-to/explain.md has it. */
const kinds = 'gitrepositories,ocirepositories,buckets,helmrepositories,helmcharts,kustomizations,helmreleases';

type ExplainedDecision = Omit<Wire<Decision>, 'id' | 'change'>;

interface Answer {
  readonly targets: readonly {
    readonly decision: ExplainedDecision;
    readonly moves: boolean;
    readonly consumers: readonly { readonly object: object }[];
  }[];
  readonly candidates: readonly object[];
  readonly owed: readonly string[];
}

describe('headgate explain from the saved objects of a real cluster', function () {
  this.timeout(120_000);
  let cluster: RealCluster;
  let git: GitServer;
  let headgate: Headgate;
  let app: Application;
  let emptyFolder: string;
  before(async function () {
    this.timeout(420_000);
    emptyFolder = await mkdtemp(join(tmpdir(), 'headgate-explain-'));
    [cluster, git] = await Promise.all([startCluster({ name: 'prod' }), startGitServer()]);
    const { bin } = await buildComponents();
    headgate = await startHeadgate({
      env: { PATH: `${bin}:${process.env['PATH'] ?? ''}` }, // for the kustomize that is in kubectl
      clusters: [{ name: 'prod', kubeconfig: cluster.kubeconfigs.headgate }],
      sourceUrl: git.url,
      policies: [policy('webapp', [{ clusters: ['prod'], namespaces: ['webapp'] }], ['refs/heads/main'])],
    });
    app = await deployApplication(git, 'webapp', [cluster]);
    await app.repository.commit({ 'deploy/config.yaml': '{}' }, { branch: 'next' });
    for (const object of besides(app.repository.url)) await cluster.apply(object as Manifest);
    for (const path of [gitRepositoryPath('elsewhere', 'webapp'), gitRepositoryPath('webapp', 'next')])
      await eventually(async () => assert.ok(isReady(expectOk(await cluster.admin.get(path)))), 30_000);
  });
  after(async function () {
    const keep = hasFailed(this);
    await headgate?.stop(keep);
    await cluster?.stop(keep);
    await git?.stop();
    await rm(emptyFolder, { recursive: true, force: true });
  });

  it('says in an empty folder what the server then decides about the push itself', async () => {
    const { bin } = await buildComponents();
    const kubectl = ['--kubeconfig', cluster.kubeconfigs.admin, 'get', kinds, '-A', '-o', 'yaml'];
    const objects = (await run(join(bin, 'kubectl'), kubectl)).stdout;
    const sha = await app.commit('second');
    await writeFile(join(emptyFolder, 'objects.yaml'), objects);
    await writeFile(join(emptyFolder, 'push.json'), pushBody({ repository: 'org/webapp', after: sha }));
    const { targets, candidates, owed } = await explain();

    assert.equal((await app.announce(headgate, sha)).status, 202);
    const story = await headgate.api.storyWhen(sha, hasEnded);
    assert.deepEqual(comparable(targets.map(({ decision }) => decision)), comparable(story.decisions));
    assert.deepEqual(story.decisions.map(({ verdict, target }) => `${target.namespace}: ${verdict}`).sort(), [
      'elsewhere: deny',
      'webapp: allow',
    ]);
    assert.deepEqual([candidates, owed], [story.candidates, []]);
    assert.equal(candidates.length, 1);
    assert.deepEqual(
      targets.filter(({ moves }) => moves).map(({ consumers }) => consumers.map(({ object }) => object)),
      story.reconciles.map(({ consumers }) => consumers.map(({ object }) => object)),
    );
    assert.equal(await app.deployed(cluster), 'second');
  });

  it('holds manifests against the schemas of the cluster before they are pushed, as kustomize builds them', async () => {
    const good = deployment({ replicas: 1 });
    assert.deepEqual(await preflight({ 'deploy/web.yaml': good }), { code: 0, findings: [] });
    assert.deepEqual(await preflight({ 'deploy/web.yaml': deployment({ replica: 1, paused: 'yes' }) }), {
      code: 1,
      findings: [
        'deploy/web.yaml Deployment webapp/web: spec has a field replica, which its schema does not know',
        'deploy/web.yaml Deployment webapp/web: spec.paused must be boolean',
      ],
    });
    const kustomizations = JSON.stringify(kustomization('webapp', 'webapp', 'webapp')).replace('"prune"', '"prunes"');
    assert.deepEqual((await preflight({ 'deploy/flux.yaml': kustomizations })).findings, [
      "deploy/flux.yaml Kustomization webapp/webapp: spec must have required property 'prune'",
      'deploy/flux.yaml Kustomization webapp/webapp: spec has a field prunes, which its schema does not know',
    ]);
    const overlay = (value: string) => ({
      'deploy/base/kustomization.yaml': 'resources: [ web.yaml ]',
      'deploy/base/web.yaml': good,
      'deploy/prod/kustomization.yaml': `resources: [ ../base ]\npatches: [ { patch: '[{"op": "replace", "path": "/spec/replicas", "value": ${value}}]', target: { kind: Deployment } } ]`,
    });
    assert.deepEqual(await preflight(overlay('3')), { code: 0, findings: [] });
    assert.deepEqual(await preflight(overlay('"three"')), {
      code: 1,
      findings: ['deploy/prod Deployment webapp/web: spec.replicas must be integer'],
    });
  });

  /** What is an error, or could not be looked at: the account may not see Secrets, which is said, and not what this is about. */
  async function preflight(
    files: Readonly<Record<string, string>>,
  ): Promise<{ readonly code: number; readonly findings: readonly string[] }> {
    const directory = await mkdtemp(join(emptyFolder, 'preflight-'));
    for (const [path, text] of Object.entries(files)) {
      await mkdir(dirname(join(directory, path)), { recursive: true });
      await writeFile(join(directory, path), text);
    }
    const config = join(headgate.directory, 'headgate.yaml');
    const args = ['preflight', directory, '--config', config, '--repo', 'org/webapp', '--ref', 'refs/heads/main', '-o', 'json'];
    const { code, stdout, stderr } = await run(launcher, args, { cwd: emptyFolder }).then(
      (done) => ({ ...done, code: 0 }),
      (error: unknown) => error as { readonly code: number; readonly stdout: string; readonly stderr: string },
    );
    const { findings } = JSON.parse(stdout === '' ? assert.fail(stderr) : stdout) as {
      readonly findings: readonly { readonly severity: string; readonly code: string; readonly path: string; readonly message: string }[];
    };
    const told = findings.filter((one) => one.severity !== 'warning' && one.code !== 'secrets-unseen');
    return { code, findings: told.map(({ path, message }) => `${path} ${message}`) };
  }

  /** Exits with 8: something that matches is not allowed. */
  async function explain(): Promise<Answer> {
    const where = ['--inventory', 'objects.yaml', '--cluster', 'prod', '--source-url', git.url];
    const args = ['explain', '--event', 'push.json', ...where, '--policies', join(headgate.directory, 'policies'), '-o', 'json'];
    const ran = await run(launcher, args, { cwd: emptyFolder }).then(
      () => assert.fail('it ended with 0'),
      (error: unknown) => error as { readonly code: number; readonly stdout: string; readonly stderr: string },
    );
    assert.equal(ran.code, 8, ran.stderr);
    return JSON.parse(ran.stdout) as Answer;
  }
});

/** Decisions by their targets, without what each has of its own. */
function comparable(decisions: readonly ExplainedDecision[]): readonly object[] {
  const own = new Set(['id', 'change', 'at']);
  return decisions
    .toSorted((one, other) => targetKey(one.target).localeCompare(targetKey(other.target)))
    .map((decision) => Object.fromEntries(Object.entries(decision).filter(([name]) => !own.has(name))));
}

function deployment(spec: object): string {
  const labels = { app: 'web' };
  const template = {
    metadata: { labels },
    spec: { containers: [{ name: 'web', image: 'web', resources: { limits: { memory: '1Gi', cpu: 1 } } }] },
  };
  const metadata = { name: 'web', namespace: 'webapp', creationTimestamp: null };
  return JSON.stringify({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata,
    spec: { selector: { matchLabels: labels }, template, ...spec },
  });
}

/** The same repository where no policy allows it, and on another branch. */
function besides(url: string): readonly object[] {
  return [
    namespaceObject('elsewhere'),
    gitRepository('elsewhere', 'webapp', url),
    kustomization('elsewhere', 'webapp', 'webapp'),
    gitRepository('webapp', 'next', url, { ref: { branch: 'next' } }),
  ];
}
