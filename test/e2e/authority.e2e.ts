import assert from 'node:assert/strict';
import { join } from 'node:path';
import type { Decision } from '#core/decision.ts';
import type { Wire } from '#core/wire.ts';
import { eventually } from '../conformance/cluster/eventually.ts';
import { expectOk } from '../conformance/cluster/flux-objects.ts';
import { createSigner, type Signer } from '../identity/signer.ts';
import { readManifests, type Manifest } from './cluster/apply.ts';
import { startGitServer, type GitServer } from './cluster/git-http.ts';
import { startCluster, type RealCluster } from './cluster/up.ts';
import { hasFailed } from './headgate/keep-on-failure.ts';
import { policy, startHeadgate, type Headgate } from './headgate/serve.ts';
import { deployApplication } from './headgate/stage.ts';

const AUDIENCE = 'https://headgate.example.com';
const CORP = 'https://login.example.com';
const authorityRole = join(import.meta.dirname, '..', '..', 'deploy', 'rbac-authority.yaml');
const apiGroup = 'rbac.authorization.k8s.io';

interface Answer {
  readonly status: number;
  readonly body: {
    readonly code?: string;
    readonly reasons?: readonly { readonly code: string }[];
    readonly stories?: readonly {
      readonly decisions: readonly Wire<Decision>[];
      readonly reconciles: readonly { readonly outcome: string }[];
    }[];
  };
}

