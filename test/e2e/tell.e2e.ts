import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { eventually } from '../conformance/cluster/eventually.ts';
import { startGitServer, type GitServer } from './cluster/git-http.ts';
import { startCluster, type RealCluster } from './cluster/up.ts';
import { sendPush } from './headgate/forge.ts';
import { hasFailed } from './headgate/keep-on-failure.ts';
import { policy, startHeadgate, type Headgate } from './headgate/serve.ts';
import { deployApplication } from './headgate/stage.ts';

/** What notification-controller's generic Provider posts. */
interface Posted {
  readonly involvedObject: { readonly kind: string; readonly namespace: string; readonly name: string; readonly uid: string };
  readonly severity: string;
  readonly reason: string;
  readonly message: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly reportingController: string;
}

describe("Headgate's news, as Alerts of a real notification-controller deliver them", function () {
  this.timeout(240_000);
  const posted: Posted[] = [];
  /** What a webhook took, by type and name of the target; it takes nothing while it is away. */
  const audited: string[] = [];
  let away = false;
  let endpoint: Server;
  let cluster: RealCluster;
  let git: GitServer;
  let headgate: Headgate;
  const ours = (): readonly Posted[] => posted.filter(({ reportingController }) => reportingController === 'headgate');

  const endpointUrl = (): string => `http://127.0.0.1:${(endpoint.address() as AddressInfo).port}/`;
  const tell = (body: object): Promise<Response> =>
    fetch(`${cluster.controllers.eventsUrl}/`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ timestamp: new Date().toISOString(), ...body }),
    });

  /** Until notification-controller has read the Alert of that namespace: what it is told before that, nobody hears of. */
  const untilAlerted = async (name: string): Promise<void> => {
    let tries = 0;
    await eventually(async () => {
      await tell({ ...probe(name), message: `is anybody there? ${tries++}` });
      await new Promise((resolve) => setTimeout(resolve, 100));
      assert.ok(posted.some(({ reportingController, involvedObject }) => reportingController === 'probe' && involvedObject.name === name));
    }, 60_000);
  };

  before(async function () {
    this.timeout(420_000);
    endpoint = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const text = Buffer.concat(chunks).toString('utf8');
        const taken = request.url !== '/audit' || !away;
        if (!taken) response.writeHead(503);
        else if (request.url === '/audit') audited.push(inShort(JSON.parse(text) as Webhook));
        else posted.push(JSON.parse(text) as Posted);
        response.end();
      });
    }).listen(0, '127.0.0.1');
    await once(endpoint, 'listening');
    const controllers = ['source', 'kustomize', 'notification'] as const;
    [cluster, git] = await Promise.all([startCluster({ name: 'prod', controllers }), startGitServer()]);
    headgate = await startHeadgate({
      clusters: [{ name: 'prod', kubeconfig: cluster.kubeconfigs.headgate }],
      sourceUrl: git.url,
      policies: [policy('main', [{ clusters: ['prod'], namespaces: ['webapp'] }], ['refs/heads/main'])],
      spec: {
        web: { url: 'https://headgate.example.com' },
        tell: [
          { name: 'alerts', flux: { cluster: 'prod', url: cluster.controllers.eventsUrl } },
          { name: 'audit', webhook: { url: `${endpointUrl()}audit`, secrets: [{ file: './secret' }] } },
        ],
      },
    });
  });
  after(async function () {
    const keep = hasFailed(this);
    await headgate?.stop(keep);
    await cluster?.stop(keep);
    await git?.stop();
    endpoint.close();
  });

  it('reach a Provider: what was denied and why, what was asked, and that it runs', async () => {
    const app = await deployApplication(git, 'webapp', [cluster]);
    const denied = await deployApplication(git, 'closed', [cluster]);
    const address = endpointUrl();
    for (const namespace of ['webapp', 'closed']) for (const object of alerting(namespace, address)) await cluster.apply(object);

    const sha = await app.commit('second');
    const refused = await denied.commit('second');
    for (const name of ['webapp', 'closed']) await untilAlerted(name);
    await sendPush(headgate, { repository: 'org/webapp', after: sha });
    await sendPush(headgate, { repository: 'org/closed', after: refused });
    await eventually(async () => {
      assert.deepEqual(
        ours()
          .map(({ involvedObject, reason }) => `${involvedObject.name} ${reason}`)
          .toSorted(),
        ['closed HeadgateDenied', 'webapp HeadgateApplied', 'webapp HeadgateTriggered'],
      );
    }, 60_000);

    const applied = ours().find(({ reason }) => reason === 'HeadgateApplied') ?? assert.fail();
    const source = await app.source(cluster);
    assert.deepEqual(applied.involvedObject.uid, source.metadata.uid);
    assert.equal(applied.severity, 'info');
    assert.equal(applied.metadata['revision'], source.status?.artifact?.revision);
    assert.match(applied.metadata['headgate-url'] ?? '', /^https:\/\/headgate\.example\.com\/changes\/chg_/);
    const denial = ours().find(({ reason }) => reason === 'HeadgateDenied') ?? assert.fail();
    assert.equal(denial.severity, 'error');
    assert.match(denial.message, /^denied: org\/closed refs\/heads\/main [0-9a-f]{12} by octocat: /);
    assert.equal(denial.metadata['headgate-rule'], 'default');
  });

  it('are taken once: what is told again is known, and what is new is not held up by that', async () => {
    const again = { ...probe('webapp'), message: 'told twice', metadata: { 'source.toolkit.fluxcd.io/token': 'the-same' } };
    const answers = [await tell(again), await tell(again)];
    assert.deepEqual(
      answers.map(({ status, headers }) => [status, headers.get('x-ratelimit-limit')]),
      [
        [202, '1'],
        [429, '1'],
      ],
      'what the sink takes as "known already"',
    );
    await eventually(async () => assert.equal(posted.filter(({ message }) => message === 'told twice').length, 1), 30_000);
  });

  it('are in the journal when Headgate is killed before anybody could be told, and are told in order afterwards', async () => {
    const app = await deployApplication(git, 'killed', [cluster]);
    await eventually(() => Promise.resolve(assert.equal(audited.length, 4)), 30_000);
    away = true;
    audited.splice(0);
    const sha = await app.commit('second');
    await sendPush(headgate, { repository: 'org/killed', after: sha });
    await headgate.api.storyWhen(sha, ({ decisions }) => decisions.length > 0);
    await headgate.kill();
    await headgate.start();
    assert.deepEqual(audited, []);
    away = false;
    const next = await app.commit('third');
    await sendPush(headgate, { repository: 'org/killed', after: next });
    await eventually(() => {
      assert.deepEqual(audited, [`headgate.decision.denied ${sha}`, `headgate.decision.denied ${next}`]);
      return Promise.resolve();
    }, 60_000);
  });
});

interface Webhook {
  readonly type: string;
  readonly data: { readonly change: { readonly revision: string } };
}

function inShort({ type, data }: Webhook): string {
  return `${type} ${data.change.revision}`;
}

/** An event that is none of Headgate's. */
function probe(name: string): object {
  const involvedObject = { apiVersion: 'source.toolkit.fluxcd.io/v1', kind: 'GitRepository', namespace: name, name };
  return { involvedObject, severity: 'info', reason: 'Probe', reportingController: 'probe' };
}

/** As docs/how-to/tell.md shows, with a Provider that posts to us. */
function alerting(namespace: string, address: string) {
  const apiVersion = 'notification.toolkit.fluxcd.io/v1beta3';
  return [
    { apiVersion, kind: 'Provider', metadata: { name: 'endpoint', namespace }, spec: { type: 'generic', address } },
    {
      apiVersion,
      kind: 'Alert',
      metadata: { name: 'deployments', namespace },
      spec: {
        providerRef: { name: 'endpoint' },
        eventSeverity: 'info',
        eventSources: ['GitRepository', 'Kustomization'].map((kind) => ({ kind, name: '*' })),
      },
    },
  ];
}
