import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import type { Attempt } from '#core/ports/clusters.ts';
import { ObjectStore } from '#k8s/object-store.ts';
import { StoreObserver } from '#k8s/observer.ts';
import { parsed, target, told } from './samples.ts';

interface Line {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly kind: string;
  readonly object: {
    metadata: { name: string; annotations?: Record<string, string> };
    spec?: unknown;
    status: { artifact?: { revision: string }; lastHandledReconcileAt?: string };
  };
}

/** A capture of what Kubernetes 1.36 with Flux 2.9 sent; a spec is written where it differs from the object's last one. */
function capture(name: string): readonly Line[] {
  const text = readFileSync(new URL(`captures/${name}.ndjson`, import.meta.url), 'utf8');
  const specs = new Map<string, unknown>();
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Line)
    .map((line) => {
      const key = `${line.kind}/${line.object.metadata.name}`;
      specs.set(key, line.object.spec ?? specs.get(key));
      return { ...line, object: { ...line.object, spec: specs.get(key) } };
    });
}

/** The values that the source's annotation took while it was captured, in order. */
function tokens(lines: readonly Line[]): readonly string[] {
  const values = lines.flatMap(({ kind, object }) =>
    kind === 'GitRepository' ? (object.metadata.annotations?.['reconcile.fluxcd.io/requestedAt'] ?? []) : [],
  );
  return [...new Set(values)];
}

function lastRevision(lines: readonly Line[]): string {
  const revision = lines.findLast(({ kind }) => kind === 'GitRepository')?.object.status.artifact?.revision ?? '';
  return revision.slice(revision.lastIndexOf(':') + 1);
}

/** Every different thing that was told after our token had been written. */
function replay(
  lines: readonly Line[],
  attempt: Attempt,
): { overall: readonly string[]; consumers: ReadonlyMap<string, readonly string[]> } {
  const store = new ObjectStore(() => {});
  const observer = new StoreObserver(store, () => true);
  const overall: string[] = [];
  const consumers = new Map<string, string[]>();
  let written = attempt.token === null;
  for (const { type, kind, object } of lines) {
    const read = parsed({ kind, raw: object }, target.cluster);
    if (type === 'DELETED') store.remove(read.target);
    else store.upsert(read);
    written ||= object.metadata.annotations?.['reconcile.fluxcd.io/requestedAt'] === attempt.token;
    if (!written) continue;
    const seen = observer.observe(target, attempt);
    note(overall, told(seen));
    for (const consumer of seen.consumers) {
      const told1 = consumers.get(consumer.object.kind) ?? [];
      consumers.set(consumer.object.kind, told1);
      note(told1, told(consumer));
    }
  }
  return { overall: settled(overall), consumers: new Map([...consumers].map(([kind, told2]) => [kind, settled(told2)])) };
}

function note(list: string[], value: string): void {
  if (list.at(-1) !== value) list.push(value);
}

/** Leaves out what was said while nothing was known yet. */
function settled(list: readonly string[]): readonly string[] {
  const kept: string[] = [];
  for (const value of list) if (!value.startsWith('waiting')) note(kept, value);
  return kept;
}

function play(name: string, overrides: Partial<Attempt> = {}): ReturnType<typeof replay> {
  const lines = capture(name);
  return replay(lines, { revision: lastRevision(lines), token: tokens(lines).at(-1) ?? null, newer: [], ...overrides });
}

