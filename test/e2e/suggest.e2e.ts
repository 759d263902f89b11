import assert from 'node:assert/strict';
import { parseAllDocuments } from 'yaml';
import { rbacDocuments } from '../../cli/suggest/rbac-documents.ts';
import type { Manifest } from './cluster/apply.ts';
import { startCluster, type RealCluster } from './cluster/up.ts';
import { hasFailed } from './headgate/keep-on-failure.ts';

const question = {
  source: 'review',
  group: '6a1ff0b8c5d24f2b96e8a1f7a4b9b1c0d2e3f405',
  cluster: 'prod',
  namespace: 'pay',
  serviceAccount: 'pay',
  follows: [],
};
const applied = (group: string, kind: string) => ({ namespace: 'pay', group, kind });

describe('headgate suggest rbac on a real cluster', function () {
  this.timeout(420_000);
  let cluster: RealCluster;
  before(async function () {
    this.timeout(420_000);
    cluster = await startCluster({ name: 'prod' });
    for (const name of ['pay', 'team', 'other']) await cluster.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
  });
  after(async function () {
    await cluster?.stop(hasFailed(this));
  });

  const may = async (account: string, verb: string, resource: string, group = '', namespace = 'pay'): Promise<boolean> => {
    const body = {
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SubjectAccessReview',
      spec: { user: `system:serviceaccount:${account}`, resourceAttributes: { verb, group, resource, namespace } },
    };
    const { status, text } = await cluster.admin.send('POST', '/apis/authorization.k8s.io/v1/subjectaccessreviews', body);
    assert.equal(status, 201, text);
    return (JSON.parse(text) as { status: { allowed: boolean } }).status.allowed;
  };
  /** The authorizer learns of roles by a watch of its own. */
  const untilItMay = async (...asked: Parameters<typeof may>): Promise<void> => {
    for (let tries = 0; tries < 2_000; tries += 1) if (await may(...asked)) return;
    throw new Error(`it may not ${asked.join(' ')}`);
  };
  const apply = async (lines: readonly string[]): Promise<void> => {
    for (const document of parseAllDocuments(lines.join('\n'))) await cluster.apply(document.toJS() as Manifest);
  };

  it('gives the account what its Kustomization applies, in that namespace, and nothing else', async () => {
    const applies = [applied('apps', 'Deployment'), applied('', 'ConfigMap')];
    await apply(rbacDocuments({ ...question, writers: [{ name: 'Kustomization/pay', namespace: 'team', serviceAccount: null, applies }] }));
    for (const verb of ['get', 'list', 'watch', 'create', 'update', 'patch', 'delete']) {
      await untilItMay('team:pay', verb, 'deployments', 'apps');
      await untilItMay('team:pay', verb, 'configmaps');
    }
    for (const [verb, resource, group] of [
      ['get', 'secrets', ''],
      ['create', 'pods', ''],
      ['create', 'rolebindings', 'rbac.authorization.k8s.io'],
      ['impersonate', 'serviceaccounts', ''],
    ] as const)
      assert.equal(await may('team:pay', verb, resource, group), false, `${verb} ${resource}`);
    assert.equal(await may('team:pay', 'patch', 'deployments', 'apps', 'other'), false);
    assert.equal(await may('pay:pay', 'patch', 'deployments', 'apps'), false);
  });

  it('is taken by the API server where all of it is a guess', async () => {
    await apply(rbacDocuments({ ...question, namespace: 'other', serviceAccount: 'guess', writers: [] }));
    await untilItMay('other:guess', 'patch', 'statefulsets', 'apps', 'other');
    assert.equal(await may('other:guess', 'get', 'secrets', '', 'other'), false);
  });
});
