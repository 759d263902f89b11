import assert from 'node:assert/strict';
import { silentLog } from '#core/ports/telemetry.ts';
import { SimulatedClock } from '#core/simulated-clock.ts';
import { startFakeCluster, type FakeCluster } from '#sandbox/fake-cluster.ts';
import type { FluxOptions } from '#sandbox/flux/flux-simulation.ts';
import { MemoryRepository } from '#sandbox/git/memory-repository.ts';

const URL = 'https://git.invalid/acme/app';
const REQUESTED_AT = 'reconcile.fluxcd.io/requestedAt';

interface Status {
  readonly artifact?: { readonly revision: string };
  readonly conditions?: readonly { readonly type: string; readonly status: string; readonly reason: string; readonly message: string }[];
  readonly lastHandledReconcileAt?: string;
  readonly lastAppliedRevision?: string;
  readonly observedGeneration?: number;
}

function configMap(name: string, data: Record<string, string>): string {
  return JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data });
}

function deployment(name: string): string {
  return JSON.stringify({ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name }, spec: { replicas: 1 } });
}

describe('the simulated Flux', () => {
  let clock: SimulatedClock;
  let repository: MemoryRepository;
  let cluster: FakeCluster;
  let first: string;

  const start = async (flux: FluxOptions = {}): Promise<void> => {
    clock = new SimulatedClock();
    repository = new MemoryRepository();
    first = repository.commit({ 'deploy/config.yaml': configMap('app', { version: 'one' }) });
    cluster = await startFakeCluster({ clock, log: silentLog, flux, resolve: (url) => (url === URL ? repository : undefined) });
    cluster.apply(source());
    cluster.apply(kustomization());
    await elapse(1_000);
    await elapse(30_000); // the Kustomization came before the artifact and looks again
    assert.equal(consumer().lastAppliedRevision, `main@sha1:${first}`);
  };
  /** Lets what has just been asked for begin, then time pass. */
  const elapse = async (ms: number): Promise<void> => {
    await clock.advance(0);
    await clock.advance(ms);
  };
  const source = (spec: object = {}): object => ({
    apiVersion: 'source.toolkit.fluxcd.io/v1',
    kind: 'GitRepository',
    metadata: { namespace: 'apps', name: 'app' },
    spec: { url: URL, interval: '10m', ref: { branch: 'main' }, ...spec },
  });
  const kustomization = (spec: object = {}): object => ({
    apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
    kind: 'Kustomization',
    metadata: { namespace: 'apps', name: 'app' },
    spec: {
      interval: '10m',
      path: './deploy',
      prune: true,
      targetNamespace: 'apps',
      sourceRef: { kind: 'GitRepository', name: 'app' },
      ...spec,
    },
  });
  const statusOf = (kind: string, name = 'app'): Status => (cluster.get(kind, 'apps', name)?.['status'] ?? {}) as Status;
  const git = (): Status => statusOf('GitRepository');
  const consumer = (): Status => statusOf('Kustomization');
  const condition = (status: Status, type: string) => status.conditions?.find((each) => each.type === type);
  const request = (token: string, kind = 'GitRepository'): unknown =>
    cluster.patch(kind, 'apps', 'app', { metadata: { annotations: { [REQUESTED_AT]: token } } });
  const data = (): unknown => cluster.get('ConfigMap', 'apps', 'app')?.['data'];

  afterEach(async () => cluster.stop());

  it('takes as long as the real one from the annotation to the artifact, the objects and the applied revision', async () => {
    await start();
    const sha = repository.commit({ 'deploy/config.yaml': configMap('app', { version: 'two' }) });
    const times: Record<string, number> = {};
    const begun = clock.monotonic();
    request('t1');
    for (let ms = 0; ms < 300; ms++) {
      if (git().artifact?.revision === `main@sha1:${sha}`) times['artifact'] ??= clock.monotonic() - begun;
      if ((data() as { version?: string }).version === 'two') times['objects'] ??= clock.monotonic() - begun;
      if (consumer().lastAppliedRevision === `main@sha1:${sha}`) times['applied'] ??= clock.monotonic() - begun;
      await elapse(1);
    }
    const near = (name: string, expected: number): void =>
      assert.ok(Math.abs((times[name] ?? 0) - expected) <= 10, `${name} after ${times[name]} ms instead of ${expected}`);
    near('artifact', 73);
    near('objects', 173);
    near('applied', 187);
  });

  it('answers of a burst of tokens only the first and the last', async () => {
    await start();
    const echoed = new Set<string>();
    for (let i = 1; i <= 20; i++) {
      request(`t${i}`);
      await elapse(2);
      echoed.add(git().lastHandledReconcileAt ?? '');
    }
    for (let ms = 0; ms < 300; ms++) {
      await elapse(1);
      echoed.add(git().lastHandledReconcileAt ?? '');
    }
    assert.deepEqual(
      [...echoed].filter((token) => token.startsWith('t')),
      ['t1', 't20'],
    );
  });

  it('finds a new commit by itself when the interval has passed', async () => {
    await start({ intervalScale: 0.1 });
    const sha = repository.commit({ 'deploy/config.yaml': configMap('app', { version: 'two' }) });
    await elapse(20_000);
    assert.equal(consumer().lastAppliedRevision, `main@sha1:${first}`);
    await elapse(60_000);
    assert.equal(consumer().lastAppliedRevision, `main@sha1:${sha}`);
  });

  it('tries a failing source again after a growing back-off, and its consumer never hears of it', async () => {
    await start();
    repository.move('refs/heads/main', null);
    request('t1');
    await elapse(200);
    assert.deepEqual([condition(git(), 'Ready')?.status, git().lastHandledReconcileAt], ['False', 't1']);
    assert.match(condition(git(), 'Ready')?.message ?? '', /couldn't find remote ref "refs\/heads\/main"/);
    assert.equal(condition(consumer(), 'Ready')?.status, 'True');
    repository.move('refs/heads/main', first);
    await elapse(5_000);
    assert.equal(condition(git(), 'Ready')?.status, 'True');
  });

  it('says of a URL behind which nothing is that the repository was not found', async () => {
    await start();
    cluster.patch('GitRepository', 'apps', 'app', { spec: { url: 'https://git.invalid/acme/nothing' } });
    await elapse(200);
    assert.match(condition(git(), 'Ready')?.message ?? '', /repository not found/);
  });

  it('waits thirty seconds for what never becomes healthy, even when the timeout is shorter', async () => {
    await start();
    cluster.patch('Kustomization', 'apps', 'app', { spec: { wait: true, timeout: '1s' } });
    await elapse(500);
    repository.commit({ 'deploy/web.yaml': deployment('web') });
    request('t1');
    await elapse(29_900);
    assert.equal(condition(consumer(), 'Ready')?.status, 'Unknown');
    await elapse(500);
    assert.equal(condition(consumer(), 'Ready')?.reason, 'HealthCheckFailed');
    assert.match(condition(consumer(), 'Ready')?.message ?? '', /timeout waiting for: \[Deployment\/apps\/web status: 'InProgress'\]/);
  });

  it('applies as soon as a patched status makes a Deployment healthy', async () => {
    await start();
    cluster.patch('Kustomization', 'apps', 'app', { spec: { wait: true, timeout: '1m' } });
    const sha = repository.commit({ 'deploy/web.yaml': deployment('web') });
    request('t1');
    await elapse(1_000);
    cluster.patchStatus('Deployment', 'apps', 'web', { observedGeneration: 1, updatedReplicas: 1, availableReplicas: 1 });
    await elapse(100);
    assert.equal(consumer().lastAppliedRevision, `main@sha1:${sha}`);
  });

  it('can make Deployments ready by itself, except those marked as stuck', async () => {
    await start({ deploymentsBecomeReady: true });
    cluster.patch('Kustomization', 'apps', 'app', { spec: { wait: true, timeout: '1m' } });
    const sha = repository.commit({ 'deploy/web.yaml': deployment('web') });
    request('t1');
    await elapse(1_000);
    assert.equal(consumer().lastAppliedRevision, `main@sha1:${sha}`);
    const stuck = { metadata: { name: 'web', annotations: { 'sandbox.headgate.dev/stuck': 'true' } }, spec: { replicas: 2 } };
    repository.commit({ 'deploy/web.yaml': JSON.stringify({ apiVersion: 'apps/v1', kind: 'Deployment', ...stuck }) });
    request('t2');
    await elapse(10_000);
    assert.equal(consumer().lastAppliedRevision, `main@sha1:${sha}`);
  });

  it('gives up a health check for a new revision when that gate is open', async () => {
    await start({ cancelHealthChecks: true });
    cluster.patch('Kustomization', 'apps', 'app', { spec: { wait: true } });
    await elapse(500);
    repository.commit({ 'deploy/web.yaml': deployment('web') });
    request('t1');
    await elapse(2_000);
    const fix = repository.commit({ 'deploy/web.yaml': null });
    request('t2');
    await elapse(1_000);
    assert.equal(consumer().lastAppliedRevision, `main@sha1:${fix}`);
  });

  it('waits for dependencies and looks again later', async () => {
    await start();
    cluster.patch('Kustomization', 'apps', 'app', { spec: { dependsOn: [{ name: 'base' }] } });
    await elapse(500);
    assert.equal(condition(consumer(), 'Ready')?.reason, 'DependencyNotReady');
    const base = { ...kustomization(), metadata: { namespace: 'apps', name: 'base' } };
    cluster.apply(base);
    await elapse(31_000);
    assert.equal(condition(consumer(), 'Ready')?.status, 'True');
  });

  it('removes a field that Git no longer lists and leaves alone one that another manager has set', async () => {
    await start();
    repository.commit({ 'deploy/config.yaml': configMap('app', { version: 'two', extra: 'yes' }) });
    request('t1');
    await elapse(500);
    cluster.patch('ConfigMap', 'apps', 'app', { data: { foreign: 'kept' } });
    repository.commit({ 'deploy/config.yaml': configMap('app', { version: 'three' }) });
    request('t2');
    await elapse(500);
    assert.deepEqual(data(), { version: 'three', foreign: 'kept' });
  });

  it('builds what a kustomization.yaml lists and refuses what it does not know', async () => {
    await start();
    const listed = { 'deploy/kustomization.yaml': 'resources: [config.yaml, more]\n', 'deploy/more/x.yaml': configMap('x', {}) };
    const sha = repository.commit({ ...listed, 'deploy/unlisted.yaml': configMap('unlisted', {}) });
    request('t1');
    await elapse(500);
    assert.equal(consumer().lastAppliedRevision, `main@sha1:${sha}`);
    assert.ok(cluster.get('ConfigMap', 'apps', 'x'));
    assert.equal(cluster.get('ConfigMap', 'apps', 'unlisted'), undefined);
    repository.commit({ 'deploy/kustomization.yaml': 'resources: [config.yaml]\npatches: []\n' });
    request('t2');
    await elapse(500);
    assert.equal(condition(consumer(), 'Ready')?.reason, 'BuildFailed');
  });

  it('writes nothing of a revision of which one object cannot be applied', async () => {
    await start();
    repository.commit({
      'deploy/config.yaml': configMap('app', { version: 'two' }),
      'deploy/z.yaml': JSON.stringify({ apiVersion: 'nowhere.example.com/v1', kind: 'Widget', metadata: { name: 'w' } }),
    });
    request('t1');
    await elapse(500);
    assert.equal(condition(consumer(), 'Ready')?.reason, 'ReconciliationFailed');
    assert.deepEqual(data(), { version: 'one' });
  });

  it('stands still while the API server is down and goes on when it is back', async () => {
    await start();
    const sha = repository.commit({ 'deploy/config.yaml': configMap('app', { version: 'two' }) });
    await cluster.kill();
    request('t1');
    await elapse(5_000);
    assert.equal(git().artifact?.revision, `main@sha1:${first}`);
    await cluster.restart();
    await elapse(1_000);
    assert.equal(consumer().lastAppliedRevision, `main@sha1:${sha}`);
  });

  const refused: readonly [title: string, ref: object, message: RegExp][] = [
    ['a version range that no tag fits', { semver: '>=9.0.0' }, /no match found for semver: >=9\.0\.0/],
    ['a short commit', { commit: 'abc1234' }, /unable to resolve commit object for 'abc1234': object not found/],
    ['the branch master when none is named and there is none', {}, /couldn't find remote ref "refs\/heads\/master"/],
    ['a tag that does not exist', { tag: 'v9' }, /couldn't find remote ref "refs\/tags\/v9"/],
  ];
  for (const [title, ref, message] of refused) {
    it(`does not find ${title}`, async () => {
      await start();
      cluster.patch('GitRepository', 'apps', 'app', { spec: { ref: null } });
      cluster.patch('GitRepository', 'apps', 'app', { spec: { ref } });
      await elapse(500);
      assert.match(condition(git(), 'Ready')?.message ?? '', message);
    });
  }

  it('finds the commit of a ref outside branches and tags only when a branch holds it too', async () => {
    await start();
    const change = repository.commit({ 'deploy/config.yaml': configMap('app', { version: 'change' }) }, 'topic');
    repository.move('refs/changes/07/7/1', change);
    cluster.patch('GitRepository', 'apps', 'app', { spec: { ref: { name: 'refs/changes/07/7/1' } } });
    await elapse(500);
    assert.equal(git().artifact?.revision, `refs/changes/07/7/1@sha1:${change}`);
    repository.move('refs/heads/topic', null);
    request('t1');
    await elapse(500);
    assert.match(condition(git(), 'Ready')?.message ?? '', /object not found/);
  });

  it('takes the highest tag of a range as Flux does: v1 is 1.0.0, a comma is "and", pre-releases only when named', async () => {
    await start();
    for (const tag of ['v1', 'v1.2.0', 'v1.10.0', 'v1.11.0-rc.1', 'v2.0.0', 'not-a-version']) repository.move(`refs/tags/${tag}`, first);
    const chosen = async (semver: string): Promise<string | undefined> => {
      cluster.patch('GitRepository', 'apps', 'app', { spec: { ref: { semver } } });
      await elapse(500);
      return git().artifact?.revision.split('@')[0];
    };
    assert.equal(await chosen('>=1.0.0, <2.0.0'), 'v1.10.0');
    assert.equal(await chosen('1.0.x'), 'v1');
    assert.equal(await chosen('>=1.0.0-0 <2.0.0'), 'v1.11.0-rc.1');
  });
});
