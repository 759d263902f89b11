import assert from 'node:assert/strict';
import fc from 'fast-check';
import { parseGoDuration } from '#k8s/go-duration.ts';
import { fluxKinds } from '#k8s/kinds.ts';
import { parseFluxObject } from '#k8s/parse-flux-object.ts';
import { sourceObjectOf } from '#k8s/footprint.ts';
import { gitRepository, parsed, sample, wanted } from './samples.ts';

describe('reading Flux objects', () => {
  it('takes the URL and ref of a GitRepository as they are written', () => {
    const ref = { branch: 'main', tag: 'v1', semver: '>=1', name: 'refs/heads/x', commit: wanted };
    const object = sourceObjectOf(
      parsed(gitRepository(wanted, { spec: { url: 'ssh://git@Git.Example/org/App.git', ref, suspend: true } })),
    );
    assert.deepEqual(object, {
      target: { cluster: 'prod', kind: 'GitRepository', namespace: 'apps', name: 'app' },
      url: 'ssh://git@Git.Example/org/App.git',
      ref,
      suspended: true,
      artifactRevision: `main@sha1:${wanted}`,
      paths: null,
    });
  });

  it('gives a Bucket a URL of its endpoint and name', () => {
    const bucket = sample('Bucket', { spec: { endpoint: 's3.example', bucketName: 'site' } });
    assert.equal(sourceObjectOf(parsed(bucket))?.url, 'https://s3.example/site');
  });

  it('knows no source in what is none', () => {
    for (const kind of ['HelmChart', 'ExternalArtifact', 'ArtifactGenerator', 'Kustomization', 'HelmRelease']) {
      assert.equal(sourceObjectOf(parsed(sample(kind, {}))), undefined);
    }
  });

  it('leaves out fields of a surprising type, keeps the rest and says which', () => {
    const raw = {
      metadata: { name: 'app', namespace: 'apps', generation: 'seven' },
      spec: { url: 7, ref: { branch: 'main', tag: [] }, suspend: 'yes' },
      status: { conditions: [{ type: 'Ready', status: true }, 5], artifact: { revision: `main@sha1:${wanted}` } },
    };
    const read = parseFluxObject('prod', 'GitRepository', 'x/v1', raw);
    assert.equal(read?.object.artifact?.revision, `main@sha1:${wanted}`);
    assert.deepEqual(read?.object.origin, { url: '', ref: { branch: 'main' } });
    assert.deepEqual([...new Set(read?.oddities)].sort(), [
      'metadata.generation',
      'spec.ref.tag',
      'spec.suspend',
      'spec.url',
      'status.conditions[0].status',
      'status.conditions[1]',
    ]);
  });

  it('knows whether an OCIRepository is fetched without TLS', () => {
    const originOf = (spec: object) =>
      parseFluxObject('prod', 'OCIRepository', 'source.toolkit.fluxcd.io/v1', { metadata: { name: 'pay', namespace: 'apps' }, spec })
        ?.object.origin;
    const url = 'oci://registry.example.com/pay';
    assert.deepEqual(originOf({ url, ref: { tag: 'default' }, insecure: true }), { url, ref: { tag: 'default' }, insecure: true });
    assert.deepEqual(originOf({ url, insecure: false }), { url, ref: {} });
  });

  it('finds nothing odd in what a real cluster sends', () => {
    assert.deepEqual(parseFluxObject('prod', 'GitRepository', 'x/v1', gitRepository(wanted).raw)?.oddities, []);
  });

  it('never throws, whatever it is given', () => {
    const anything = fc.object({
      key: fc.constantFrom(
        'metadata',
        'spec',
        'status',
        'name',
        'namespace',
        'url',
        'inventory',
        'entries',
        'id',
        'conditions',
        'history',
        'chart',
        'sourceRef',
        'include',
      ),
      maxDepth: 5,
    });
    fc.assert(
      fc.property(fc.constantFrom(...fluxKinds), anything, ({ kind }, value) => {
        parseFluxObject('prod', kind, 'x/v1', { metadata: { name: 'a', namespace: 'b' }, ...value });
        parseFluxObject('prod', kind, 'x/v1', value);
      }),
    );
  });

  it('reads Go durations', () => {
    for (const [text, ms] of [
      ['1m30s', 90_000],
      ['1h0m0s', 3_600_000],
      ['1.5s', 1_500],
      ['300ms', 300],
      ['1us', 0.001],
    ] as const) {
      assert.equal(parseGoDuration(text), ms, text);
    }
    for (const text of ['', '5', 'm', '5 m', '-5m', '5mx', 'x5m']) assert.equal(parseGoDuration(text), undefined, text);
  });
});
