import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import type http from 'node:http';
import { systemClock } from '#core/clock.ts';
import type { Finding } from '#core/finding.ts';
import { silentLog, silentMetrics } from '#core/ports/telemetry.ts';
import { connectClusters } from '#k8s/clusters.ts';
import { apiVersionOf, fluxKinds } from '#k8s/kinds.ts';
import { answer, apiServer, kubeconfig, pki, pkiPath, refuse, type Received } from './api-server.ts';

const day = 24 * 60 * 60_000;
const both = ['--feature-gates=CancelHealthCheckOnNewRevision=true,ExternalArtifact=true'];

/** What an API server may say; each test breaks one thing of it. */
interface World {
  version: string;
  /** Milliseconds that its clock is ahead. */
  ahead: number;
  served: (plural: string) => boolean;
  allowed: (verb: string, resource: string) => boolean;
  deployments: readonly object[] | null;
  /** Whether Deployments may be listed in flux-system only. */
  narrow: boolean;
  refuses: number | null;
  user: object;
  cluster: object;
  /** Whether the config has it asked about tokens. */
  reviewing: boolean;
  /** Whether it is the second authority. */
  authorizing: boolean;
}

const deployment = (name: string, version: string, args: readonly string[] = [], more: object = {}): object => ({
  metadata: { name, namespace: 'flux-system', labels: { 'app.kubernetes.io/part-of': 'flux' } },
  spec: { replicas: 1, template: { spec: { containers: [{ name: 'manager', image: `ghcr.io/fluxcd/${name}:${version}`, args }] } } },
  status: { readyReplicas: 1 },
  ...more,
});

const flux = (gates: readonly string[] = both): readonly object[] => [
  deployment('source-controller', 'v1.9.0'),
  deployment('kustomize-controller', 'v1.9.1', gates),
  deployment('helm-controller', 'v1.6.0', gates),
];

const good: World = {
  version: 'v1.36.3',
  ahead: 0,
  served: () => true,
  allowed: () => true,
  deployments: flux(),
  narrow: false,
  refuses: null,
  user: {},
  cluster: {},
  reviewing: false,
  authorizing: false,
};

function serve(world: World, request: Received, response: http.ServerResponse): void {
  response.setHeader('date', new Date(Date.now() + world.ahead).toUTCString());
  const { path } = request;
  if (world.refuses !== null) return refuse(response, world.refuses, 'Unauthorized');
  if (path === '/version') return answer(response, 200, { gitVersion: world.version });
  if (request.method === 'POST') return answer(response, 201, { status: { allowed: isAllowed(world, request.body) } });
  if (path.endsWith('/deployments')) {
    if (world.deployments === null || (world.narrow && !path.includes('/flux-system/'))) return refuse(response, 403, 'forbidden');
    return answer(response, 200, { items: world.deployments });
  }
  const served = fluxKinds.filter((kind) => path === `/apis/${apiVersionOf(kind)}` && world.served(kind.plural));
  if (served.length === 0) return refuse(response, 404, 'the server could not find the requested resource');
  answer(response, 200, { kind: 'APIResourceList', resources: served.map(({ plural }) => ({ name: plural })) });
}

function isAllowed(world: World, body: string): boolean {
  const { spec } = JSON.parse(body) as { spec: { resourceAttributes: { verb: string; resource: string } } };
  return world.allowed(spec.resourceAttributes.verb, spec.resourceAttributes.resource);
}

async function check(change: Partial<World> = {}, tls = false): Promise<readonly Finding[]> {
  const world = { ...good, ...change };
  const server = await apiServer((request, response) => serve(world, request, response), tls);
  const file = kubeconfig(server.url, world.user, world.cluster);
  const access = { access: { pushers: 'allow', subjects: [] } } as const;
  const config = { name: 'prod', kubeconfig: { path: file.path }, ...(world.authorizing ? access : {}) };
  const clusters = connectClusters({
    clusters: [config],
    issuers: new Map(world.reviewing ? [['prod-sa', 'prod']] : []),
    clock: systemClock,
    log: silentLog,
    metrics: silentMetrics,
  });
  try {
    return (await Promise.all(clusters.checks.map(({ run }) => run()))).flat();
  } finally {
    await clusters.stop();
    await server.close();
    file.remove();
  }
}

const shown = (findings: readonly Finding[]): readonly string[] =>
  findings.map(({ code, severity, message }) => `${severity} ${code} ${message}`);
const wrong = (findings: readonly Finding[]): readonly Finding[] => findings.filter(({ severity }) => severity !== 'good');

