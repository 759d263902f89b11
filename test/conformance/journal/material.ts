import type { Change } from '#core/change.ts';
import type { Decision, Verdict } from '#core/decision.ts';
import type { Hint, NewDelivery } from '#core/delivery.ts';
import type { Match, NewReconcile, Settlement } from '#core/ports/journal.ts';
import type { TargetRef } from '#core/target.ts';

export const sha = (n: number): string => n.toString(16).padStart(40, '0');

export const targetOf = (name: string): TargetRef => ({ cluster: 'prod', kind: 'GitRepository', namespace: 'apps', name });

export const allPages = { limit: 500, cursor: null };

export function hint(n: number, more: Partial<Hint> = {}): Hint {
  const [before, after] = [sha(n - 1), sha(n)];
  const actors = [{ role: 'pusher', account: '7', name: 'octocat', kind: 'human' }] as const;
  return { repository: 'org/app', ref: 'refs/heads/main', before, after, commit: after, action: 'updated', occurredAt: n, actors, ...more };
}

/** The n-th delivery. Its ids derive from n, so that a duplicate is `delivery(n)` again. */
export function delivery(n: number, more: Partial<NewDelivery> = {}): NewDelivery {
  return {
    id: `dlv_${n}`,
    source: 'hub',
    deliveryId: `guid-${n}`,
    kind: 'webhook',
    event: 'push',
    receivedAt: 1_000 + n,
    remote: '192.0.2.1',
    headers: { 'x-github-event': 'push' },
    body: new TextEncoder().encode(`{"n":${n}}`),
    reading: { hint: hint(n) },
    ...more,
  };
}

/** The change that delivery n comes to. */
export function change(n: number, more: Partial<Change> = {}): Change {
  const { repository, ref, action, before, after, commit, occurredAt, actors } = hint(n);
  const head = { id: `chg_${n}`, delivery: `dlv_${n}`, source: 'hub', repository, ref, action, before, after, revision: commit };
  return {
    ...head,
    confirmed: false,
    occurredAt,
    receivedAt: 1_000 + n,
    at: 1_001 + n,
    actors,
    lateFor: null,
    owed: [],
    readBack: null,
    ...more,
  };
}

export function decision(id: string, of: string, target: TargetRef, verdict: Verdict = 'allow', more: Partial<Decision> = {}): Decision {
  return {
    id,
    change: of,
    target,
    verdict,
    wouldBe: null,
    enforcement: 'advisory',
    rule: 'payments changes[0]',
    reasons: [{ code: 'allowed', message: 'it is allowed' }],
    policies: [{ name: 'payments', hash: 'sha256:0', verdict }],
    facts: { repository: 'org/app', confirmed: false, namespaces: ['apps'] },
    lacked: ['reviews'],
    at: 1_002,
    ...more,
  };
}

export function reconcile(id: string, of: Decision, revision: string | null): NewReconcile {
  const { change, target } = of;
  return { id, decision: of.id, change, target, revision, force: false, paths: null, receivedAt: 1_000, createdAt: 1_003 };
}

/** What change n comes to when it is allowed on these targets. Ids are `dec_<n>_<target>` and `rec_<n>_<target>`. */
export function match(n: number, targets: readonly string[], more: Partial<Change> = {}): Match {
  const of = change(n, more);
  const decisions = targets.map((name) => decision(`dec_${n}_${name}`, of.id, targetOf(name)));
  const reconciles = decisions.map((one) => reconcile(`rec_${n}_${one.target.name}`, one, of.revision));
  const candidates = [{ target: targetOf('other'), reason: 'other-ref', message: 'it follows refs/heads/dev' }] as const;
  return { change: of, candidates, decisions, reconciles };
}

export function done(n: number, targets: readonly string[], more: Partial<Change> = {}): Settlement {
  return { delivery: `dlv_${n}`, state: 'done', reason: null, match: match(n, targets, more) };
}
