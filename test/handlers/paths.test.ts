import assert from 'node:assert/strict';
import { compileGlob } from '#core/glob.ts';
import { systemClock } from '#core/clock.ts';
import { FakeReadBack } from '#core/ports/fake-read-back.ts';
import type { RangeFacts } from '#core/ports/read-back.ts';
import type { Consumer, SourceObject } from '#core/target.ts';
import { declaredPaths, judgePaths } from '#handlers/paths.ts';
import { Flow } from './flow.ts';
import { sampleHint, sampleSource, sha } from './samples.ts';

const [a, b] = [sha('a'), sha('b')];

function consumer(paths: readonly string[] | null, more: Partial<Consumer> = {}): Consumer {
  const object = { cluster: 'prod', kind: 'Kustomization', namespace: 'apps', name: 'web' };
  return { object, suspended: false, namespaces: ['apps'], unbounded: false, remote: false, paths, ...more };
}

const footprint = (source: SourceObject, consumers: readonly Consumer[]) => ({ source, consumers, namespaces: ['apps'], unbounded: [] });
const range = (files: readonly string[], lacked: RangeFacts['lacked'] = []): RangeFacts => {
  return {
    base: a,
    head: b,
    commits: [],
    commitCount: 1,
    files,
    pulls: [],
    checks: [],
    course: null,
    owners: null,
    question: null,
    lacked,
  };
};

describe('paths that a target declares', () => {
  const bare = sampleSource({ branch: 'main' });

  it('are the source object’s own when it has any', () => {
    assert.deepEqual(declaredPaths(footprint({ ...bare, paths: ['apps/**'] }, [consumer(null)])), ['apps/**']);
  });

  it('are those of all consumers together, because one artifact moves them all', () => {
    const consumers = [consumer(['web/**']), consumer(['api/**', 'web/**'])];
    assert.deepEqual(declaredPaths(footprint(bare, consumers)), ['web/**', 'api/**']);
  });

  it('do not count when one consumer declares none, or nothing follows the source', () => {
    assert.equal(declaredPaths(footprint(bare, [consumer(['web/**']), consumer(null)])), null);
    assert.equal(declaredPaths(footprint(bare, [])), null);
  });

  it('are those of what is published where nothing declares any, whatever its name is', () => {
    assert.deepEqual(declaredPaths(footprint(bare, []), { path: 'apps/pay' }), ['apps/pay/**']);
    assert.deepEqual(declaredPaths(footprint(bare, [consumer(['web/**'])]), { path: 'apps/pay' }), ['web/**']);
    assert.equal(declaredPaths(footprint(bare, []), { path: '' }), null);
    const [odd = ''] = declaredPaths(footprint(bare, []), { path: 'a[b]*{c}\\d!' }) ?? [];
    assert.ok(compileGlob(odd).matches('a[b]*{c}\\d!/file') && !compileGlob(odd).matches('abX{c}d!/file'));
  });

  it('do not count those of suspended consumers', () => {
    assert.deepEqual(declaredPaths(footprint(bare, [consumer(['web/**']), consumer(null, { suspended: true })])), ['web/**']);
  });

  it('say which changed path was declared, or that none was', () => {
    assert.equal(judgePaths(['web/**'], range(['README.md', 'web/x.yaml']))?.changed, 'web/x.yaml');
    assert.deepEqual(judgePaths(['web/**'], range(['README.md'])), { declared: ['web/**'], base: a, files: 1, changed: null });
  });

  it('cannot be judged when the list of files is not complete or a pattern is none', () => {
    assert.equal(judgePaths(['web/**'], range([], ['files'])), null);
    assert.equal(judgePaths(['[z-a'], range(['README.md'])), null);
  });
});

describe('a change that touches nothing declared', () => {
  let flow: Flow;
  const readBack = new FakeReadBack();
  beforeEach(async () => {
    flow = await Flow.open(systemClock, readBack);
    readBack.move('org/app', 'refs/heads/main', [a, b]);
    flow.clusters.put(sampleSource({ branch: 'main' }, { artifactRevision: `main@sha1:${a}`, paths: ['web/**'] }));
  });
  afterEach(() => flow.close());

  it('is decided, and its reconcile knows that there is nothing to trigger', async () => {
    readBack.files.set(`${a}..${b}`, ['README.md']);
    const { reconciles } = await flow.settle(sampleHint());
    assert.deepEqual(reconciles[0]?.paths, { declared: ['web/**'], base: a, files: 1, changed: null });
  });

  it('moves the target all the same when the files are not known', async () => {
    readBack.lacked = ['files'];
    const { reconciles } = await flow.settle(sampleHint());
    assert.equal(reconciles[0]?.paths, null);
    readBack.lacked = [];
  });
});