function jwt(endsAt: number): string {
  const payload = Buffer.from(JSON.stringify({ exp: Math.floor(endsAt / 1_000) })).toString('base64url');
  return `e30.${payload}.c2ln`;
}

describe('a check of a cluster', () => {
  it('is all good when all is', async () => {
    const findings = await check({ user: { token: jwt(Date.now() + 30 * day) } });
    assert.deepEqual(wrong(findings), []);
    assert.deepEqual(
      shown(findings).filter((line) => !/CREDENTIAL/.test(line)),
      [
        'good CLUSTER_REACHABLE the API server answers',
        'good CLUSTER_VERSION Kubernetes v1.36.3',
        'good CLUSTER_CLOCK clock: agrees with ours',
        `good FLUX_KINDS Flux kinds: ${fluxKinds.map(({ kind }) => kind).join(', ')}`,
        'good CLUSTER_RIGHT all rights that are needed: 24',
        'good FLUX_CONTROLLER Flux: source-controller v1.9.0, kustomize-controller v1.9.1, helm-controller v1.6.0',
        'good FLUX_FEATURE_GATE kustomize-controller: feature gates on: CancelHealthCheckOnNewRevision, ExternalArtifact',
        'good FLUX_FEATURE_GATE helm-controller: feature gates on: CancelHealthCheckOnNewRevision, ExternalArtifact',
      ],
    );
    assert.deepEqual([...new Set(findings.map(({ about }) => about))], ['cluster prod']);
  });

  const worlds: readonly (readonly [string, Partial<World>, RegExp, RegExp])[] = [
    ['refuses our token', { refuses: 401 }, /^bad CLUSTER_REACHABLE refused: /, /create token headgate/],
    ['has an old Kubernetes', { version: 'v1.31.4' }, /^warning CLUSTER_VERSION Kubernetes v1\.31\.4 is older than 1\.32$/, /fluxcd\.io/],
    ['names no version that is one', { version: 'unknown' }, /^unknown CLUSTER_VERSION/, /fluxcd\.io/],
    ['has a clock that is ahead', { ahead: 5 * 60_000 }, /^warning CLUSTER_CLOCK clock: [45]m\d\ds ahead of ours$/, /timedatectl/],
    ['has a clock that is behind', { ahead: -3_600_000 }, /^warning CLUSTER_CLOCK clock: .* behind ours$/, /timedatectl/],
    ['has no Flux', { served: () => false }, /^warning FLUX_KINDS none of Flux's kinds is served$/, /flux install/],
    [
      'withholds patch on what is triggered',
      { allowed: (verb, resource) => verb !== 'patch' || resource !== 'gitrepositories' },
      /^bad CLUSTER_RIGHT may not patch gitrepositories\.source\.toolkit\.fluxcd\.io$/,
      /rbac\.yaml.*can-i patch gitrepositories\.source/,
    ],
    [
      'withholds all reading of a kind, which is one finding',
      { allowed: (verb, resource) => verb === 'patch' || resource !== 'kustomizations' },
      /^bad CLUSTER_RIGHT may not list, watch kustomizations\.kustomize\.toolkit\.fluxcd\.io$/,
      /rbac\.yaml/,
    ],
    ['withholds Events', { allowed: (verb) => verb !== 'create' }, /^warning CLUSTER_RIGHT may not create events$/, /rbac\.yaml/],
    [
      'withholds TokenReviews although an issuer of the config needs them',
      { reviewing: true, allowed: (_verb, resource) => resource !== 'tokenreviews' },
      /^bad CLUSTER_RIGHT may not create tokenreviews\.authentication\.k8s\.io$/,
      /rbac-authority\.yaml.*can-i create tokenreviews/,
    ],
    [
      'withholds SubjectAccessReviews although it is the second authority',
      { authorizing: true, allowed: (_verb, resource) => resource !== 'subjectaccessreviews' },
      /^bad CLUSTER_RIGHT may not create subjectaccessreviews\.authorization\.k8s\.io$/,
      /rbac-authority\.yaml.*can-i create subjectaccessreviews/,
    ],
    ['does not let Deployments be read', { deployments: null }, /^unknown FLUX_CONTROLLERS_READABLE may not list/, /rbac-check\.yaml/],
    ['lacks a controller', { deployments: flux().slice(1) }, /^warning FLUX_CONTROLLER no Deployment source-controller/, /flux check/],
    [
      'has a controller that is not ready',
      { deployments: [...flux().slice(1), deployment('source-controller', 'v1.9.0', [], { status: {} })] },
      /^bad FLUX_CONTROLLER flux-system\/source-controller is not ready$/,
      /kubectl -n flux-system logs deployment\/source-controller/,
    ],
    [
      'lets a stuck health check block the fix',
      {
        deployments: [
          ...flux().slice(0, 1),
          deployment('kustomize-controller', 'v1.9.1', ['--feature-gates', 'ExternalArtifact=true']),
          ...flux().slice(2),
        ],
      },
      /^warning FLUX_FEATURE_GATE kustomize-controller: the feature gate CancelHealthCheckOnNewRevision is off$/,
      /--feature-gates=ExternalArtifact=true,CancelHealthCheckOnNewRevision=true/,
    ],
    [
      'has a token that has expired',
      { user: { token: jwt(Date.now() - day) } },
      /^bad CLUSTER_CREDENTIAL token: expired 24h ago/,
      /kubectl create token/,
    ],
    [
      'has a token that expires soon',
      { user: { token: jwt(Date.now() + day) } },
      /^warning CLUSTER_CREDENTIAL token: expires in /,
      /create token/,
    ],
    ['has a token that tells nothing', { user: { token: 'opaque' } }, /^unknown CLUSTER_CREDENTIAL token: it does not say/, /create token/],
  ];
  for (const [what, change, line, mend] of worlds) {
    it(`says of one that ${what} what works without and what mends it`, async () => {
      const findings = wrong(await check(change));
      assert.deepEqual(findings.length, 1, shown(findings).join('\n'));
      assert.match(shown(findings)[0] ?? '', line);
      assert.match(findings[0]?.mend ?? '', mend);
      assert.ok((findings[0]?.without ?? '').length > 20);
    });
  }

  it('does not ask for rights on kinds that are not installed, nor for gates that only these need', async () => {
    const findings = await check({
      served: (plural) => plural !== 'artifactgenerators',
      allowed: (_, resource) => resource !== 'artifactgenerators',
      deployments: flux(['--feature-gates=CancelHealthCheckOnNewRevision=true']),
    });
    assert.deepEqual(wrong(findings), []);
  });

  it('does not advise a gate that a controller is too old for: it would not start with it', async () => {
    const old = [flux()[0] ?? {}, deployment('kustomize-controller', 'v1.6.1'), deployment('helm-controller', 'v1.3.0')];
    assert.deepEqual(wrong(await check({ deployments: old })), []);
  });

  it('reads the controllers where Flux is installed by default, when no more may be read', async () => {
    assert.deepEqual(wrong(await check({ narrow: true })), []);
  });

  it('finds a short-lived token in a file good, because somebody writes that file', async () => {
    const folder = kubeconfig('http://127.0.0.1:1');
    const tokenFile = `${folder.path}.token`;
    writeFileSync(tokenFile, jwt(Date.now() + 60 * 60_000));
    try {
      const findings = await check({ user: { tokenFile } });
      assert.deepEqual(wrong(findings), []);
      assert.match(shown(findings).join('\n'), /good CLUSTER_CREDENTIAL token: expires in .*, and is renewed$/m);
    } finally {
      folder.remove();
    }
  });

  it('tells when a client certificate ends, and that nobody is verified where that is switched off', async () => {
    const user = { 'client-certificate': pkiPath('client.crt'), 'client-key': pkiPath('client.key') };
    const certified = await check({ user, cluster: { 'certificate-authority-data': Buffer.from(pki('ca.crt')).toString('base64') } }, true);
    assert.match(shown(certified).join('\n'), /good CLUSTER_CREDENTIAL client certificate: expires in \d+d, 2126/);
    const open = await check({ user, cluster: { 'insecure-skip-tls-verify': true } }, true);
    assert.match(shown(wrong(open)).join('\n'), /^warning CLUSTER_CREDENTIAL insecure-skip-tls-verify/);
  });

  it('says that one is away, and goes on to say what is known of its credentials', async () => {
    const server = await apiServer((_, response) => void response.socket?.resetAndDestroy());
    const file = kubeconfig(server.url, { token: jwt(Date.now() - day) });
    const config = { name: 'prod', kubeconfig: { path: file.path } };
    const clusters = connectClusters({ clusters: [config], clock: systemClock, log: silentLog, metrics: silentMetrics });
    try {
      const lines = shown((await clusters.checks[0]?.run()) ?? []);
      assert.match(lines[0] ?? '', /^bad CLUSTER_REACHABLE no answer: .*(ECONNRESET|socket hang up)/);
      assert.match(lines[1] ?? '', /^bad CLUSTER_CREDENTIAL token: expired/);
    } finally {
      await clusters.stop();
      await server.close();
      file.remove();
    }
  });
});
