import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { helmIgnore } from '#adapters/oci/chart/helm-ignore.ts';
import { pathPattern } from '#adapters/oci/chart/match-path.ts';
import { archiveOf, bytesOf, contentOf, packedFrom, type TestEntry, unpacked } from './archives.ts';

const chart: readonly TestEntry[] = [
  { name: 'charts/pay/Chart.yaml', text: 'apiVersion: v2\nname: pay\nversion: 1.2.3\nappVersion: 7\nsomething: else\n' },
  { name: 'charts/pay/values.yaml', text: 'replicas: 1\n' },
  { name: 'charts/pay/templates/deployment.yaml', text: 'kind: Deployment\n' },
  { name: 'charts/pay/templates/.swp', text: 'an editor left this' },
];

describe('packing a Helm chart', () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'headgate-chart-'));
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  async function packed(entries: readonly TestEntry[], tag = 'default') {
    const publication = { path: 'charts/pay', content: 'chart', tag } as const;
    await using artifact = await packedFrom(publication, contentOf(archiveOf(entries)), directory);
    const [config, layer] = artifact.blobs;
    assert.ok(config && layer);
    const files = await unpacked(await bytesOf(layer));
    return {
      manifest: JSON.parse(artifact.manifest.bytes.toString()),
      config: JSON.parse((await bytesOf(config)).toString()),
      names: files.map(({ header }) => header.name),
    };
  }

  it('lays it out below its name, and makes what `helm push` makes', async () => {
    const { manifest, config, names } = await packed(chart);
    assert.deepEqual(names, ['pay/Chart.yaml', 'pay/templates/deployment.yaml', 'pay/values.yaml']);
    assert.equal(manifest.config.mediaType, 'application/vnd.cncf.helm.config.v1+json');
    assert.deepEqual(
      manifest.layers.map((layer: { mediaType: string }) => layer.mediaType),
      ['application/vnd.cncf.helm.chart.content.v1.tar+gzip'],
    );
    assert.deepEqual(config, { name: 'pay', version: '1.2.3', apiVersion: 'v2', appVersion: '7' });
    assert.equal(manifest.annotations['org.opencontainers.image.title'], 'pay');
    assert.equal(manifest.annotations['org.opencontainers.image.version'], '1.2.3');
  });

  it('leaves out what .helmignore says', async () => {
    const more = [
      { name: 'charts/pay/.helmignore', text: '# notes\n*.md\n/ci/\n' },
      { name: 'charts/pay/README.md' },
      { name: 'charts/pay/ci/x/values.yaml' },
    ];
    const { names } = await packed([...chart, ...more]);
    assert.deepEqual(names, ['pay/.helmignore', 'pay/Chart.yaml', 'pay/templates/deployment.yaml', 'pay/values.yaml']);
  });

  const refused: Readonly<Record<string, readonly [TestEntry[], RegExp]>> = {
    'no Chart.yaml': [[{ name: 'charts/pay/values.yaml' }], /no Chart\.yaml/],
    'a Chart.yaml that is no mapping': [[{ name: 'charts/pay/Chart.yaml', text: '- 1' }], /Chart\.yaml/],
    'a Chart.yaml without a name': [[{ name: 'charts/pay/Chart.yaml', text: 'apiVersion: v2\nversion: 1.0.0' }], /name/],
    'a name that leads elsewhere': [[{ name: 'charts/pay/Chart.yaml', text: 'apiVersion: v2\nversion: 1.0.0\nname: ../x' }], /name/],
    'a version that is none': [[{ name: 'charts/pay/Chart.yaml', text: 'apiVersion: v2\nversion: one\nname: x' }], /version/],
    'YAML that is none': [[{ name: 'charts/pay/Chart.yaml', text: 'a: [' }], /Chart\.yaml/],
    'a dependency that is not there': [
      [{ name: 'charts/pay/Chart.yaml', text: 'apiVersion: v2\nversion: 1.0.0\nname: x\ndependencies: [{ name: db, version: 1.x.x }]' }],
      /depends on db/,
    ],
    'a rule with **': [[...chart, { name: 'charts/pay/.helmignore', text: 'a/**' }], /\*\*/],
    'a rule that is malformed': [[...chart, { name: 'charts/pay/.helmignore', text: '[a' }], /syntax error/],
    'a .helmignore that leaves Chart.yaml out': [[...chart, { name: 'charts/pay/.helmignore', text: '*.yaml' }], /leaves Chart\.yaml out/],
  };
  for (const [what, [entries, message]] of Object.entries(refused)) {
    it(`refuses ${what}`, () => assert.rejects(packed(entries), { code: 'CONTENT_REFUSED', message }));
  }

  it('takes dependencies as directories and as archives', async () => {
    const yaml = 'apiVersion: v2\nversion: 1.0.0\nname: x\ndependencies: [{ name: db }, { name: cache }]';
    const entries = [
      { name: 'charts/pay/Chart.yaml', text: yaml },
      { name: 'charts/pay/charts/db/Chart.yaml' },
      { name: 'charts/pay/charts/cache-1.0.0.tgz' },
    ];
    assert.equal((await packed(entries)).names.length, 3);
  });

  it('refuses a tag that reads as another version, which Flux would refuse later', async () => {
    for (const tag of ['1.2.3', 'v1.2.3', 'default', 'prod-1']) await packed(chart, tag);
    for (const tag of ['1.2.4', 'v1', '2', '1.2.3-rc.1']) await assert.rejects(packed(chart, tag), { code: 'CONTENT_REFUSED' }, tag);
  });
});

