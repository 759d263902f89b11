import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import {
  configMap,
  configMapPath,
  expectOk,
  isReady,
  kustomization,
  kustomizationPath,
  namespaceObject,
} from '../conformance/cluster/flux-objects.ts';
import { eventually } from '../conformance/cluster/eventually.ts';
import type { Manifest } from './cluster/apply.ts';
import { startCluster, type RealCluster } from './cluster/up.ts';
import { hasEnded, reconcileOf } from './headgate/api.ts';
import { hasFailed } from './headgate/keep-on-failure.ts';
import { startHeadgate, type Headgate } from './headgate/serve.ts';
import { startHgServe, type HgWebServer } from './mercurial/hgweb.ts';
import { installMercurials, type Mercurials } from './mercurial/install.ts';
import { startRegistry, type Registry } from './mercurial/registry.ts';
import { cloneHgRepository, createHgRepository, type HgRepository } from './mercurial/repository.ts';
import { hookLines } from './mercurial/stage.ts';

const run = promisify(execFile);
const launcher = join(import.meta.dirname, '..', '..', 'bin', 'headgate');

/** Which Mercurial serves the repository and how it is read back, with clones by the same one. `also`: what goes wrong is tried once for each way. */
const cases = [
  { which: 'system', by: 'clone', also: true },
  { which: 'newest', by: 'web', also: true },
  { which: 'system', by: 'web', also: false },
  { which: 'newest', by: 'clone', also: false },
] as const;

let mercurials: Mercurials;
let cluster: RealCluster;
let registry: Registry;
let failed = false;
before(async function () {
  this.timeout(10 * 60_000); // the first time the versions of Mercurial are installed
  mercurials = await installMercurials();
  [cluster, registry] = await Promise.all([startCluster({ name: 'prod' }), startRegistry()]);
});
after(async function () {
  this.timeout(60_000);
  await cluster?.stop(failed);
  await registry?.close();
});

