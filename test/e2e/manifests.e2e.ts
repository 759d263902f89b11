import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { root } from '../house/house-files.ts';
import { objectsOf, setUps, workloadsOf } from '../deploy/manifests.ts';
import { buildComponents } from './cluster/build.ts';
import { startCluster, type RealCluster } from './cluster/up.ts';
import { hasFailed } from './headgate/keep-on-failure.ts';

/** No scheduler and no kubelet are there, so nothing runs: what is asked is whether the API server takes it. */
describe('the manifests of deploy/ on a real API server', function () {
  this.timeout(120_000);
  let cluster: RealCluster;
  let kubectl: string;
  before(async function () {
    this.timeout(420_000);
    kubectl = join((await buildComponents()).bin, 'kubectl');
    cluster = await startCluster({ name: 'prod', controllers: [] });
  });
  after(async function () {
    await cluster?.stop(hasFailed(this));
  });

  const run = (...args: readonly string[]) => {
    const { status, stdout, stderr } = spawnSync(kubectl, ['--kubeconfig', cluster.kubeconfigs.admin, ...args], {
      cwd: root,
      encoding: 'utf8',
    });
    return { status, stdout, stderr };
  };
  const apply = (...args: readonly string[]): string => {
    const { status, stdout, stderr } = run('apply', '--server-side', '--validate=strict', ...args);
    assert.equal(status, 0, stderr);
    // Pod Security warns of what it would refuse, and the API server of fields that it does not know.
    assert.doesNotMatch(stderr, /warning/i);
    return stdout;
  };
  /** Whether Pod Security and all other admission would let the pod in. */
  const createPod = (spec: object) =>
    cluster.admin.post('/api/v1/namespaces/headgate/pods?dryRun=All&fieldValidation=Strict', {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'tried' },
      spec,
    });

  it('grant the rights, each file of its own', () => {
    for (const file of ['rbac', 'rbac-check', 'rbac-authority']) assert.match(apply('-f', `deploy/${file}.yaml`), /headgate/);
  });

  for (const setUp of setUps()) {
    it(`are taken as they are, those of deploy/${setUp}, also a second time`, () => {
      const first = apply('-k', `deploy/${setUp}`);
      assert.equal(first.trim().split('\n').length, objectsOf(setUp).length);
      assert.equal(apply('-k', `deploy/${setUp}`), first);
    });

    it(`have pods that the level restricted lets in, those of deploy/${setUp}`, async () => {
      const templates = workloadsOf(objectsOf(setUp)).map(({ run: { template }, spec }) => ({ template, spec }));
      assert.ok(templates.length > 0);
      for (const { spec } of templates) {
        const pod = (spec as { template: { spec: { securityContext: object; volumes: object[] } } }).template.spec;
        const volumes = [...pod.volumes, { name: 'data', emptyDir: {} }];
        const taken = await createPod({ ...pod, volumes });
        assert.equal(taken.status, 201, taken.text);
        const refused = await createPod({ ...pod, volumes, securityContext: {} });
        assert.equal(refused.status, 403, refused.text);
        assert.match(refused.text, /PodSecurity/);
      }
    });
  }
});
