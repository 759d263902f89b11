import assert from 'node:assert/strict';
import { targetKey, type TargetRef } from '#core/target.ts';
import { ObjectStore } from '#k8s/object-store.ts';
import { before, gitRepository, helmChart, helmRelease, kustomization, parsed, type Sample, sample, storeOf, wanted } from './samples.ts';

const keys = (list: readonly { readonly target: TargetRef }[]): readonly string[] => list.map(({ target }) => targetKey(target)).sort();
const at = (url: string, name: string): Sample => gitRepository(wanted, { name, spec: { url } });
const app = 'prod/GitRepository/apps/app';

describe('the object store', () => {
  describe('finds sources by repository', () => {
    const store = storeOf([
      at('https://git.example/Org/App', 'https'),
      at('ssh://git@git.example/Org/App.git', 'ssh'),
      at('git@git.example:org/app', 'scp'),
      at('https://git.example/org/other', 'other'),
      at('https://git.example:8443/org/app', 'port'),
      at('not a url', 'odd'),
    ]);

    it('whatever the spelling of their URL', () => {
      assert.deepEqual(keys(store.at({ keys: ['git.example/org/app'], caseSensitive: false })), [
        'prod/GitRepository/apps/https',
        'prod/GitRepository/apps/scp',
        'prod/GitRepository/apps/ssh',
      ]);
    });

    it('by exact case where the source tells repositories apart by it', () => {
      assert.deepEqual(keys(store.at({ keys: ['git.example/org/app'], caseSensitive: true })), ['prod/GitRepository/apps/scp']);
    });

    it('each once, under several keys', () => {
      const found = store.at({ keys: ['git.example/org/app', 'git.example/Org/App', 'git.example:8443/org/app'], caseSensitive: false });
      assert.equal(found.length, 4);
    });

    it('and by their new URL only once they have been re-pointed', () => {
      const moved = storeOf([at('https://git.example/org/old', 'x'), at('https://git.example/org/new', 'x')]);
      assert.deepEqual(moved.at({ keys: ['git.example/org/old'], caseSensitive: false }), []);
      assert.equal(moved.at({ keys: ['git.example/org/new'], caseSensitive: false }).length, 1);
      moved.upsert(parsed(at('no url at all', 'x')));
      assert.deepEqual(moved.at({ keys: ['git.example/org/new'], caseSensitive: false }), []);
    });
  });

  describe('knows what follows a source', () => {
    it('directly, in another namespace, and through a chart that does not exist yet', () => {
      const store = storeOf([
        gitRepository(wanted),
        kustomization(wanted),
        kustomization(wanted, {
          name: 'far',
          namespace: 'team',
          spec: { sourceRef: { kind: 'GitRepository', name: 'app', namespace: 'apps' } },
        }),
        kustomization(wanted, { name: 'stranger', namespace: 'team' }),
        helmRelease('1', { status: { helmChart: undefined } }),
      ]);
      assert.deepEqual(keys(store.downstream(app)), [
        'prod/HelmRelease/apps/web',
        'prod/Kustomization/apps/app',
        'prod/Kustomization/team/far',
      ]);
    });

    it('through charts, generated artifacts and including repositories', () => {
      const store = storeOf([
        gitRepository(wanted),
        helmChart(wanted, '1', { name: 'named' }),
        helmRelease('1', { spec: { chart: undefined, chartRef: { kind: 'HelmChart', name: 'named' } }, status: { helmChart: undefined } }),
        sample('ArtifactGenerator', {
          name: 'gen',
          spec: { sources: [{ kind: 'GitRepository', name: 'app', alias: 'a' }] },
          status: { inventory: [{ kind: 'ExternalArtifact', name: 'part', namespace: 'apps' }] },
        }),
        sample('ExternalArtifact', { name: 'part' }),
        kustomization(wanted, { name: 'of-part', spec: { sourceRef: { kind: 'ExternalArtifact', name: 'part' } } }),
        gitRepository(wanted, { name: 'outer', spec: { include: [{ repository: { name: 'app' } }] } }),
        kustomization(wanted, { name: 'of-outer', spec: { sourceRef: { kind: 'GitRepository', name: 'outer' } } }),
      ]);
      assert.deepEqual(keys(store.downstream(app)), [
        'prod/ArtifactGenerator/apps/gen',
        'prod/ExternalArtifact/apps/part',
        'prod/GitRepository/apps/outer',
        'prod/HelmChart/apps/named',
        'prod/HelmRelease/apps/web',
        'prod/Kustomization/apps/of-outer',
        'prod/Kustomization/apps/of-part',
      ]);
    });

    it('and comes to an end where repositories include each other', () => {
      const store = storeOf([
        gitRepository(wanted, { name: 'app', spec: { include: [{ repository: { name: 'b' } }] } }),
        gitRepository(wanted, { name: 'b', spec: { include: [{ repository: { name: 'app' } }, { repository: { name: 'b' } }] } }),
        kustomization(wanted),
      ]);
      assert.deepEqual(keys(store.downstream(app)), ['prod/GitRepository/apps/b', 'prod/Kustomization/apps/app']);
      assert.deepEqual(keys(store.downstream('prod/GitRepository/apps/b')), [app, 'prod/Kustomization/apps/app']);
    });

    it('in its own cluster only', () => {
      const store = storeOf([gitRepository(wanted)]);
      store.upsert(parsed(kustomization(wanted), 'other'));
      assert.deepEqual(store.downstream(app), []);
    });

    it('as long as one end says so', () => {
      const generator = sample('ArtifactGenerator', {
        name: 'gen',
        status: { inventory: [{ name: 'part', namespace: 'apps' }] },
      });
      const part = sample('ExternalArtifact', { name: 'part', spec: { sourceRef: { kind: 'ArtifactGenerator', name: 'gen' } } });
      const store = storeOf([generator, part]);
      const key = 'prod/ArtifactGenerator/apps/gen';
      store.upsert(parsed(sample('ArtifactGenerator', { name: 'gen' })));
      assert.equal(store.downstream(key).length, 1);
      store.upsert(parsed(sample('ExternalArtifact', { name: 'part' })));
      assert.equal(store.downstream(key).length, 0);
    });
  });

  describe('announces the sources that a change concerns', () => {
    let announced: string[];
    let store: ObjectStore;
    beforeEach(() => {
      announced = [];
      store = new ObjectStore((source) => void announced.push(targetKey(source)));
      for (const entry of [
        gitRepository(wanted),
        gitRepository(wanted, { name: 'two' }),
        helmChart(wanted, '1'),
        helmRelease('1'),
        kustomization(wanted),
      ]) {
        store.upsert(parsed(entry));
      }
      announced.length = 0;
    });

    it('when the source changes, or something near or far downstream of it', () => {
      store.upsert(parsed(gitRepository(before)));
      store.upsert(parsed(kustomization(before)));
      store.upsert(parsed(helmRelease('2')));
      assert.deepEqual(announced, [app, app, app]);
    });

    it('not when a version that is known already is delivered again, or an older one late', () => {
      const older = parsed(kustomization(before));
      const newer = parsed(kustomization(wanted));
      store.upsert(newer);
      store.upsert(newer);
      store.upsert(older);
      assert.deepEqual(announced, [app]);
      assert.equal(store.get('prod/Kustomization/apps/app')?.progress.applied, `main@sha1:${wanted}`);
    });

    it('both of them when a consumer is pointed from one to the other', () => {
      store.upsert(parsed(kustomization(wanted, { spec: { sourceRef: { kind: 'GitRepository', name: 'two' } } })));
      assert.deepEqual(announced.sort(), [app, 'prod/GitRepository/apps/two']);
      assert.deepEqual(keys(store.downstream('prod/GitRepository/apps/two')), ['prod/Kustomization/apps/app']);
      announced.length = 0;
      store.upsert(parsed(kustomization(before, { spec: { sourceRef: { kind: 'GitRepository', name: 'two' } } })));
      assert.deepEqual(announced, ['prod/GitRepository/apps/two'], 'the first no longer');
    });

    it('when a consumer or the source itself is deleted', () => {
      store.remove({ cluster: 'prod', kind: 'Kustomization', namespace: 'apps', name: 'app' });
      store.remove({ cluster: 'prod', kind: 'GitRepository', namespace: 'apps', name: 'app' });
      store.remove({ cluster: 'prod', kind: 'GitRepository', namespace: 'apps', name: 'app' });
      assert.deepEqual(announced, [app, app]);
      assert.deepEqual(store.at({ keys: ['git.example/org/app'], caseSensitive: false }).length, 1);
    });

    it('once, and only what differs, when a kind is listed again', () => {
      const kept = parsed(kustomization(wanted, { name: 'kept', spec: { sourceRef: { kind: 'GitRepository', name: 'two' } } }));
      store.upsert(kept);
      announced.length = 0;
      store.replace('prod', 'Kustomization', [kept, parsed(kustomization(before, { name: 'fresh' }))]);
      assert.deepEqual(announced, [app], 'app left and fresh came, both of one source');
      assert.equal(store.count('prod', 'Kustomization'), 2);
      assert.deepEqual(keys(store.downstream(app)), [
        'prod/HelmChart/apps/apps-web',
        'prod/HelmRelease/apps/web',
        'prod/Kustomization/apps/fresh',
      ]);
    });

    it('takes an older version from a list: a restored server counts again from an earlier number', () => {
      const older = parsed(kustomization(before));
      store.upsert(parsed(kustomization(wanted)));
      store.replace('prod', 'Kustomization', [older]);
      assert.equal(store.get('prod/Kustomization/apps/app')?.progress.applied, `main@sha1:${before}`);
    });
  });

  it('remembers the order of the tokens of an object, and forgets them when it is made anew', () => {
    const store = storeOf(['one', 'one', 'two', 'three'].map((requestedAt) => gitRepository(wanted, { requestedAt })));
    assert.deepEqual(store.get(app)?.tokens, ['one', 'two', 'three']);
    store.upsert(parsed(gitRepository(wanted, { requestedAt: 'new', meta: { uid: 'another' } })));
    assert.deepEqual(store.get(app)?.tokens, ['new']);
  });
});
