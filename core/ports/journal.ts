import type { Brought } from '#core/brought.ts';
import type { Candidate, Change } from '#core/change.ts';
import type { Decision } from '#core/decision.ts';
import type { Delivery, DeliveryState, NewDelivery } from '#core/delivery.ts';
import type { NewsKind } from '#core/news.ts';
import type { Page, PageRequest } from '#core/ports/page.ts';
import type { Records } from '#core/ports/records.ts';
import type { ConsumerOutcome, Outcome, PathsVerdict, PublishedArtifact, Reconcile, ReconcileState, Step } from '#core/reconcile.ts';
import type { TargetRef } from '#core/target.ts';

export type { Page, PageRequest } from '#core/ports/page.ts';

/** Accepts deliveries. */
export interface DeliveryLog {
  /**
   * Resolves when the row is on stable storage; `known` when (source, deliveryId) was there already, then `id` is the first one's.
   * Rejects with JOURNAL_UNAVAILABLE when it could not be made durable; then it is not there.
   */
  append(delivery: NewDelivery): Promise<{ readonly id: string; readonly known: boolean }>;
  /** Whether an append can be expected to work now: the last one did, or a probe write does. */
  writable(): Promise<boolean>;
}

/** Takes deliveries through confirm, match and decide. */
export interface Intake {
  /** The oldest pending deliveries that are due, by seq. @param except sources that are left out */
  pending(limit: number, except?: readonly string[]): Promise<readonly Delivery[]>;
  /** The revision of the newest reconcile that was allowed for each target and not skipped; targets without one are absent. */
  lastAllowed(targets: readonly string[]): Promise<ReadonlyMap<string, string>>;
  /** What the newest decision for each target counted from (`facts.base`); targets without one are absent. */
  countedFrom(targets: readonly string[]): Promise<ReadonlyMap<string, string>>;
  /** Writes what came of deliveries, all or nothing. Each allowed decision becomes a queued reconcile. */
  settle(settlements: readonly Settlement[]): Promise<void>;
  /**
   * The changes that were matched while `cluster` was not known (`Change.owed`) and still are the newest of their ref:
   * a newer change of the ref takes the place of an older one.
   */
  owed(cluster: string): Promise<readonly Change[]>;
  /** Writes what such a change came to in that cluster, and that it is no longer owed there; all or nothing, once. */
  repay(cluster: string, match: Match): Promise<void>;
  /** Notes a failed attempt: pending again after `retryIn` milliseconds, or `dead` when null. */
  defer(delivery: string, reason: string, retryIn: number | null): Promise<void>;
}

/** What came of one delivery: without a match when it is ignored or dead after all. */
export interface Settlement {
  readonly delivery: string;
  readonly state: Exclude<DeliveryState, 'pending'>;
  readonly reason: string | null;
  readonly match?: Match;
}

/** A change and what was decided about it. */
export interface Match {
  readonly change: Change;
  readonly candidates: readonly Candidate[];
  readonly decisions: readonly Decision[];
  /** For each allowed decision: the reconcile that it asks for. */
  readonly reconciles: readonly NewReconcile[];
}

export interface NewReconcile {
  readonly id: string;
  readonly decision: string;
  readonly change: string;
  readonly target: TargetRef;
  readonly revision: string | null;
  readonly force: boolean;
  readonly paths: PathsVerdict | null;
  readonly receivedAt: number;
  readonly createdAt: number;
}

