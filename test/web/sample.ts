import type { Story } from '#core/ports/journal.ts';
import type { Reconcile } from '#core/reconcile.ts';
import type { Delivery } from '#core/delivery.ts';
import { change, decision, delivery, targetOf } from '../conformance/journal/material.ts';

export const now = 60_000;

export function storedDelivery(n: number, more: Partial<Delivery> = {}): Delivery {
  const { body: _, headers: __, reading, ...kept } = delivery(n);
  const hint = 'hint' in reading ? reading.hint : null;
  return { ...kept, seq: n, state: 'done', reason: null, hint, attempts: 0, settledAt: 1_010, replayOf: null, ...more };
}

export function reconcileOf(target: string, more: Partial<Reconcile> = {}): Reconcile {
  return {
    id: `rec_1_${target}`,
    seq: 1,
    target: targetOf(target),
    change: 'chg_1',
    decision: `dec_1_${target}`,
    revision: null,
    force: false,
    paths: null,
    state: 'ended',
    outcome: 'applied',
    reason: null,
    message: null,
    token: null,
    asks: 1,
    consumers: [],
    steps: [
      { at: 1_003, name: 'queued', detail: 'allowed' },
      { at: 1_005, name: 'triggered', detail: 'annotated' },
      { at: 1_300, name: 'applied', detail: '' },
    ],
    receivedAt: 1_001,
    createdAt: 1_003,
    triggeredAt: 1_005,
    endedAt: 1_300,
    ...more,
  };
}

/** Applied to `web`, denied for `pay`, not matched for `next`; except for what is given. */
export function sampleStory(more: Partial<Story> = {}): Story {
  const denial = { rule: 'payments', reasons: [{ code: 'other-ref', message: 'ref refs/heads/main is none of refs/heads/prod' }] };
  return {
    change: change(1),
    delivery: storedDelivery(1),
    candidates: [{ target: targetOf('next'), reason: 'other-ref', message: 'follows refs/heads/next, the change is on refs/heads/main' }],
    decisions: [decision('dec_1_web', 'chg_1', targetOf('web')), decision('dec_1_pay', 'chg_1', targetOf('pay'), 'deny', denial)],
    reconciles: [reconcileOf('web')],
    ...more,
  };
}
