import assert from 'node:assert/strict';
import type http from 'node:http';
import type { Access } from '#core/access.ts';
import { limits } from '#core/limits.ts';
import { SimulatedClock } from '#core/simulated-clock.ts';
import type { Subject } from '#core/subject.ts';
import type { TargetRef } from '#core/target.ts';
import type { Connection } from '#k8s/connection.ts';
import { KubeSecondAuthority } from '#k8s/second-authority.ts';
import { answer, apiServer, connectTo, kubeconfig, refuse, type ApiServer } from './api-server.ts';

const target: TargetRef = { cluster: 'prod', kind: 'GitRepository', namespace: 'apps', name: 'web' };
const ada: Subject = {
  issuer: 'corp',
  iss: 'https://login.example.com',
  sub: 'ada',
  claims: { email: 'ada@example.com', groups: ['dev'] },
};
const corp = { issuer: 'corp', user: { claim: 'email', prefix: 'oidc:' }, groups: { claim: 'groups', prefix: 'oidc:' } };

describe('k8s/second-authority', () => {
  let server: ApiServer;
  let connection: Connection;
  let clock: SimulatedClock;
  let authority: KubeSecondAuthority;
  let status: object;
  let removeFile: () => void;

  beforeEach(async () => {
    status = { allowed: true, reason: 'RBAC: allowed by RoleBinding "web/apps"' };
    server = await apiServer((_request, response) => answer(response, 201, { status }));
    const file = kubeconfig(server.url);
    removeFile = () => file.remove();
    connection = connectTo(file.path);
    clock = new SimulatedClock();
    authority = authorityWith('allow');
  });
  afterEach(async () => {
    connection.close();
    await server.close();
    removeFile();
  });

  const authorityWith = (pushers: 'allow' | 'deny'): KubeSecondAuthority =>
    new KubeSecondAuthority({
      access: new Map([['prod', { pushers, subjects: [corp] }]]),
      issuers: new Map([
        ['prod-sa', 'prod'],
        ['stage-sa', 'stage'],
      ]),
      connections: new Map([['prod', connection]]),
      clock,
    });
  const ask = (subject: Subject = ada, about: TargetRef = target, epoch = 'one'): Promise<Access> => authority.ask(subject, about, epoch);
  const specs = (): readonly unknown[] => server.requests.map(({ body }) => (JSON.parse(body) as { readonly spec: unknown }).spec);

  it('asks whether the user may reconcile that very object', async () => {
    assert.deepEqual(await ask(), {
      answer: 'asked',
      allowed: true,
      user: 'oidc:ada@example.com',
      reason: 'RBAC: allowed by RoleBinding "web/apps"',
    });
    const resourceAttributes = {
      group: 'source.toolkit.fluxcd.io',
      version: 'v1',
      resource: 'gitrepositories',
      namespace: 'apps',
      name: 'web',
      verb: 'reconcile',
    };
    assert.deepEqual(specs(), [{ user: 'oidc:ada@example.com', groups: ['oidc:dev', 'system:authenticated'], resourceAttributes }]);
    assert.equal(server.requests[0]?.path, '/apis/authorization.k8s.io/v1/subjectaccessreviews');
  });

  it('asks about nobody: of a cluster without it all is off, and without a subject the config says what comes of it', () => {
    assert.deepEqual(authority.known('stage', ada), { answer: 'off' });
    assert.deepEqual(authority.known('prod', null), { answer: 'nobody', allowed: true });
    assert.deepEqual(authorityWith('deny').known('prod', null), { answer: 'nobody', allowed: false });
    assert.equal(authority.known('prod', ada), null);
  });

  it('remembers for ten seconds what is allowed, for the same user, groups, object and policies', async () => {
    await ask();
    await ask();
    assert.equal(server.requests.length, 1);
    await ask({ ...ada, claims: { ...ada.claims, groups: ['ops'] } });
    await ask(ada, { ...target, name: 'other' });
    await ask(ada, target, 'other policies');
    assert.equal(server.requests.length, 4);
    await clock.advance(limits.kube.accessKept);
    status = { allowed: false };
    assert.deepEqual(await ask(), { answer: 'asked', allowed: false, user: 'oidc:ada@example.com', reason: null });
    assert.ok(limits.kube.accessKept <= 10_000);
  });

  it('remembers nothing that is not allowed', async () => {
    for (const denied of [{ allowed: false }, { allowed: true, denied: true }, {}]) {
      status = denied;
      const said = await ask();
      assert.ok(said.answer === 'asked' && !said.allowed, JSON.stringify(said));
    }
    assert.equal(server.requests.length, 3);
  });

  const troubles: readonly (readonly [string, (response: http.ServerResponse) => void, boolean])[] = [
    ['refuses', (response) => refuse(response, 403, 'may not create subjectaccessreviews'), false],
    ['fails', (response) => refuse(response, 500, 'etcd is away'), true],
    ['answers something else', (response) => answer(response, 201, { status: { allowed: 'yes' } }), true],
    ['cuts the connection', (response) => response.destroy(), true],
    ['answers too much', (response) => answer(response, 201, { status, pad: 'x'.repeat(limits.kube.reviewBytes) }), true],
  ];
  for (const [what, handler, passing] of troubles)
    it(`allows nothing when the cluster ${what}`, async () => {
      server.handle((_request, response) => handler(response));
      const said = await ask();
      assert.deepEqual([said.answer, 'passing' in said && said.passing], ['unavailable', passing], JSON.stringify(said));
    });

  it('asks about a service account of the cluster as itself, and of another cluster only by a template', async () => {
    const account = (issuer: string): Subject => ({
      issuer,
      iss: 'https://kubernetes.default.svc',
      sub: 'system:serviceaccount:ci:deployer',
      claims: {},
    });
    assert.equal((await ask(account('prod-sa'))).answer, 'asked');
    assert.deepEqual(
      specs().map((spec) => (spec as { readonly user: string }).user),
      ['system:serviceaccount:ci:deployer'],
    );
    assert.equal((await ask(account('stage-sa'))).answer, 'unmapped');
    assert.equal((await ask(account('edge-sa'))).answer, 'unmapped');
    assert.equal(server.requests.length, 1);
  });

  it('allows nothing at a kind that is none of Flux, or a cluster that is not connected', async () => {
    assert.equal((await ask(ada, { ...target, kind: 'Secret' })).answer, 'unavailable');
    const apart = new KubeSecondAuthority({
      access: new Map([['prod', { pushers: 'allow', subjects: [corp] }]]),
      issuers: new Map(),
      connections: new Map(),
      clock,
    });
    assert.equal((await apart.ask(ada, target, 'one')).answer, 'unavailable');
  });
});