describe('patterns of .helmignore', () => {
  // What path/filepath's own match_test.go tells.
  const cases: readonly (readonly [pattern: string, path: string, matches: boolean])[] = [
    ['abc', 'abc', true],
    ['*', 'abc', true],
    ['*c', 'abc', true],
    ['a*', 'a', true],
    ['a*', 'ab/c', false],
    ['a*/b', 'abc/b', true],
    ['a*/b', 'a/c/b', false],
    ['a*b*c*d*e*/f', 'axbxcxdxe/f', true],
    ['a*b*c*d*e*/f', 'axbxcxdxexxx/f', true],
    ['a*b*c*d*e*/f', 'axbxcxdxe/xxx/f', false],
    ['a*b?c*x', 'abxbbxdbxebxczzx', true],
    ['a*b?c*x', 'abxbbxdbxebxczzy', false],
    ['ab[c]', 'abc', true],
    ['ab[b-d]', 'abc', true],
    ['ab[e-g]', 'abc', false],
    ['ab[^c]', 'abc', false],
    ['ab[^e-g]', 'abc', true],
    ['a\\*b', 'a*b', true],
    ['a\\*b', 'ab', false],
    ['a?b', 'a☺b', true],
    ['a[^a]b', 'a☺b', true],
    ['a???b', 'a☺b', false],
    ['[a-ζ]*', 'α', true],
    ['*[a-ζ]', 'A', false],
    ['a?b', 'a/b', false],
    ['a*b', 'a/b', false],
    ['[\\]a]', ']', true],
    ['[\\-x]', 'x', true],
    ['[x\\-]', 'z', false],
    ['*x', 'xxx', true],
  ];
  for (const [pattern, path, matches] of cases)
    it(`${JSON.stringify(pattern)} ${matches ? 'matches' : 'does not match'} ${path}`, () =>
      assert.equal(pathPattern(pattern)(path), matches));

  for (const pattern of ['[]a]', '[-]', '[x-]', '[-x]', '[a-b-c]', '[', '[^', '[^bc', 'a[', 'a\\'])
    it(`${JSON.stringify(pattern)} is malformed`, () => assert.throws(() => pathPattern(pattern), /syntax error/));

  it('answers patterns that invite to try everything', () => {
    assert.equal(pathPattern(`${'*a'.repeat(100)}b`)('a'.repeat(4000)), false);
  });

  it('lets a rule that begins with ! leave out what it does not match, as Helm does', () => {
    const left = helmIgnore('!*.yaml\n');
    assert.equal(left('Chart.yaml'), false);
    assert.equal(left('README.md'), true);
  });

  it('takes what lies below a directory out with it', () => {
    const left = helmIgnore('\u{feff}docs/\nsrc/*.txt\n');
    assert.deepEqual(['docs/a', 'docs/b/c', 'x/docs/a', 'docs', 'src/a.txt', 'src/b/a.txt'].map(left), [
      true,
      true,
      true,
      false,
      true,
      false,
    ]);
  });
});
