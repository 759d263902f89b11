import type { Decision } from '#core/decision.ts';
import type { Delivery } from '#core/delivery.ts';
import type { Story } from '#core/ports/journal.ts';
import { sampleChange, sampleHint, target } from '../../handlers/samples.ts';

/** Allowed, for the sample target. */
export function sampleDecision(more: Partial<Decision> = {}): Decision {
  return {
    id: 'dec_1',
    change: 'chg_1',
    target,
    verdict: 'allow',
    wouldBe: null,
    enforcement: 'advisory',
    rule: 'apps changes[0]',
    reasons: [],
    policies: [],
    facts: { namespaces: ['apps'] },
    lacked: [],
    at: 1_001,
    ...more,
  };
}

export function sampleStory(more: Partial<Story> = {}): Story {
  const delivery: Delivery = {
    id: 'dlv_1',
    seq: 1,
    source: 'hub',
    deliveryId: 'a-guid',
    kind: 'webhook',
    event: 'push',
    receivedAt: 1_000,
    remote: '127.0.0.1',
    state: 'done',
    reason: null,
    hint: sampleHint(),
    attempts: 0,
    settledAt: 1_001,
    replayOf: null,
  };
  return { change: sampleChange(), delivery, candidates: [], decisions: [sampleDecision()], reconciles: [], ...more };
}
