import assert from 'node:assert/strict';
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { startServer, type RunningServer } from '#server/main.ts';
import { startWorld, type World } from '../cli/world.ts';
import { AUDIENCE } from '../identity/signer.ts';
import { serviceAccountToken } from './service-account-token.ts';

interface Decided {
  readonly verdict: string;
  readonly rule: string;
  readonly facts: Readonly<Record<string, unknown>>;
  readonly reasons: readonly { readonly code: string }[];
}

interface Answer {
  readonly status: number;
  readonly body: {
    readonly stories?: readonly { readonly decisions: readonly Decided[] }[];
    readonly reasons?: readonly { readonly code: string }[];
    readonly targets?: readonly { readonly decision: Decided }[];
  };
}

const apiGroup = 'rbac.authorization.k8s.io';

describe('a server that asks its cluster what a subject may do', function () {
  this.timeout(60_000);
  let world: World;
  let server: RunningServer;

  before(async () => {
    world = await startWorld();
    await world.server.close();
    const issuer = '{ name: prod-sa, cluster: prod, url: "https://kubernetes.default.svc.cluster.local" }';
    const config = readFileSync(world.configPath, 'utf8');
    writeFileSync(world.configPath, config.replace('kubeconfig: { path: ./kubeconfig }', '$&, access: {}'));
    appendFileSync(world.configPath, `  identity:\n    audience: ${AUDIENCE}\n    issuers: [ ${issuer} ]\n`);
    for (const name of ['deployer', 'other']) world.cluster.apply({ kind: 'ServiceAccount', metadata: { namespace: 'ci', name } });
    const rules = [
      { apiGroups: ['source.toolkit.fluxcd.io'], resources: ['gitrepositories'], resourceNames: ['webapp'], verbs: ['reconcile'] },
    ];
    world.cluster.apply({ apiVersion: `${apiGroup}/v1`, kind: 'Role', metadata: { namespace: 'apps', name: 'deployer' }, rules });
    world.cluster.apply({
      apiVersion: `${apiGroup}/v1`,
      kind: 'RoleBinding',
      metadata: { namespace: 'apps', name: 'deployer' },
      roleRef: { apiGroup, kind: 'Role', name: 'deployer' },
      subjects: [{ kind: 'ServiceAccount', namespace: 'ci', name: 'deployer' }],
    });
    server = await startServer({
      configPath: world.configPath,
      env: {},
      stderr: { write: () => true },
      signal: new AbortController().signal,
    });
    for (;;) {
      const ready = await fetch(`${server.health.url}/readyz?verbose`);
      if ((await ready.text()).includes('[+] cluster prod')) break;
    }
  });
  after(async () => {
    await server.close();
    await world.stop();
  });

  async function send(path: string, account: string, body: object): Promise<Answer> {
    const token = await serviceAccountToken(world.cluster, account);
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    const response = await fetch(`${server.web.url}${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
    return { status: response.status, body: (await response.json()) as Answer['body'] };
  }
  const webapp = { cluster: 'prod', namespace: 'apps', kind: 'GitRepository', name: 'webapp', force: true };
  const ask = (account: string): Promise<Answer> => send('/v1/reconciles?wait=30s', account, webapp);

  it('allows what both allow, and has the words of the cluster on record', async () => {
    const { status, body } = await ask('deployer');
    assert.equal(status, 200, JSON.stringify(body));
    const [decision] = body.stories?.[0]?.decisions ?? [];
    assert.equal(decision?.verdict, 'allow');
    assert.deepEqual(
      [decision.facts['access'], decision.facts['accessUser'], decision.facts['accessReason']],
      [
        'allowed',
        'system:serviceaccount:ci:deployer',
        'RBAC: allowed by RoleBinding "deployer/apps" of Role "deployer" to ServiceAccount "deployer/ci"',
      ],
    );
  });

  it('denies whom the cluster gives no role, by explain as by the live path', async () => {
    const { status, body } = await ask('other');
    assert.equal(status, 403);
    assert.deepEqual(
      body.reasons?.map(({ code }) => code),
      ['access-denied'],
    );
    const explained = await send('/v1/explain', 'other', { repository: 'org/app', ref: 'refs/heads/main' });
    const rules = explained.body.targets?.map(({ decision }) => `${decision.verdict} ${decision.rule}`);
    assert.deepEqual(rules, ['deny access'], JSON.stringify(explained.body));
  });

  it('allows nothing that it may not ask about', async () => {
    world.cluster.refuse('create', 'SubjectAccessReview');
    const { status, body } = await ask('other');
    assert.deepEqual([status, body.reasons?.map(({ code }) => code)], [403, ['access-unavailable']]);
    world.cluster.allow('create', 'SubjectAccessReview');
  });
});
