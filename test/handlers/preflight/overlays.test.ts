import assert from 'node:assert/strict';
import { overlaysIn } from '#handlers/preflight/overlays.ts';

const file = (path: string, text = '') => ({ path, text });
const paths = (files: readonly { readonly path: string }[]) => files.map(({ path }) => path);

describe('overlaysIn', () => {
  it('builds what no other kustomization refers to, and takes the rest as it is', () => {
    const { roots, plain, resources, findings } = overlaysIn([
      file('base/kustomization.yaml', 'resources: [ web.yaml ]'),
      file('base/web.yaml'),
      file('base/patch.yaml'),
      file('prod/kustomization.yml', 'resources: [ ../base ]\npatches: [ { path: patch.yaml } ]'),
      file('prod/patch.yaml'),
      file('other/a.yaml'),
    ]);
    assert.deepEqual([roots, paths(plain), paths(resources), findings], [['prod'], ['other/a.yaml'], ['base/web.yaml'], []]);
  });

  it('takes the root for a directory', () => {
    assert.deepEqual(overlaysIn([file('Kustomization', 'resources: [ ./a.yaml ]'), file('a.yaml')]).roots, ['']);
  });

  const remote: readonly string[] = [
    'resources: [ https://example.com/base.yaml ]',
    'resources: [ github.com/org/repo//base?ref=v1 ]',
    'bases: [ "git@example.com:org/repo.git" ]',
    'components: [ ssh://git@example.com/org/repo ]',
    'resources: [ example.io/org/repo ]',
    'patches: [ { path: http://127.0.0.1:8080/patch.yaml } ]',
    'configMapGenerator: [ { name: a, files: [ "key=http://169.254.169.254/latest" ] } ]',
    'openapi: { path: https://example.com/schema.json }',
  ];
  for (const text of remote)
    it(`refuses what would be fetched: ${text}`, () => {
      assert.deepEqual(
        overlaysIn([file('kustomization.yaml', text)]).findings.map(({ code, severity }) => [code, severity]),
        [['remote-base', 'error']],
      );
    });

  const local: readonly string[] = [
    'resources: [ ../base, a.yaml, dir.d/b.yaml ]',
    'configMapGenerator: [ { name: a, literals: [ "URL=https://example.com" ] } ]',
    'patches: [ { patch: "{ url: https://example.com }" } ]',
    'commonAnnotations: { docs: https://example.com }',
    'images: [ { name: web, newName: registry.example.com/web } ]',
  ];
  for (const text of local)
    it(`refuses nothing in ${text}`, () => {
      assert.deepEqual(overlaysIn([file('kustomization.yaml', text)]).findings, []);
    });

  it('leaves what it cannot read to kustomize', () => {
    assert.deepEqual(overlaysIn([file('a/kustomization.yaml', 'resources: [')]).roots, ['a']);
  });
});
