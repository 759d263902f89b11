import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '#core/clock.ts';
import { silentLog, silentMetrics } from '#core/ports/telemetry.ts';
import type { Manifest } from '#core/preflight.ts';
import { connectClusters, type Clusters } from '#k8s/clusters.ts';
import { answer, apiServer, kubeconfig, refuse, type ApiServer } from '../api-server.ts';

const core = {
  components: {
    schemas: {
      Pod: {
        type: 'object',
        properties: {
          apiVersion: { type: 'string' },
          kind: { type: 'string' },
          metadata: { type: 'object' },
          spec: { type: 'object', properties: { name: { type: 'string' } } },
        },
        'x-kubernetes-group-version-kind': [{ group: '', version: 'v1', kind: 'Pod' }],
      },
    },
  },
};

function pod(spec: object, over: Partial<Manifest> = {}): Manifest {
  const object = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'web' }, spec };
  return { path: 'web.yaml', line: 1, apiVersion: 'v1', kind: 'Pod', namespace: 'apps', name: 'web', object, ...over };
}

const forever = new AbortController().signal;

describe('k8s/manifests', () => {
  let server: ApiServer;
  let clusters: Clusters;
  let asked: string[];
  let accepted: (string | undefined)[];
  let index: object;
  let removeFile: () => void;
  let schemas: string;
  beforeEach(async () => {
    asked = [];
    accepted = [];
    index = { paths: { 'api/v1': { serverRelativeURL: '/openapi/v3/api/v1?hash=1' } } };
    server = await apiServer((request, response) => {
      asked.push(request.path);
      if (request.path === '/openapi/v3') return answer(response, 200, index);
      if (request.path.startsWith('/openapi/v3/api/v1')) return answer(response, 200, core);
      accepted.push(request.headers.accept);
      if (request.path.endsWith('/there')) return answer(response, 200, { metadata: { name: 'there' } });
      return refuse(response, request.path.endsWith('/hidden') ? 403 : 404, 'no');
    });
    const file = kubeconfig(server.url, {});
    removeFile = () => file.remove();
    schemas = await mkdtemp(join(tmpdir(), 'headgate-schemas-'));
    const configs = [{ name: 'prod', kubeconfig: { path: file.path } }];
    clusters = connectClusters({ clusters: configs, schemas, clock: systemClock, log: silentLog, metrics: silentMetrics });
  });
  afterEach(async () => {
    await clusters.stop();
    await server.close();
    removeFile();
    await rm(schemas, { recursive: true });
  });

  const validate = async (cluster: string | null, ...manifests: readonly Manifest[]) =>
    (await clusters.manifestChecks.validate(cluster, manifests, forever)).map(({ code, severity, message }) => [severity, code, message]);

  it('says what the schemas of the cluster do not take, with the place', async () => {
    const [finding] = await clusters.manifestChecks.validate('prod', [pod({ nam: 'x' })], forever);
    assert.deepEqual(finding, {
      code: 'schema-invalid',
      severity: 'error',
      path: 'web.yaml',
      line: 1,
      message: 'Pod apps/web: spec has a field nam, which its schema does not know',
    });
  });

  it('asks for schemas once as long as the cluster names the same', async () => {
    await validate('prod', pod({}), pod({ name: 'x' }));
    await validate('prod', pod({}));
    assert.deepEqual(asked, ['/openapi/v3', '/openapi/v3/api/v1']);
  });

  it('warns of kinds that the cluster does not have: their definition may come by the same push', async () => {
    assert.deepEqual(await validate('prod', pod({}, { kind: 'Widget' }), pod({}, { apiVersion: 'example.com/v1', kind: 'Thing' })), [
      ['warning', 'kind-unknown', 'Widget apps/web: cluster prod has no Widget of v1'],
      ['warning', 'kind-unknown', 'Thing apps/web: cluster prod has no Thing of example.com/v1'],
    ]);
  });

  it('says that nothing was looked at where schemas cannot be had', async () => {
    index = { paths: 'none' };
    const [[severity, code] = []] = await validate('prod', pod({}));
    assert.deepEqual([severity, code], ['unknown', 'not-validated']);
  });

  it('takes the saved schemas where no cluster is asked', async () => {
    await mkdir(join(schemas, 'api'));
    await writeFile(join(schemas, 'api', 'v1.json'), JSON.stringify(core));
    const [[severity, code, message] = []] = await validate(null, pod({ nam: 'x' }));
    assert.deepEqual([severity, code], ['error', 'schema-invalid']);
    assert.match(message ?? '', /nam/);
    const [[, other] = []] = await validate(null, pod({}, { apiVersion: '../../api/v1' }));
    assert.equal(other, 'kind-unknown', 'what an object says of itself leads to no other file');
  });

  it('says which file of saved schemas is broken', async () => {
    await mkdir(join(schemas, 'api'));
    await writeFile(join(schemas, 'api', 'v1.json'), '{');
    const [[severity, code, message] = []] = await validate(null, pod({}));
    assert.deepEqual([severity, code], ['unknown', 'not-validated']);
    assert.match(message ?? '', /api.v1\.json/);
  });

  it('tells Secrets that are there from those that are not and those that may not be seen, by metadata alone', async () => {
    const names = ['there', 'missing', 'hidden'].map((name) => ({ namespace: 'apps', name }));
    assert.deepEqual(await clusters.manifestChecks.secrets('prod', names, forever), [true, false, undefined]);
    assert.deepEqual(new Set(accepted), new Set(['application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1']));
  });

  it('knows nothing of Secrets of a cluster that is not configured', async () => {
    assert.deepEqual(await clusters.manifestChecks.secrets('other', [{ namespace: 'apps', name: 'there' }], forever), [undefined]);
  });

  it('asks for nothing more once it is given up', async () => {
    await clusters.manifestChecks.validate('prod', [pod({})], AbortSignal.abort());
    await clusters.manifestChecks.secrets('prod', [{ namespace: 'apps', name: 'there' }], AbortSignal.abort());
    assert.deepEqual(asked, []);
  });
});
