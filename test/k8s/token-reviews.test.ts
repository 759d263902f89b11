import assert from 'node:assert/strict';
import type http from 'node:http';
import { systemClock } from '#core/clock.ts';
import { HeadgateError } from '#core/errors.ts';
import { limits } from '#core/limits.ts';
import { silentLog, silentMetrics } from '#core/ports/telemetry.ts';
import { type Clusters, connectClusters } from '#k8s/clusters.ts';
import { answer, apiServer, kubeconfig, refuse, type ApiServer } from './api-server.ts';

const AUDIENCE = 'https://headgate.example.com';

describe('k8s/token-reviews', () => {
  let server: ApiServer;
  let clusters: Clusters;
  let status: object;
  let held: http.ServerResponse[] | undefined;
  let removeFile: () => void;

  beforeEach(async () => {
    status = { authenticated: true, user: { username: 'system:serviceaccount:ci:deployer' }, audiences: [AUDIENCE] };
    held = undefined;
    server = await apiServer((_request, response) => (held ? void held.push(response) : answer(response, 201, { status })));
    const file = kubeconfig(server.url, {});
    removeFile = () => file.remove();
    const configs = [{ name: 'prod', kubeconfig: { path: file.path } }];
    clusters = connectClusters({ clusters: configs, clock: systemClock, log: silentLog, metrics: silentMetrics });
  });
  afterEach(async () => {
    await clusters.stop();
    await server.close();
    removeFile();
  });

  const review = (cluster = 'prod') => clusters.tokenReviews.review(cluster, 'a.b.c', [AUDIENCE]);
  const failsWith =
    (code: string, detail = /./) =>
    (error: unknown): boolean => {
      assert.ok(error instanceof HeadgateError, String(error));
      assert.equal(error.code, code, error.message);
      assert.match(error.message, detail);
      return true;
    };

  it('asks the cluster about the token and the audiences, and reads what it says', async () => {
    assert.deepEqual(await review(), {
      authenticated: true,
      user: 'system:serviceaccount:ci:deployer',
      audiences: [AUDIENCE],
      error: null,
    });
    const [asked] = server.requests;
    assert.equal(`${asked?.method} ${asked?.path}`, 'POST /apis/authentication.k8s.io/v1/tokenreviews');
    assert.deepEqual((JSON.parse(asked?.body ?? '') as { spec: object }).spec, { token: 'a.b.c', audiences: [AUDIENCE] });
  });

  it('asks each time: nothing is remembered', async () => {
    await review();
    status = { user: {}, error: 'gone' };
    assert.deepEqual(await review(), { authenticated: false, user: null, audiences: [], error: 'gone' });
  });

  it('rejects what is no answer, a refusal, a cluster that is away and one that is not configured', async () => {
    server.handle((_request, response) => answer(response, 201, { status: { authenticated: 'yes' } }));
    await assert.rejects(review(), failsWith('CLUSTER_UNREACHABLE', /no TokenReview/));
    server.handle((_request, response) => refuse(response, 403, 'forbidden'));
    await assert.rejects(review(), failsWith('CLUSTER_REFUSED', /forbidden/));
    server.handle((_request, response) => answer(response, 201, { status, pad: 'x'.repeat(limits.kube.reviewBytes) }));
    await assert.rejects(review(), failsWith('CLUSTER_UNREACHABLE', /larger than/));
    await assert.rejects(review('other'), failsWith('CLUSTER_REFUSED', /no cluster "other"/));
    await server.close();
    await assert.rejects(review(), failsWith('CLUSTER_UNREACHABLE'));
  });

  it('lets only so many be under way, and takes more as soon as one is answered', async () => {
    const waiting: http.ServerResponse[] = [];
    held = waiting;
    const first = Array.from({ length: limits.kube.reviewsAtOnce }, () => review());
    await assert.rejects(review(), failsWith('OVERLOADED'));
    while (waiting.length < first.length) await new Promise((resolve) => setImmediate(resolve));
    held = undefined;
    for (const response of waiting) answer(response, 201, { status });
    await Promise.all(first);
    assert.equal((await review()).authenticated, true);
  });
});
