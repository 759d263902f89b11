import type { Verdict } from '#core/decision.ts';
import type { Outcome } from '#core/reconcile.ts';

/** Structured log. Keys follow Flux: controllerKind, name, namespace, plus source, repository, ref, revision, delivery, target, cluster. */
export interface Log {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  /** Only when a human must act. */
  error(message: string, fields?: LogFields): void;
}

export type LogFields = Readonly<Record<string, unknown>>;

/** What Headgate counts and times. Labels stay few: never a revision, path, delivery id or account. */
export interface Metrics {
  /** A request to /hooks: `code` is `accepted`, `known`, `ignored` or the error code. */
  webhook(source: string, code: string, seconds: number): void;
  decided(verdict: Verdict): void;
  /** First receipt of the delivery → annotation stored by the API server. */
  triggered(cluster: string, seconds: number): void;
  /** Delivery received → every consumer at the revision (only for `applied`). */
  ended(cluster: string, outcome: Outcome, reason: string | null, seconds: number): void;
  deliveryDead(source: string): void;
  watchRestarted(cluster: string, kind: string, cause: string): void;
  kubeRequest(cluster: string, verb: string, code: string): void;
  configReload(what: 'policies' | 'secrets', ok: boolean): void;
}

export const silentLog: Log = { debug() {}, info() {}, warn() {}, error() {} };

export const silentMetrics: Metrics = {
  webhook() {},
  decided() {},
  triggered() {},
  ended() {},
  deliveryDead() {},
  watchRestarted() {},
  kubeRequest() {},
  configReload() {},
};
