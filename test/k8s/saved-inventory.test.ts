import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { parse, stringify } from 'yaml';
import { targetKey, type SourceObject } from '#core/target.ts';
import { fluxKinds } from '#k8s/kinds.ts';
import { savedInventory } from '#k8s/saved-inventory.ts';

const text = readFileSync(new URL('saved/objects.yaml', import.meta.url), 'utf8');
const list = parse(text) as { readonly items: readonly { readonly kind: string; readonly apiVersion: string }[] };
const read = (...texts: readonly string[]) =>
  savedInventory(
    'prod',
    texts.map((one, index) => ({ name: `file${index}.yaml`, text: one })),
  );
const keysOf = (sources: readonly SourceObject[]): readonly string[] => sources.map(({ target }) => targetKey(target)).sort();

const app = { keys: ['github.com/org/app'], caseSensitive: false };

describe('a saved inventory', () => {
  it('finds the sources of a repository under every spelling of its URL', () => {
    const { inventory, notes } = read(text);
    assert.deepEqual(keysOf(inventory.sourcesAt(app)), ['prod/GitRepository/apps/app', 'prod/GitRepository/apps/app-next']);
    assert.deepEqual(keysOf(inventory.sources()).length, 3);
    assert.deepEqual(notes, []);
  });

  it('knows what follows a source, near and far, and where that writes', () => {
    const { inventory } = read(text);
    const source = inventory.find({ cluster: 'prod', kind: 'GitRepository', namespace: 'apps', name: 'app' });
    assert.ok(source);
    const { consumers, namespaces } = inventory.footprint(source);
    assert.deepEqual(
      consumers.map(({ object }) => `${object.kind}/${object.name}`),
      ['HelmRelease/web', 'Kustomization/app'],
    );
    assert.deepEqual(namespaces, ['apps', 'shared-config']);
    assert.equal(source.artifactRevision, 'main@sha1:a45b97fc3c6e734ca2c55a9b7f9c0135d0cb696c');
  });

  it('counts as a cluster that is known', () => {
    const [health, ...others] = read(text).inventory.health();
    assert.deepEqual([health?.cluster, health?.known, health?.state, others.length], ['prod', true, 'synced', 0]);
    assert.deepEqual(
      health?.kinds.filter(({ objects }) => objects > 0).map(({ kind, objects }) => [kind, objects]),
      [
        ['GitRepository', 3],
        ['HelmChart', 1],
        ['Kustomization', 1],
        ['HelmRelease', 1],
      ],
    );
  });

  const spellings: readonly (readonly [string, readonly string[]])[] = [
    ['one List in JSON', [JSON.stringify(list)]],
    ['several YAML documents', [list.items.map((item) => stringify(item)).join('---\n')]],
    ['a file for each object', list.items.map((item) => JSON.stringify(item, null, 2))],
    [
      'a file with a List of its own for each kind',
      fluxKinds.map(({ kind }) => stringify({ ...list, items: list.items.filter((item) => item.kind === kind) })),
    ],
    [
      'lists as the API answers them, whose items do not name their kind',
      fluxKinds.map(({ kind, group, version }) => {
        const items = list.items.filter((item) => item.kind === kind).map(({ kind: _kind, apiVersion: _apiVersion, ...item }) => item);
        return JSON.stringify({ apiVersion: `${group}/${version}`, kind: `${kind}List`, items });
      }),
    ],
  ];
  for (const [what, texts] of spellings) {
    it(`reads ${what} as the same`, () => {
      const [one, other] = [read(text).inventory, read(...texts).inventory];
      assert.deepEqual(keysOf(other.sources()), keysOf(one.sources()));
      for (const source of one.sources()) assert.deepEqual(other.footprint(source), one.footprint(source));
    });
  }

  it('is the same in whatever order the objects come', () => {
    const whole = read(text).inventory;
    fc.assert(
      fc.property(fc.shuffledSubarray([...list.items], { minLength: list.items.length }), (items) => {
        const { inventory } = read(JSON.stringify({ ...list, items }));
        for (const source of whole.sources()) assert.deepEqual(inventory.footprint(source), whole.footprint(source));
      }),
      { numRuns: 30 },
    );
  });

  it('says what was left out, and what was read in part', () => {
    const odd = {
      apiVersion: 'source.toolkit.fluxcd.io/v1',
      kind: 'GitRepository',
      metadata: { name: 'odd', namespace: 'apps' },
      spec: { url: 7 },
    };
    const nameless = { ...odd, metadata: {} };
    const { notes } = read(text, stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: {} }), stringify(odd), stringify(nameless));
    assert.deepEqual(notes, [
      "left out because they are none of Flux's: 1 (ConfigMap)",
      'left out because they have no name or no namespace: 1',
      'GitRepository/odd in apps could be read in part only: spec.url',
    ]);
  });

  it('says that what follows a source is not known when no follower was saved', () => {
    const sources = list.items.filter(({ kind }) => kind === 'GitRepository');
    assert.match(
      read(JSON.stringify({ ...list, items: sources })).notes.join(),
      /what follows a source, and where that writes, is not known/,
    );
    assert.match(read('apiVersion: v1\nkind: List\nitems: []\n').notes.join(), /no Flux source object/);
  });

  const wrong: readonly (readonly [string, RegExp])[] = [
    ['a: [', /^file0\.yaml: it is neither YAML nor JSON: /],
    ['hello', /^file0\.yaml: a document in it has no apiVersion and kind$/],
    ['{ "apiVersion": "v1", "kind": "List", "items": [ 7 ] }', /^file0\.yaml: items\[0\] has no apiVersion and kind$/],
    ['a: &a [x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: [*b,*b,*b,*b,*b,*b,*b,*b,*b,*b,*b]\n', /^file0\.yaml: .*alias/i],
  ];
  for (const [given, message] of wrong) {
    it(`refuses ${JSON.stringify(given).slice(0, 40)}`, () => {
      assert.throws(() => read(given), { code: 'INVENTORY_INVALID', message });
    });
  }

  it('never fails in another way, whatever the text', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (given) => {
        try {
          read(given);
        } catch (error) {
          assert.equal((error as { code?: string }).code, 'INVENTORY_INVALID');
        }
      }),
    );
  });
});