/** The work on targets, under leases with fencing. */
export interface Work {
  /** Targets that have a queued reconcile. */
  dirty(): Promise<readonly string[]>;
  /**
   * Leases a target and answers its newest queued reconcile; older queued ones end `superseded` in the same step.
   * Undefined when nothing is queued. A lease that another holder lets expire is taken over with a higher fence.
   * Rejects when another holder's lease is live.
   */
  take(target: string): Promise<Lease | undefined>;
  /** Writes progress of a reconcile and gives the lease back. Resolves false, writing nothing, when the fence is not the current one. */
  release(lease: Lease, progress: Progress): Promise<boolean>;
  /** Reconciles under observation, oldest first; of one target when given. */
  observing(target?: string): Promise<readonly Reconcile[]>;
  /** Writes what an observation brought. Resolves false when the reconcile has ended meanwhile. */
  observe(reconcile: string, progress: Progress): Promise<boolean>;
  /** Reconciles of a target that are newer than `seq`, whatever their state: the newest of them, oldest first. */
  newer(
    target: string,
    seq: number,
  ): Promise<readonly { readonly id: string; readonly change: string; readonly revision: string | null }[]>;
  /** Ids of the changes that an artifact of this digest was published of, with where to. */
  published(digest: string): Promise<readonly { readonly change: string; readonly address: string }[]>;
}

export interface Lease {
  readonly target: string;
  /** Grows with every lease of the target. */
  readonly fence: number;
  readonly reconcile: Reconcile;
  readonly change: Change;
  readonly decision: Decision;
  /** How many older queued reconciles of the target ended `superseded`. */
  readonly superseded: number;
}

/** Fields of a reconcile that change while it lives; absent ones stay. Steps are appended. */
export interface Progress {
  readonly state?: ReconcileState;
  readonly outcome?: Outcome | null;
  readonly reason?: string | null;
  readonly message?: string | null;
  readonly token?: string | null;
  readonly asks?: number;
  readonly consumers?: readonly ConsumerOutcome[];
  readonly steps?: readonly Step[];
  /** A decision made again because what the first rested on has changed; it takes the first one's place. */
  readonly decided?: Decision;
  /** What was published for it, put on record; absent where that has not changed. */
  readonly published?: PublishedArtifact;
  readonly triggeredAt?: number;
  readonly endedAt?: number;
}

/**
 * What has come about and whom it is to be told. It is noted together with what it tells, all or nothing, for the sinks that the
 * journal was opened with; without any, nothing is noted. A sink that is new begins with what comes next, and one that the journal
 * is opened without is forgotten.
 */
export interface Outbox {
  /** The oldest notes that a sink is not done with, by seq; none for one that the journal was not opened with. */
  untold(sink: string, limit: number): Promise<readonly Note[]>;
  /** A sink is done with everything up to that position; it never goes back. */
  told(sink: string, seq: number): Promise<void>;
  /** By sink: when the oldest came about that it is not done with, milliseconds since the epoch; null = none. */
  backlog(): Promise<ReadonlyMap<string, number | null>>;
}

/** One thing that has come about, by reference: the story of its change tells it. */
export interface Note {
  /** Position among the notes. */
  readonly seq: number;
  readonly kind: NewsKind;
  readonly change: string;
  readonly decision: string;
  readonly reconcile: string | null;
  /** When it came about, milliseconds since the epoch. */
  readonly at: number;
}

/** Reads for people. Pages run from the newest to the oldest. */
export interface Archive {
  deliveries(filter: DeliveryFilter, page: PageRequest): Promise<Page<Delivery>>;
  delivery(id: string): Promise<Delivery | undefined>;
  /** The bytes as received, undefined once retention has dropped them. */
  body(deliveryId: string): Promise<{ readonly headers: Readonly<Record<string, string>>; readonly body: Uint8Array } | undefined>;
  /** Which of the sender's ids are known of a source. */
  knownDeliveries(source: string, deliveryIds: readonly string[]): Promise<ReadonlySet<string>>;
  changes(filter: ChangeFilter, page: PageRequest): Promise<Page<Change>>;
  change(id: string): Promise<Change | undefined>;
  /** A change with everything that came of it. */
  story(change: string): Promise<Story | undefined>;
  /** What came with a change by way of a review system with votes: where it runs since when, and what takes it back. None for other changes. */
  brought(change: string): Promise<readonly Brought[]>;
  /**
   * Reconciles of a target that ended superseded, before this position and since the last that the ref itself brought there (`hasSettled`), the
   * newest first; limits.journal.superseded of them.
   */
  superseded(target: string, seq: number): Promise<readonly Reconcile[]>;
  /** Reconciles of a target after this position that came to an outcome but that one, oldest first; limits.journal.later of them. */
  later(target: string, seq: number): Promise<readonly Reconcile[]>;
  decisions(filter: DecisionFilter, page: PageRequest): Promise<Page<Decision>>;
  decision(id: string): Promise<Decision | undefined>;
  reconciles(filter: ReconcileFilter, page: PageRequest): Promise<Page<Reconcile>>;
  reconcile(id: string): Promise<Reconcile | undefined>;
}

