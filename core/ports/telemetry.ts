import type { Verdict } from '#core/decision.ts';
import type { DeliveryKind } from '#core/delivery.ts';
import type { StreamState } from '#core/ports/event-stream.ts';
import type { Outcome } from '#core/reconcile.ts';
import type { TargetRef } from '#core/target.ts';

/** Structured log. Keys follow Flux: controllerKind, name, namespace, plus source, repository, ref, revision, delivery, target, cluster. */
export interface Log {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  /** Only when a human must act. */
  error(message: string, fields?: LogFields): void;
}

export type LogFields = Readonly<Record<string, unknown>>;

/** What Headgate counts and times. Labels stay few: never a revision, path, delivery id or account. Moments are milliseconds since the epoch. */
export interface Metrics {
  /** A token was looked at. @param issuer name in the config, or `unknown` @param outcome `verified`, or why it was refused */
  verified(issuer: string, outcome: string): void;
  /** Somebody came back from the login of the issuer. @param outcome `logged_in`, or an error code */
  loggedIn(outcome: string): void;
  /** A request to /hooks: `code` is `accepted`, `known`, `ignored` or the error code. */
  webhook(source: string, code: string, seconds: number): void;
  /** A delivery that came otherwise than by a webhook is new in the journal. */
  entered(source: string, kind: DeliveryKind): void;
  /** A change was compared with the inventory. */
  matched(source: string, result: MatchResult, targets: number): void;
  /** @param reason code of the first reason */
  decided(verdict: Verdict, reason: string): void;
  /** First receipt of the delivery → annotation stored by the API server. */
  triggered(cluster: string, seconds: number): void;
  /** Delivery received → every consumer at the revision (only for `applied`). */
  ended(target: TargetRef, outcome: Outcome, reason: string | null, seconds: number): void;
  /** A target runs what no decision allowed. */
  ungated(target: TargetRef): void;
  deliveryDead(source: string): void;
  /** A question to a source was answered, or failed with an error code. */
  readBack(source: string, question: string, result: string, seconds: number): void;
  /** A source's API has answered with this HTTP status, `error` without one. @param remaining requests that it still takes, where it says so */
  sourceAnswered(source: string, code: string, remaining: number | null): void;
  /** A source is going to be swept. @param interval seconds between two sweeps */
  sweeping(source: string, interval: number): void;
  swept(source: string, result: 'done' | 'failed', at: number): void;
  /** The event stream of a source is in another state now. */
  streamChanged(source: string, state: StreamState): void;
  /** Events of a source's stream may have been lost. */
  streamGap(source: string): void;
  watchRestarted(cluster: string, kind: string, cause: string): void;
  /** A watch has said something, be it that there is nothing new. @param at null: the kind is not served, there is nothing to hear */
  watchHeard(cluster: string, kind: string, at: number | null): void;
  kubeRequest(cluster: string, verb: string, code: string): void;
  /** The journal has committed a batch. @param seconds from handing it over until it is on stable storage */
  committed(operations: number, seconds: number): void;
  configReload(what: 'policies' | 'secrets', ok: boolean, at: number): void;
  /** How many event streams are open now. */
  streams(open: number): void;
  /** What came of telling a sink of one thing; `retried` is not the end of it. */
  told(sink: string, outcome: 'told' | 'refused' | 'given_up' | 'retried'): void;
}

/** `candidates`: objects of its repository are known, and none of them follows the ref. `unmatched`: there are none. */
export type MatchResult = 'matched' | 'candidates' | 'unmatched';

export const silentLog: Log = { debug() {}, info() {}, warn() {}, error() {} };

export const silentMetrics: Metrics = {
  verified() {},
  loggedIn() {},
  webhook() {},
  entered() {},
  matched() {},
  decided() {},
  triggered() {},
  ended() {},
  ungated() {},
  deliveryDead() {},
  readBack() {},
  sourceAnswered() {},
  sweeping() {},
  swept() {},
  streamChanged() {},
  streamGap() {},
  watchRestarted() {},
  watchHeard() {},
  kubeRequest() {},
  committed() {},
  configReload() {},
  streams() {},
  told() {},
};
