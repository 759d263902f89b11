import type { Change } from '#core/change.ts';
import type { Decision } from '#core/decision.ts';
import type { Delivery } from '#core/delivery.ts';
import type { Story } from '#core/ports/journal.ts';
import type { Reconcile } from '#core/reconcile.ts';
import type { TargetRef } from '#core/target.ts';
import { toWire } from '#core/wire.ts';
import { Delivery as ShownDelivery, Story as ShownStory } from '#cli/schema.ts';

const revision = '8e1b7aa34c2100000000000000000000000000ff';
const before = '4f2c9d1b00000000000000000000000000000000';
const at = Date.UTC(2026, 0, 31, 10, 4, 11, 120);

export const webapp: TargetRef = { cluster: 'prod', kind: 'GitRepository', namespace: 'apps', name: 'webapp' };
export const podinfo: TargetRef = { cluster: 'prod', kind: 'Kustomization', namespace: 'apps', name: 'podinfo' };

const delivery: Delivery = {
  id: 'dlv_01kag3v7y2r0d4m8q1x5z9',
  seq: 7,
  source: 'hub',
  deliveryId: '72d3162e-cc78-11e3-81ab-4c9367dc0958',
  kind: 'webhook',
  event: 'push',
  receivedAt: at,
  remote: '192.0.2.7',
  state: 'done',
  reason: null,
  hint: {
    repository: 'org/app',
    ref: 'refs/heads/main',
    before,
    after: revision,
    commit: revision,
    action: 'updated',
    occurredAt: at,
    actors: [],
  },
  attempts: 0,
  replayOf: null,
  settledAt: at + 12,
};

const change: Change = {
  id: 'chg_01kag3v7y2r0d4m8q1x5z9',
  delivery: delivery.id,
  source: 'hub',
  repository: 'org/app',
  ref: 'refs/heads/main',
  action: 'updated',
  before,
  after: revision,
  revision,
  confirmed: false,
  occurredAt: at,
  receivedAt: at,
  at: at + 8,
  actors: [{ role: 'pusher', account: '42', name: 'octocat', kind: 'human' }],
  lateFor: null,
  readBack: null,
  owed: [],
};

const decision: Decision = {
  id: 'dec_01kag3v7y2r0d4m8q1x5z9',
  change: change.id,
  target: webapp,
  verdict: 'allow',
  wouldBe: null,
  enforcement: 'advisory',
  rule: 'first changes[0]',
  reasons: [{ code: 'allowed', message: 'first allows hub org/app refs/heads/main in apps' }],
  policies: [{ name: 'first', hash: 'ab'.repeat(32), verdict: 'allow' }],
  facts: {},
  lacked: [],
  at: at + 10,
};

const reconcile: Reconcile = {
  id: 'rec_01kag3v7y2r0d4m8q1x5z9',
  seq: 3,
  target: webapp,
  change: change.id,
  decision: decision.id,
  revision,
  force: false,
  paths: null,
  state: 'ended',
  outcome: 'applied',
  reason: null,
  message: null,
  token: '2026-01-31T10:04:11.132000048Z',
  asks: 1,
  consumers: [{ object: podinfo, outcome: 'applied', reason: null, message: null, revision: `main@sha1:${revision}`, at: at + 300 }],
  steps: [
    { at: at + 12, name: 'queued', detail: 'allowed' },
    { at: at + 20, name: 'triggered', detail: 'annotated' },
    { at: at + 110, name: 'artifact', detail: `the source has main@sha1:${revision}` },
    { at: at + 1_320, name: 'applied', detail: '' },
  ],
  receivedAt: at,
  createdAt: at + 12,
  triggeredAt: at + 20,
  endedAt: at + 1_320,
};

export interface StoryChanges {
  readonly delivery?: Partial<Delivery>;
  readonly change?: Partial<Change>;
  readonly decision?: Partial<Decision>;
  /** null: no reconcile came of it. */
  readonly reconcile?: Partial<Reconcile> | null;
  readonly candidates?: Story['candidates'];
  /** Neither decision nor reconcile. */
  readonly unmatched?: true;
}

/** A story in which all went well, except for what is given; it has been over the wire. */
export function sampleStory(changes: StoryChanges = {}): ShownStory {
  const story: Story = {
    delivery: { ...delivery, ...changes.delivery },
    change: { ...change, ...changes.change },
    candidates: changes.candidates ?? [],
    decisions: changes.unmatched ? [] : [{ ...decision, ...changes.decision }],
    reconciles: changes.unmatched || changes.reconcile === null ? [] : [{ ...reconcile, ...changes.reconcile }],
  };
  return ShownStory.parse(JSON.parse(JSON.stringify(toWire(story))));
}

export function sampleDelivery(changes: Partial<Delivery> = {}): ShownDelivery {
  return ShownDelivery.parse(JSON.parse(JSON.stringify(toWire({ ...delivery, ...changes }))));
}
