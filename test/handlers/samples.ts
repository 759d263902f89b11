import type { Change } from '#core/change.ts';
import type { Hint } from '#core/delivery.ts';
import type { Reconcile } from '#core/reconcile.ts';
import type { RefSpec, SourceObject, TargetRef } from '#core/target.ts';

export const sha = (digit: string): string => digit.repeat(40);

export const target: TargetRef = { cluster: 'prod', kind: 'GitRepository', namespace: 'apps', name: 'web' };

export function sampleSource(ref: RefSpec, more: Partial<SourceObject> = {}): SourceObject {
  return { target, url: 'https://github.com/org/app', ref, suspended: false, artifactRevision: null, paths: null, ...more };
}

export function sampleChange(more: Partial<Change> = {}): Change {
  return {
    id: 'chg_1',
    delivery: 'dlv_1',
    source: 'hub',
    repository: 'org/app',
    ref: 'refs/heads/main',
    action: 'updated',
    before: sha('a'),
    after: sha('b'),
    revision: sha('b'),
    confirmed: false,
    occurredAt: null,
    receivedAt: 1_000,
    at: 1_001,
    actors: [{ role: 'pusher', account: '7', name: 'octocat', kind: 'human' }],
    lateFor: null,
    readBack: null,
    owed: [],
    ...more,
  };
}

export function sampleHint(more: Partial<Hint> = {}): Hint {
  return {
    repository: 'org/app',
    ref: 'refs/heads/main',
    before: sha('a'),
    after: sha('b'),
    commit: sha('b'),
    action: 'updated',
    occurredAt: null,
    actors: [],
    ...more,
  };
}

export function sampleReconcile(more: Partial<Reconcile> = {}): Reconcile {
  return {
    id: 'rec_1',
    seq: 1,
    target,
    change: 'chg_1',
    decision: 'dec_1',
    revision: sha('b'),
    force: false,
    paths: null,
    state: 'observing',
    outcome: null,
    reason: null,
    message: null,
    token: 'token',
    asks: 1,
    consumers: [],
    steps: [],
    receivedAt: 1_000,
    createdAt: 1_001,
    triggeredAt: 1_002,
    endedAt: null,
    ...more,
  };
}
