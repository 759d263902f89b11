import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { stringify } from 'yaml';
import type { Finding } from '#core/finding.ts';
import { readManifests, type Manifest } from './cluster/apply.ts';
import { startCluster, type RealCluster } from './cluster/up.ts';
import { hasFailed } from './headgate/keep-on-failure.ts';
import { policy } from './headgate/serve.ts';

const root = join(import.meta.dirname, '..', '..');
const launcher = join(root, 'bin', 'headgate');

/** A Deployment as `flux install` makes it. Nothing runs in it here: the controllers are processes beside the cluster. */
const controller = (name: string, version: string, args: readonly string[] = []): Manifest & { readonly spec: object } => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name, namespace: 'flux-system', labels: { 'app.kubernetes.io/part-of': 'flux' } } as Manifest['metadata'],
  spec: {
    selector: { matchLabels: { app: name } },
    template: {
      metadata: { labels: { app: name } },
      spec: { containers: [{ name: 'manager', image: `ghcr.io/fluxcd/${name}:${version}`, args }] },
    },
  },
});

describe('headgate check on a real cluster', function () {
  this.timeout(420_000);
  let cluster: RealCluster;
  let directory: string;
  before(async function () {
    this.timeout(420_000);
    cluster = await startCluster({ name: 'prod' });
    directory = mkdtempSync(join(tmpdir(), 'headgate-check-'));
    const any = '127.0.0.1:0';
    const config = {
      apiVersion: 'headgate.dev/v1alpha1',
      kind: 'Config',
      spec: {
        listen: { webhook: any, web: any, metrics: any, health: any },
        clusters: [{ name: 'prod', kubeconfig: { path: cluster.kubeconfigs.headgate } }],
        sources: [{ name: 'hub', type: 'github', webhook: { secrets: [{ file: './secret' }] } }],
        policies: { path: './policy' },
      },
    };
    writeFileSync(join(directory, 'headgate.yaml'), stringify(config));
    writeFileSync(join(directory, 'secret'), 'a secret of the end-to-end tests', { mode: 0o600 });
    mkdirSync(join(directory, 'policy'));
    writeFileSync(join(directory, 'policy/anything.yaml'), stringify(policy('anything', [{ clusters: ['*'], namespaces: ['*'] }])));
  });
  after(async function () {
    await cluster?.stop(hasFailed(this));
    if (directory) await rm(directory, { recursive: true, force: true });
  });

  /** What `headgate check --pre` says of the cluster, and what it ends with. */
  const check = async (): Promise<{ readonly code: number; readonly findings: readonly Finding[]; readonly lines: string }> => {
    const child = spawn(launcher, ['check', '--pre', '-o', 'json'], { cwd: directory, stdio: ['ignore', 'pipe', 'inherit'] });
    const ended = once(child, 'exit');
    const { findings: all } = JSON.parse(await text(child.stdout)) as { findings: readonly Finding[] };
    const [code] = (await ended) as [number];
    const findings = all.filter(({ about }) => about === 'cluster prod');
    const lines = findings.map((each) => `${each.severity} ${each.code} ${each.message}`).join('\n');
    return { code, findings, lines };
  };

  it('finds the rights of deploy/rbac.yaml sufficient, the clocks to agree, and the token to end within its day', async () => {
    const { code, lines } = await check();
    assert.equal(code, 0, lines);
    assert.match(lines, /^good CLUSTER_VERSION Kubernetes v1\.\d+/m);
    assert.match(lines, /^good CLUSTER_CLOCK clock: agrees with ours$/m);
    assert.match(lines, /^warning CLUSTER_CREDENTIAL token: expires in 2[34]h/m);
    assert.match(lines, /^good FLUX_KINDS Flux kinds: GitRepository, .*Kustomization/m);
    assert.match(lines, /^good CLUSTER_RIGHT all rights that are needed: \d+$/m);
    assert.match(lines, /^unknown FLUX_CONTROLLERS_READABLE may not list deployments\.apps in flux-system$/m);
  });

  it("reads Flux's controllers with the right of deploy/rbac-check.yaml, and no others", async () => {
    for (const object of readManifests(join(root, 'deploy', 'rbac-check.yaml'))) await cluster.apply(object);
    await cluster.apply(controller('source-controller', 'v1.9.0'));
    await cluster.apply(controller('kustomize-controller', 'v1.9.0', ['--feature-gates=ExternalArtifact=true']));
    await cluster.apply(controller('helm-controller', 'v1.6.0', ['--feature-gates=CancelHealthCheckOnNewRevision=true']));
    const { lines, findings } = await check();
    assert.match(lines, /^warning FLUX_FEATURE_GATE kustomize-controller: the feature gate CancelHealthCheckOnNewRevision is off$/m);
    assert.match(lines, /^good FLUX_FEATURE_GATE helm-controller: feature gates on: CancelHealthCheckOnNewRevision$/m);
    // No kubelet has started them.
    assert.match(lines, /^bad FLUX_CONTROLLER flux-system\/source-controller is not ready$/m);
    const gate = findings.find(({ code, severity }) => code === 'FLUX_FEATURE_GATE' && severity === 'warning');
    assert.match(gate?.mend ?? '', /--feature-gates=ExternalArtifact=true,CancelHealthCheckOnNewRevision=true/);
  });

  it('warns of a service account that a Kustomization impersonates and that may do everything, once it may be asked', async () => {
    const metadata = { name: 'pay', namespace: 'pay' };
    await cluster.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'pay' } });
    await cluster.apply({ apiVersion: 'v1', kind: 'ServiceAccount', metadata });
    const spec = {
      interval: '10m',
      prune: true,
      path: './',
      sourceRef: { kind: 'GitRepository', name: 'none' },
      serviceAccountName: 'pay',
    };
    await cluster.apply({ apiVersion: 'kustomize.toolkit.fluxcd.io/v1', kind: 'Kustomization', metadata, spec } as Manifest);
    assert.match((await check()).lines, /^unknown SERVICE_ACCOUNT_RIGHT what impersonated service accounts may do could not be asked/m);
    for (const object of readManifests(join(root, 'deploy', 'rbac-authority.yaml'))) await cluster.apply(object);
    await cluster.apply({
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRoleBinding',
      metadata: { name: 'pay-may-all' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' },
      subjects: [{ kind: 'ServiceAccount', ...metadata }],
    } as Manifest);
    const warned = 'Kustomization pay/pay writes to pay as pay:pay, which may do everything in the whole cluster';
    for (let tries = 0; tries < 300; tries += 1) if ((await check()).lines.includes(warned)) return;
    throw new Error((await check()).lines);
  });

  it('names the right that an account lost, what works without it, and what mends it', async () => {
    const role = readManifests(join(root, 'deploy', 'rbac.yaml')).find(({ kind }) => kind === 'ClusterRole');
    assert.ok(role);
    const { rules, ...rest } = role as Manifest & { readonly rules: readonly { readonly verbs: readonly string[] }[] };
    await cluster.apply({ ...rest, rules: rules.filter(({ verbs }) => !verbs.includes('patch') && !verbs.includes('create')) } as Manifest);
    await lost('patch');
    const { code, lines, findings } = await check();
    assert.equal(code, 1, lines);
    assert.match(lines, /^bad CLUSTER_RIGHT may not patch gitrepositories\.source\.toolkit\.fluxcd\.io$/m);
    assert.match(lines, /^warning CLUSTER_RIGHT may not create events$/m);
    const patch = findings.find(({ message }) => message.startsWith('may not patch gitrepositories'));
    assert.match(patch?.without ?? '', /Flux still polls/);
    assert.match(patch?.mend ?? '', /kubectl apply -f deploy\/rbac\.yaml/);
  });

  /** The authorizer learns of a changed role by a watch of its own. */
  const lost = async (verb: string): Promise<void> => {
    for (let tries = 0; tries < 300; tries += 1) {
      if ((await check()).lines.includes(`may not ${verb}`)) return;
    }
    throw new Error(`the account may still ${verb}`);
  };
});