describe('a real API server as issuer and as second authority', function () {
  this.timeout(120_000);
  let cluster: RealCluster;
  let git: GitServer;
  /** Asks the cluster whose tokens are, and what subjects may do. */
  let asking: Headgate;
  /** Knows the cluster's keys only. */
  let byKeys: Headgate;
  let corp: Signer;
  before(async function () {
    this.timeout(420_000);
    corp = await createSigner();
    [cluster, git] = await Promise.all([startCluster({ name: 'prod' }), startGitServer()]);
    const { kubeconfigs, server } = cluster;
    const identity = (issuers: readonly object[]): object => ({ spec: { identity: { audience: AUDIENCE, issuers } } });
    const subjects = [
      { issuer: 'corp', user: { claim: 'email', prefix: 'oidc:' }, groups: { claim: 'roles', prefix: '', unprefixed: true } },
    ];
    [asking, byKeys] = await Promise.all([
      startHeadgate({
        clusters: [{ name: 'prod', kubeconfig: kubeconfigs.headgate, access: { subjects } }],
        sourceUrl: git.url,
        policies: [allowing('prod-sa', 'corp')],
        files: { 'corp.json': JSON.stringify({ keys: [corp.jwk] }) },
        ...identity([
          { name: 'prod-sa', cluster: 'prod', url: server },
          { name: 'corp', url: CORP, jwks: { file: './corp.json' } },
        ]),
      }),
      startHeadgate({
        clusters: [{ name: 'prod', kubeconfig: kubeconfigs.headgate }],
        sourceUrl: git.url,
        policies: [allowing('prod-keys')],
        env: { NODE_EXTRA_CA_CERTS: cluster.apiServer.caFile },
        ...identity([{ name: 'prod-keys', preset: 'kubernetes', url: server }]),
      }),
    ]);
    await deployApplication(git, 'webapp', [cluster]);
    for (const object of accounts('deployer', 'idle')) await cluster.apply(object);
    for (const object of publicKeys) await cluster.apply(object);
  });
  after(async function () {
    const keep = hasFailed(this);
    await Promise.all([asking?.stop(keep), byKeys?.stop(keep)]);
    await cluster?.stop(keep);
    await git?.stop();
  });

  async function ask({ web }: Headgate, token: string): Promise<Answer> {
    const response = await fetch(`${web}/v1/reconciles?wait=30s`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ cluster: 'prod', namespace: 'webapp', kind: 'GitRepository', name: 'webapp', force: true }),
    });
    return { status: response.status, body: (await response.json()) as Answer['body'] };
  }
  const accountToken = async (name: string, audience = AUDIENCE): Promise<string> => {
    const spec = { audiences: [audience], expirationSeconds: 600 };
    const answer = expectOk(await cluster.admin.post(`/api/v1/namespaces/ci/serviceaccounts/${name}/token`, { spec }));
    return (answer.status as { readonly token?: string }).token ?? assert.fail('no token');
  };
  let tokens = 0;
  const corpToken = (claims: object): Promise<string> => {
    const iat = Math.floor(Date.now() / 1_000);
    tokens += 1;
    return corp.sign({ iss: CORP, aud: AUDIENCE, sub: 'somebody', iat, exp: iat + 300, jti: `${tokens}`, ...claims });
  };
  const codesOf = ({ body }: Answer): readonly string[] => (body.reasons ?? []).map(({ code }) => code);
  /** The authorizer learns of roles by watches of its own. */
  const allowedSoon = (token: () => Promise<string>): Promise<Answer> => {
    let last: Answer | undefined;
    return eventually(async () => {
      last = await ask(asking, await token());
      assert.equal(last.status, 200, JSON.stringify(last.body));
    }, 60_000).then(() => last ?? assert.fail('nothing was asked'));
  };

  it('answers 503 as long as Headgate may not ask whose a token is', async () => {
    const { status, body } = await ask(asking, await accountToken('deployer'));
    assert.deepEqual([status, body.code], [503, 'TOKEN_REVIEW_UNAVAILABLE']);
    for (const object of readManifests(authorityRole)) await cluster.apply(object);
    await eventually(async () => assert.notEqual((await ask(asking, await accountToken('deployer'))).status, 503), 60_000);
  });

  it('denies a service account that policy allows and that no role lets reconcile, and allows it with one', async () => {
    const denied = await ask(asking, await accountToken('deployer'));
    assert.deepEqual([denied.status, codesOf(denied)], [403, ['access-denied']]);
    await grant('deployer', { kind: 'ServiceAccount', namespace: 'ci', name: 'deployer' });
    const { body } = await allowedSoon(() => accountToken('deployer'));
    const [story] = body.stories ?? [];
    assert.deepEqual(
      story?.reconciles.map(({ outcome }) => outcome),
      ['applied'],
    );
    const { access, accessUser, accessReason } = story?.decisions[0]?.facts ?? {};
    assert.deepEqual([access, accessUser], ['allowed', 'system:serviceaccount:ci:deployer']);
    assert.match(String(accessReason), /^RBAC: allowed by RoleBinding "deployer\/webapp"/);
    const idle = await ask(asking, await accountToken('idle'));
    assert.deepEqual([idle.status, codesOf(idle)], [403, ['access-denied']]);
  });

  it('refuses a token for another audience, by the cluster and by its keys', async () => {
    const token = await accountToken('deployer', 'https://other.example.com');
    assert.deepEqual([(await ask(asking, token)).status, (await ask(byKeys, token)).status], [401, 401]);
  });

  it('knows people by the names that the cluster gives them, and lets nobody claim to be one of its own', async () => {
    await grant('ada', { kind: 'User', name: 'oidc:ada@example.com', apiGroup });
    await allowedSoon(() => corpToken({ email: 'ada@example.com' }));
    const eve = await ask(asking, await corpToken({ email: 'eve@example.com' }));
    assert.deepEqual([eve.status, codesOf(eve)], [403, ['access-denied']]);
    const master = await ask(asking, await corpToken({ email: 'eve@example.com', roles: ['system:masters'] }));
    assert.deepEqual([master.status, codesOf(master)], [403, ['access-unmapped']]);
    const nobody = await ask(asking, await corpToken({ roles: ['sre'] }));
    assert.deepEqual([nobody.status, codesOf(nobody)], [403, ['access-unmapped']]);
  });

  it('refuses the token of a deleted account when the cluster is asked, while its keys still take it', async () => {
    await eventually(async () => {
      const known = await ask(byKeys, await accountToken('deployer'));
      assert.equal(known.status, 200, JSON.stringify(known.body));
    }, 60_000);
    const [one, other] = [await accountToken('deployer'), await accountToken('deployer')];
    expectOk(await cluster.admin.delete('/api/v1/namespaces/ci/serviceaccounts/deployer'));
    // The API server remembers for ten seconds what it has said of a token.
    await eventually(async () => assert.equal((await ask(asking, one)).status, 401), 60_000);
    assert.equal((await ask(byKeys, other)).status, 200);
  });

  const grant = async (name: string, subject: object): Promise<void> => {
    const metadata = { namespace: 'webapp', name };
    const rules = [{ apiGroups: ['source.toolkit.fluxcd.io'], resources: ['gitrepositories'], verbs: ['reconcile'] }];
    const role: Manifest & { readonly rules: object } = { apiVersion: `${apiGroup}/v1`, kind: 'Role', metadata, rules };
    await cluster.apply(role);
    const roleRef = { apiGroup, kind: 'Role', name };
    const binding: Manifest & { readonly roleRef: object; readonly subjects: readonly object[] } = {
      apiVersion: `${apiGroup}/v1`,
      kind: 'RoleBinding',
      metadata,
      roleRef,
      subjects: [subject],
    };
    await cluster.apply(binding);
  };
});

/** Lets subjects of these issuers bring webapp to its branch; who of them may in this cluster is for the cluster to say. */
function allowing(...issuers: readonly string[]): object {
  const open = policy('webapp', [{ clusters: ['prod'], namespaces: ['webapp'] }]) as { readonly spec: object };
  const account = { sub: ['system:serviceaccount:ci:deployer', 'system:serviceaccount:ci:idle', 'somebody'] };
  return { ...open, spec: { ...open.spec, subjects: issuers.map((issuer) => ({ issuer, match: account })) } };
}

function accounts(...names: readonly string[]): readonly Manifest[] {
  return [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'ci' } },
    ...names.map((name) => ({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { namespace: 'ci', name } })),
  ];
}

/** Whoever verifies by keys has to be let read them. */
const publicKeys: readonly (Manifest & { readonly roleRef: object; readonly subjects: readonly object[] })[] = [
  {
    apiVersion: `${apiGroup}/v1`,
    kind: 'ClusterRoleBinding',
    metadata: { name: 'public-keys' },
    roleRef: { apiGroup, kind: 'ClusterRole', name: 'system:service-account-issuer-discovery' },
    subjects: [{ kind: 'Group', name: 'system:unauthenticated', apiGroup }],
  },
];