for (const { which, by, also } of cases)
  describe(`a push of Mercurial, the ${which} one, read back by ${by}, that reaches a real cluster`, function () {
    this.timeout(300_000);
    const namespace = `pay-${which}-${by}`;
    const address = (): string => `oci://${registry.host}/${namespace}`;
    let server: HgWebServer;
    let headgate: Headgate;
    let infra: HgRepository;

    before(async () => {
      server = await startHgServe(mercurials[which]);
      const served = await createHgRepository(server.account, join(server.root, 'infra'));
      // Before Headgate asks too: an hgweb that has only just started answers one of two first requests at once with 500.
      infra = await cloneHgRepository(server.account, `${server.url}/infra`, join(server.account.home, 'work'));
      await cluster.apply(namespaceObject(namespace) as Manifest);
      for (const tag of ['default', 'stable']) {
        await cluster.apply(follower(namespace, address(), tag) as Manifest);
        const spec = { path: './', sourceRef: { kind: 'OCIRepository', name: tag } };
        await cluster.apply(kustomization(namespace, tag, tag, spec) as Manifest);
      }
      headgate = await startHeadgate({
        clusters: [{ name: 'prod', kubeconfig: cluster.kubeconfigs.headgate }],
        sourceUrl: server.url,
        source: {
          type: 'hg',
          ...(by === 'web' ? { web: {} } : { clone: { hg: mercurials[which].hg } }),
          registries: [{ host: registry.host, plainHttp: true }],
          publish: ['default', 'stable'].map((tag) => ({
            repository: 'infra',
            ref: `branch:${tag}`,
            path: 'apps/pay',
            oci: `${address()}:${tag}`,
          })),
        },
        policies: [policyFor(namespace)],
      });
      await writeFile(join(served.path, '.hg', 'hgrc'), hookLines(server, headgate));
    });
    after(async function () {
      const keep = hasFailed(this);
      failed ||= keep;
      await headgate?.stop(keep);
      await server?.close();
    });

    const version = async (name: string): Promise<string | undefined> => {
      const answer = await cluster.admin.get(configMapPath(namespace, name));
      return answer.status === 404 ? undefined : expectOk(answer).data?.['version'];
    };
    const digestAt = async (tag: string): Promise<string | null> => {
      const accept = 'application/vnd.oci.image.manifest.v1+json';
      const answer = await fetch(`${registry.url}/v2/${namespace}/manifests/${tag}`, { method: 'HEAD', headers: { accept } });
      return answer.status === 404 ? null : answer.headers.get('docker-content-digest');
    };
    const commit = (name: string, value: string, branch?: string): Promise<string> =>
      infra.commit({ [`apps/pay/${name}.yaml`]: configMap(name, { version: value }) }, branch === undefined ? {} : { branch });
    const push = (): Promise<string> => infra.hg('push', '--new-branch');

    it('is published once it is allowed, fetched and applied, and the story tells all of it', async () => {
      const node = await commit('web', 'first');
      await push();

      const story = await headgate.api.storyWhen(node, hasEnded);
      const reconcile = reconcileOf(story, 'default');
      assert.equal(reconcile.outcome, 'applied', JSON.stringify(story.reconciles));
      assert.equal(await version('web'), 'first');
      assert.deepEqual([story.change.confirmed, story.change.ref], [true, 'branch:default']);
      assert.equal(reconcile.published?.digest, await digestAt('default'));
      const { object, revision } = reconcile.consumers[0] ?? assert.fail('nothing followed');
      assert.deepEqual([object.name, revision], ['default', `default@${reconcile.published?.digest}`]);
      const consumer = expectOk(await cluster.admin.get(kustomizationPath(namespace, 'default')));
      assert.equal((consumer.status as Record<string, unknown>)['lastAppliedOriginRevision'], `default@sha1:${node}`);

      const config = join(headgate.directory, 'headgate.yaml');
      const { stdout } = await run(launcher, ['trace', node, '--config', config], { cwd: headgate.directory });
      for (const word of ['published', 'triggered', 'applied', `${address()}:default`]) assert.ok(stdout.includes(word), stdout);
    });

    it('is never published when it is denied: there is nothing that anybody could fetch', async () => {
      const node = await commit('stable', 'first', 'stable');
      await push();
      const story = await headgate.api.storyWhen(node, ({ decisions }) => decisions.length > 0);
      assert.deepEqual(
        story.decisions.map(({ verdict, target }) => `${target.name} ${verdict}`),
        ['stable deny'],
      );
      assert.deepEqual([story.reconciles.length, await digestAt('stable'), await version('stable')], [0, null, undefined]);
      const consumer = expectOk(await cluster.admin.get(kustomizationPath(namespace, 'stable')));
      assert.equal(isReady(consumer), false);
      await infra.hg('update', '--quiet', '--clean', '--rev=branch(default) and head()');
    });

    if (!also) return;

    it('is not published again for a change elsewhere in the repository', async () => {
      const before = await digestAt('default');
      const node = await infra.commit({ 'docs/README': 'nothing of it is published\n' });
      await push();
      const story = await headgate.api.storyWhen(node, hasEnded);
      assert.deepEqual([reconcileOf(story, 'default').outcome, reconcileOf(story, 'default').reason], ['skipped', 'paths']);
      assert.equal(await digestAt('default'), before);
    });

    it('waits for a registry that is away, says so, and is applied once it answers', async () => {
      await registry.stop();
      const node = await commit('web', 'second');
      await push();
      const waiting = await headgate.api.storyWhen(node, ({ reconciles }) =>
        reconciles.some(({ steps }) => steps.at(-1)?.name === 'retrying'),
      );
      assert.match(reconcileOf(waiting, 'default').steps.at(-1)?.detail ?? '', new RegExp(registry.host));
      await registry.start();
      const story = await headgate.api.storyWhen(node, hasEnded);
      assert.equal(reconcileOf(story, 'default').outcome, 'applied', JSON.stringify(story.reconciles));
      assert.equal(await version('web'), 'second');
    });

    it('with symbolic links, or by a second head, is denied, and the tag stays', async () => {
      const before = await digestAt('default');
      await run('ln', ['-s', '/etc/passwd', join(infra.path, 'apps/pay/passwd.yaml')]);
      const linked = await commit('web', 'linked');
      await push();
      const denied = await headgate.api.storyWhen(linked, ({ decisions }) => decisions.length > 0);
      assert.deepEqual(
        denied.decisions.map(({ reasons }) => reasons[0]?.code),
        ['doubtful'],
        JSON.stringify(denied.decisions),
      );

      await infra.hg('update', '--quiet', '--clean', `--rev=${linked}^`);
      await commit('web', 'second head');
      await infra.hg('push', '--force');
      await eventually(async () => {
        const changes = await headgate.api.all<{ readonly readBack: { readonly doubts?: readonly { readonly code: string }[] } | null }>(
          'changes',
        );
        assert.ok(
          changes.some(({ readBack }) => readBack?.doubts?.some(({ code }) => code === 'several-heads')),
          JSON.stringify(changes[0]),
        );
      }, 30_000);
      assert.deepEqual([await digestAt('default'), await version('web')], [before, 'second']);
    });
  });

function policyFor(namespace: string): object {
  return {
    apiVersion: 'headgate.dev/v1alpha1',
    kind: 'GatePolicy',
    metadata: { name: 'pay' },
    spec: {
      targets: [{ clusters: ['*'], namespaces: [namespace] }],
      changes: [{ source: 'hub', repositories: ['infra'], refs: ['branch:default'] }],
    },
  };
}

function follower(namespace: string, url: string, tag: string): object {
  return {
    apiVersion: 'source.toolkit.fluxcd.io/v1',
    kind: 'OCIRepository',
    metadata: { namespace, name: tag },
    spec: { url, ref: { tag }, interval: '1h', insecure: true },
  };
}