describe('outcomes over captures of a real cluster', () => {
  it('never says anything but applied while a chart and manifests of a new revision are rolled out in two-step writes', () => {
    const { overall, consumers } = play('chart-bump');
    assert.deepEqual(overall, ['applied']);
    assert.deepEqual(Object.fromEntries(consumers), { HelmRelease: ['applied'], Kustomization: ['applied'] });
  });

  it('sees a fetch failure of this revision though lastAttemptedRevision still names the one before', () => {
    const { overall, consumers } = play('path-missing');
    assert.deepEqual(overall, ['failed/ArtifactFailed']);
    assert.deepEqual(consumers.get('Kustomization'), ['failed/ArtifactFailed']);
    assert.deepEqual(consumers.get('HelmRelease'), ['skipped/chart-unchanged']);
  });

  it('calls a suspended source skipped although it echoes the token and stays Ready', () => {
    const lines = capture('suspended-source');
    const last = lines.findLast(({ kind }) => kind === 'GitRepository');
    assert.equal(last?.object.status.lastHandledReconcileAt, tokens(lines).at(-1));
    const { overall } = play('suspended-source', { revision: 'd'.repeat(40) });
    assert.deepEqual(overall, ['skipped/suspended']);
  });

  it('lets one suspended consumer be skipped while the other decides', () => {
    const { overall, consumers } = play('suspended-one');
    assert.deepEqual(overall, ['applied']);
    assert.deepEqual(consumers.get('Kustomization'), ['skipped/suspended']);
    assert.deepEqual(consumers.get('HelmRelease'), ['applied']);
  });

  it('brings every token of a burst to its end though a few of them are echoed only', () => {
    const lines = capture('burst');
    const all = tokens(lines).slice(1); // the first is from before
    assert.ok(all.length > 10);
    for (const token of all) {
      assert.deepEqual(replay(lines, { revision: lastRevision(lines), token, newer: [] }).overall, ['applied'], token);
      assert.deepEqual(replay(lines, { revision: null, token, newer: [] }).overall, ['applied'], `head for ${token}`);
    }
  });

  it('takes the echo of a foreign token that was written over ours as an answer to ours', () => {
    const lines = capture('foreign-token');
    const [ours, foreign] = tokens(lines).slice(-2);
    assert.equal(foreign, 'by-hand');
    const observer = storeAfter(lines);
    const seen = observer.observe(target, { revision: 'd'.repeat(40), token: ours ?? null, newer: [] });
    assert.equal(seen.lagging, true);
    const superseded = observer.observe(target, { revision: 'd'.repeat(40), token: ours ?? null, newer: [lastRevision(lines)] });
    assert.equal(told(superseded), 'superseded/newer-revision');
  });

  it('fails with the words of the source while its consumers stay Ready at the revision before', () => {
    const { overall, consumers } = play('failing-source', {
      revision: 'd'.repeat(40),
      token: tokens(capture('failing-source')).at(-2) ?? null,
    });
    assert.deepEqual(overall, ['failed/GitOperationFailed']);
    assert.deepEqual(consumers.get('Kustomization'), []);
  });

  it('does not take the failure of an earlier request for the answer to the next one', () => {
    const lines = capture('failing-source');
    const answered = lines.length - 1; // the last line is the echo of the second token
    const attempt = { revision: 'd'.repeat(40), token: tokens(lines).at(-1) ?? null, newer: [] };
    assert.equal(told(storeAfter(lines.slice(0, answered)).observe(target, attempt)), 'waiting/source-not-asked');
    assert.equal(told(storeAfter(lines).observe(target, attempt)), 'failed/GitOperationFailed');
  });

  it('waits for a dependency and says which', () => {
    const lines = capture('dependency').slice(0, -8);
    const seen = storeAfter(lines).observe(target, { revision: lastRevision(lines), token: tokens(lines).at(-1) ?? null, newer: [] });
    assert.equal(told(seen), 'waiting/DependencyNotReady');
    assert.match(seen.message ?? '', /dependency 'apps\/missing' not found/);
    assert.deepEqual(play('dependency').overall, ['applied']);
  });

  it('sees a failed Helm upgrade though helm-controller keeps saying Progressing', () => {
    const { overall, consumers } = play('helm-upgrade-fails');
    assert.deepEqual([...new Set(overall)], ['failed/UpgradeFailed']);
    assert.deepEqual([...new Set(consumers.get('HelmRelease'))], ['failed/UpgradeFailed']);
    assert.deepEqual(consumers.get('Kustomization'), ['applied']);
  });

  it('reports a chart that cannot be built in the words of the HelmChart', () => {
    const { overall } = play('helm-chart-broken');
    assert.deepEqual(overall, ['stalled/InvalidChartReference']);
  });
});

function storeAfter(lines: readonly Line[]): StoreObserver {
  const store = new ObjectStore(() => {});
  for (const { kind, object } of lines) store.upsert(parsed({ kind, raw: object }, target.cluster));
  return new StoreObserver(store, () => true);
}
