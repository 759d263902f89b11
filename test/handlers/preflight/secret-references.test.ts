import assert from 'node:assert/strict';
import { parseManifests } from '#handlers/preflight/parse-manifests.ts';
import { secretReferences } from '#handlers/preflight/secret-references.ts';

const pod = (spec: object) => ({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'web', namespace: 'apps' }, spec });

function namesIn(...objects: readonly object[]): readonly string[] {
  const { manifests } = parseManifests([{ path: 'a.yaml', text: objects.map((object) => JSON.stringify(object)).join('\n---\n') }]);
  return secretReferences(manifests).map(({ name }) => name);
}

describe('secretReferences', () => {
  const named: readonly (readonly [what: string, spec: object])[] = [
    ['a variable', { containers: [{ env: [{ name: 'A', valueFrom: { secretKeyRef: { name: 's', key: 'k' } } }] }] }],
    ['the environment', { containers: [{ envFrom: [{ secretRef: { name: 's' } }] }] }],
    ['a volume', { volumes: [{ name: 'v', secret: { secretName: 's' } }] }],
    ['the pull of an image', { imagePullSecrets: [{ name: 's' }] }],
    ['any other field called secretRef', { secretRef: { name: 's' } }],
  ];
  for (const [what, spec] of named)
    it(`finds the Secret of ${what}`, () => {
      assert.deepEqual(namesIn(pod(spec)), ['s']);
    });

  it('does not ask for what is optional, of another namespace or not substituted yet', () => {
    assert.deepEqual(namesIn(pod({ envFrom: [{ secretRef: { name: 's', optional: true } }] })), []);
    assert.deepEqual(namesIn(pod({ secretRef: { name: 's', namespace: 'other' } })), []);
    assert.deepEqual(namesIn(pod({ imagePullSecrets: [{ name: '${REGISTRY}' }] })), []);
  });

  const meta = (name: string, namespace = 'apps') => ({ metadata: { name, namespace } });
  for (const bringer of [
    { apiVersion: 'v1', kind: 'Secret', ...meta('s') },
    { apiVersion: 'bitnami.com/v1alpha1', kind: 'SealedSecret', ...meta('s') },
    { apiVersion: 'external-secrets.io/v1', kind: 'ExternalSecret', ...meta('s') },
    { apiVersion: 'external-secrets.io/v1', kind: 'ExternalSecret', ...meta('x'), spec: { target: { name: 's' } } },
    { apiVersion: 'cert-manager.io/v1', kind: 'Certificate', ...meta('x'), spec: { secretName: 's' } },
  ])
    it(`takes a ${bringer.kind} for one that brings it`, () => {
      assert.deepEqual(namesIn(pod({ imagePullSecrets: [{ name: 's' }] }), bringer), []);
    });

  it('does not take one of another namespace for it', () => {
    assert.deepEqual(namesIn(pod({ imagePullSecrets: [{ name: 's' }] }), { apiVersion: 'v1', kind: 'Secret', ...meta('s', 'other') }), [
      's',
    ]);
  });

  it('names each pair once', () => {
    assert.deepEqual(namesIn(pod({ imagePullSecrets: [{ name: 's' }], secretRef: { name: 's' } })), ['s']);
  });
});