export interface Story {
  readonly change: Change;
  readonly delivery: Delivery;
  readonly candidates: readonly Candidate[];
  readonly decisions: readonly Decision[];
  readonly reconciles: readonly Reconcile[];
}

export interface DeliveryFilter {
  readonly source?: string;
  readonly state?: DeliveryState;
  readonly event?: string;
  readonly repository?: string;
  /** The sender's id. */
  readonly deliveryId?: string;
  /** Received at or after, milliseconds since the epoch. */
  readonly since?: number;
  /** Received before. */
  readonly until?: number;
  /** Replays of this delivery. */
  readonly replayOf?: string;
  /** What looks found that were taken because of this delivery. */
  readonly cause?: string;
}

export interface ChangeFilter {
  readonly source?: string;
  readonly repository?: string;
  readonly ref?: string;
  /** Prefix of `after` or `revision`, at least four characters. */
  readonly revision?: string;
  /** Number of a change of a review system (Gerrit) that came with it. */
  readonly brought?: number;
  readonly delivery?: string;
  readonly since?: number;
}

export interface DecisionFilter {
  readonly change?: string;
  readonly target?: string;
  readonly verdict?: Decision['verdict'];
  /** What `enforce` would have decided where every policy concerned is in audit mode. */
  readonly wouldBe?: Decision['verdict'];
  readonly since?: number;
}

export interface ReconcileFilter {
  readonly change?: string;
  readonly target?: string;
  readonly state?: ReconcileState;
  readonly outcome?: Outcome;
  readonly since?: number;
}

/**
 * Which of the processes that share a journal leads: it alone takes deliveries through the flow, observes, tells and prunes.
 * In a journal that is one process's alone, that one always leads.
 */
export interface Lead {
  /**
   * Takes the lead, or keeps it, for limits.lead.lease. Resolves false while another process has it. What a process that has led writes
   * as a leader is refused with NOT_LEADING once another has taken its place.
   */
  lead(): Promise<boolean>;
  /** Gives it up, for another process to take at once. */
  resign(): Promise<void>;
}

/** Keeps the journal small and closes it. */
export interface Upkeep {
  /**
   * Deletes bodies and settled rows older than these moments (milliseconds since the epoch), and notes that every sink is done with.
   * Never touches what is pending or under way. The chain of records is cut at its beginning only, once a day at most, and what was
   * deleted is on record.
   */
  prune(before: { readonly bodies: number; readonly records: number }): Promise<{ readonly bodies: number; readonly records: number }>;
  counts(): Promise<{ readonly deliveries: Readonly<Record<DeliveryState, number>>; readonly queued: number; readonly observing: number }>;
  /** What is pending, by source; the oldest limits.metrics.pending deliveries are counted. */
  pendingBySource(): Promise<readonly PendingOfSource[]>;
  /** Finishes what has been handed over, then closes. */
  close(): Promise<void>;
}

export interface PendingOfSource {
  readonly source: string;
  readonly pending: number;
  /** When the oldest of them was received, milliseconds since the epoch. */
  readonly oldestAt: number;
}

/** Writes take effect in the order of the calls: one that was called later sees what came of those before it, also when none was awaited. */
export interface Journal extends DeliveryLog, Intake, Work, Outbox, Archive, Records, Lead, Upkeep {}
