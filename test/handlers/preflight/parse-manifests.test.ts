import assert from 'node:assert/strict';
import { parseManifests } from '#handlers/preflight/parse-manifests.ts';

const parse = (text: string) => parseManifests([{ path: 'a.yaml', text }]);
const codes = (text: string) => parse(text).findings.map(({ code, line }) => [code, line]);

describe('parseManifests', () => {
  it('reads every document of a file with the line that it begins at', () => {
    const text =
      'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: a, namespace: apps }\n---\n# why\napiVersion: v1\nkind: ConfigMap\nmetadata: { name: b }\n';
    const { manifests, findings } = parse(text);
    assert.deepEqual(findings, []);
    assert.deepEqual(
      manifests.map(({ kind, namespace, name, line }) => [kind, namespace, name, line]),
      [
        ['ConfigMap', 'apps', 'a', 1],
        ['ConfigMap', null, 'b', 6],
      ],
    );
  });

  it('takes lists apart', () => {
    const item = (name: string) => `{ apiVersion: v1, kind: ConfigMap, metadata: { name: ${name} } }`;
    const { manifests } = parse(`apiVersion: v1\nkind: ConfigMapList\nitems: [ ${item('a')}, ${item('b')} ]\n`);
    assert.deepEqual(
      manifests.map(({ name }) => name),
      ['a', 'b'],
    );
  });

  it('reads what SOPS has encrypted as it is going to be', () => {
    const { manifests } = parse(
      'apiVersion: v1\nkind: Secret\nmetadata: { name: a }\ndata: { key: "ENC[AES256_GCM,data:x]" }\nsops: { mac: x }\n',
    );
    assert.deepEqual(Object.keys(manifests[0]?.object ?? {}), ['apiVersion', 'kind', 'metadata', 'data']);
  });

  for (const text of ['', '---\n', '# nothing\n', 'apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: []\n'])
    it(`finds nothing in ${JSON.stringify(text)}`, () => {
      assert.deepEqual(parse(text), { manifests: [], findings: [] });
    });

  const wrong: readonly (readonly [text: string, code: string, line: number])[] = [
    ['apiVersion: v1\nkind: [\n', 'yaml-invalid', 3],
    ['a: 1\na: 2\n', 'yaml-invalid', 2],
    ['just text\n', 'yaml-invalid', 1],
    ['values: { a: 1 }\n', 'not-a-manifest', 1],
    ['apiVersion: v1\nkind: ConfigMap\n', 'not-a-manifest', 1],
    ['apiVersion: v1\nkind: Pod\nmetadata: { generateName: x- }\n', 'not-a-manifest', 1],
    ['apiVersion: v1\nkind: List\nitems: [ text ]\n', 'not-a-manifest', 1],
  ];
  for (const [text, code, line] of wrong)
    it(`refuses ${JSON.stringify(text)}`, () => {
      assert.deepEqual(codes(text), [[code, line]]);
    });

  it('is not led by a few aliases to millions of values', () => {
    const levels = Array.from(
      { length: 9 },
      (_, level) =>
        `l${level}: &l${level} [${
          level === 0
            ? 'x'
            : Array(9)
                .fill(`*l${level - 1}`)
                .join(',')
        }]`,
    );
    assert.deepEqual(codes(`${levels.join('\n')}\n`), [['yaml-invalid', 1]]);
  });
});
