import assert from 'node:assert/strict';
import type http from 'node:http';
import { systemClock } from '#core/clock.ts';
import { silentLog, silentMetrics } from '#core/ports/telemetry.ts';
import { targetKey } from '#core/target.ts';
import { type ClusterConfig, type Clusters, connectClusters } from '#k8s/clusters.ts';
import { fluxKinds } from '#k8s/kinds.ts';
import { answer, type ApiServer, apiServer, kubeconfig, type Received, refuse, until } from './api-server.ts';
import { before, gitRepository, kustomization, type Sample, target, told, wanted } from './samples.ts';

describe('clusters', () => {
  const undo: (() => void | Promise<void>)[] = [];
  let open: Map<string, http.ServerResponse>;
  let content: Map<string, readonly Sample[]>;
  const pluralOf = (kind: string): string => fluxKinds.find((candidate) => candidate.kind === kind)?.plural ?? '';

  const serve = ({ path, query }: Received, response: http.ServerResponse): void => {
    const plural = path.split('/').at(-1) ?? '';
    if (query.get('watch') === '1') {
      response.writeHead(200).flushHeaders();
      open.set(plural, response);
    } else if (plural === 'artifactgenerators') refuse(response, 404, 'the server could not find the requested resource');
    else answer(response, 200, { metadata: { resourceVersion: '5' }, items: (content.get(plural) ?? []).map(({ raw }) => raw) });
  };
  const send = (type: string, { kind, raw }: Sample): void => {
    open.get(pluralOf(kind))?.write(`${JSON.stringify({ type, object: raw })}\n`);
  };
  const started = async (handler: Parameters<typeof apiServer>[0] = serve): Promise<{ server: ApiServer; config: ClusterConfig }> => {
    const server = await apiServer(handler);
    const file = kubeconfig(server.url);
    undo.push(() => server.close(), file.remove);
    return { server, config: { name: 'prod', kubeconfig: { path: file.path } } };
  };
  const connected = (...configs: ClusterConfig[]): Clusters => {
    const clusters = connectClusters({ clusters: configs, clock: systemClock, log: silentLog, metrics: silentMetrics });
    undo.push(() => clusters.stop());
    return clusters;
  };
  const isSynced = ({ inventory }: Clusters): boolean => inventory.health().every(({ state }) => state === 'synced');

  beforeEach(() => {
    open = new Map();
    content = new Map([
      ['gitrepositories', [gitRepository(before)]],
      ['kustomizations', [kustomization(before)]],
    ]);
  });
  afterEach(async () => {
    for (const step of undo.splice(0).reverse()) await step();
  });

  it('come into sight, kinds that are not served left aside', async () => {
    const { config } = await started();
    const clusters = connected(config);
    assert.equal(clusters.inventory.health()[0]?.state, 'starting');
    clusters.start();
    await until(() => isSynced(clusters), 'all kinds are synced');
    const [health] = clusters.inventory.health();
    assert.equal(health?.known, true);
    assert.deepEqual(
      health.kinds.filter(({ state, objects }) => state !== 'synced' || objects > 0),
      [
        { kind: 'GitRepository', state: 'synced', objects: 1 },
        { kind: 'ArtifactGenerator', state: 'absent', objects: 0 },
        { kind: 'Kustomization', state: 'synced', objects: 1 },
      ],
    );
    const source = clusters.inventory.find(target);
    assert.ok(source);
    assert.deepEqual(clusters.inventory.sources(), [source]);
    assert.deepEqual(clusters.inventory.sourcesAt({ keys: ['git.example/org/app'], caseSensitive: true }), [source]);
    assert.deepEqual(
      clusters.inventory.footprint(source).consumers.map(({ object }) => object.name),
      ['app'],
    );
  });

  it('tell of changes and judge them', async () => {
    const { config } = await started();
    const clusters = connected(config);
    clusters.start();
    await until(() => isSynced(clusters), 'all kinds are synced');
    const told1: string[] = [];
    const unsubscribe = clusters.inventory.onChange((one) => void told1.push(targetKey(one)));
    const attempt = { revision: wanted, token: null, newer: [] };
    assert.equal(told(clusters.observer.observe(target, attempt)), 'waiting/source-not-ready');
    send('MODIFIED', gitRepository(wanted));
    send('MODIFIED', kustomization(wanted));
    await until(() => told1.length === 2, 'both changes are announced');
    assert.deepEqual(told1, ['prod/GitRepository/apps/app', 'prod/GitRepository/apps/app']);
    assert.equal(told(clusters.observer.observe(target, attempt)), 'applied');
    unsubscribe();
    send('DELETED', gitRepository(wanted));
    await until(() => clusters.inventory.find(target) === undefined, 'the source leaves');
    assert.equal(told1.length, 2);
    assert.equal(told(clusters.observer.observe(target, attempt)), 'failed/gone');
  });

  it('are not held up by a listener that throws', async () => {
    const { config } = await started();
    const clusters = connected(config);
    let heard = 0;
    clusters.inventory.onChange(() => {
      throw new Error('a defect');
    });
    clusters.inventory.onChange(() => void heard++);
    clusters.start();
    await until(() => isSynced(clusters) && heard > 0, 'all kinds are synced');
  });

  it('see an annotation of their own before the watch brings it', async () => {
    const { server, config } = await started();
    const clusters = connected(config);
    clusters.start();
    await until(() => isSynced(clusters), 'all kinds are synced');
    const after = gitRepository(before, { requestedAt: 'ours' });
    server.handle((_, response) => answer(response, 200, after.raw));
    await clusters.actuator.requestReconcile(target, { token: 'ours', run: 'rec_1' });
    assert.equal(told(clusters.observer.observe(target, { revision: before, token: 'ours', newer: [] })), 'waiting/source-not-asked');
  });

  it('judge nothing while something that may follow the source is out of sight', async () => {
    let allowed = false;
    const { config } = await started((request, response) => {
      if (!allowed && request.path.endsWith('/kustomizations')) refuse(response, 403, 'kustomizations is forbidden');
      else serve(request, response);
    });
    content.set('gitrepositories', [gitRepository(wanted)]);
    const clusters = connected(config);
    clusters.start();
    await until(() => clusters.inventory.health()[0]?.state === 'refused', 'the refusal shows');
    const attempt = { revision: wanted, token: null, newer: [] };
    const seen = clusters.observer.observe(target, attempt);
    assert.deepEqual([seen.fresh, seen.outcome, seen.artifactReached], [false, null, true]);
    const [health] = clusters.inventory.health();
    assert.match(health?.message ?? '', /forbidden/);
    assert.equal(health?.known, false);
    let woken = 0;
    clusters.inventory.onChange(() => void woken++);
    allowed = true;
    await until(() => isSynced(clusters), 'it is allowed');
    assert.ok(woken > 0, 'whoever waits is told');
    assert.equal(clusters.observer.observe(target, attempt).fresh, true);
  });

  it('start although one of them is away, and find it when it returns', async () => {
    const near = await started();
    const far = await started((_, response) => void response.socket?.resetAndDestroy());
    const clusters = connected(near.config, { ...far.config, name: 'far' });
    clusters.start();
    await until(() => clusters.inventory.health()[0]?.state === 'synced', 'the near one is in sight');
    await until(() => clusters.inventory.health()[1]?.state === 'unreachable', 'the far one is not');
    assert.deepEqual(
      clusters.inventory.sources().map((source) => source.target.cluster),
      ['prod'],
    );
    far.server.handle(serve);
    await until(() => isSynced(clusters), 'the far one returns');
    assert.deepEqual(
      clusters.inventory
        .sources()
        .map((source) => source.target.cluster)
        .sort(),
      ['far', 'prod'],
    );
  });

  it('of unknown names are nowhere', async () => {
    const { config } = await started();
    const clusters = connected(config);
    const seen = clusters.observer.observe({ ...target, cluster: 'other' }, { revision: null, token: null, newer: [] });
    assert.deepEqual([seen.fresh, seen.outcome], [false, null]);
  });

  it('are refused when their kubeconfig is', () => {
    assert.throws(() => connected({ name: 'x', kubeconfig: { path: '/nowhere/kubeconfig' } }), { code: 'KUBECONFIG_INVALID' });
  });
});
