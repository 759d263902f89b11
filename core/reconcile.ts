import type { TargetRef } from '#core/target.ts';

export type Outcome = 'applied' | 'failed' | 'stalled' | 'superseded' | 'timed_out' | 'skipped';

/**
 * `queued`: allowed, waits for its turn. `observing`: the cluster has been told (or needed no telling), Flux works.
 * `ended`: the outcome is final. While `observing`, an outcome of `failed` means "failing so far, Flux retries".
 */
export type ReconcileState = 'queued' | 'observing' | 'ended';

/** One attempt to bring a target to its desired revision. */
export interface Reconcile {
  readonly id: string;
  /** Position in the journal: of two reconciles of one target the higher is the newer. */
  readonly seq: number;
  readonly target: TargetRef;
  readonly change: string;
  readonly decision: string;
  /** The commit to reach; null when the head of the ref is meant. */
  readonly revision: string | null;
  /** Trigger even when the target is already current. */
  readonly force: boolean;
  /** What `headgate.dev/paths` came to; null when the target declares none, or it could not be told. */
  readonly paths: PathsVerdict | null;
  readonly state: ReconcileState;
  readonly outcome: Outcome | null;
  /** Stable slug that qualifies the outcome, for example `suspended`, `current`. */
  readonly reason: string | null;
  /** In Flux's own words where there are any. */
  readonly message: string | null;
  /** Value of the annotation that asked for it, null when none was written. */
  readonly token: string | null;
  /** How often the cluster has been asked. */
  readonly asks: number;
  /** What was published for it; absent where nothing is. */
  readonly published?: PublishedArtifact;
  readonly consumers: readonly ConsumerOutcome[];
  readonly steps: readonly Step[];
  readonly receivedAt: number;
  readonly createdAt: number;
  readonly triggeredAt: number | null;
  readonly endedAt: number | null;
}

/** Reasons of what was skipped because the target had the revision, or nothing in it was for the target. */
export const settledReasons = ['current', 'paths', 'content-unchanged', 'chart-unchanged', 'included'] as const;

/** Whether a target has what was to be brought to it: it runs, or there was nothing to bring. */
export function hasSettled({ outcome, reason }: Pick<Reconcile, 'outcome' | 'reason'>): boolean {
  return outcome === 'applied' || (outcome === 'skipped' && settledReasons.some((settled) => settled === reason));
}

/** An artifact that was published, and that the tag was moved to. */
export interface PublishedArtifact {
  /** `oci://registry.example.com/infra-pay:default`. */
  readonly address: string;
  /** Of its manifest, `sha256:<hex>`. */
  readonly digest: string;
  /** Of its packed content. */
  readonly bytes: number;
}

/** Whether anything that a target declares differs between what it had and the revision. */
export interface PathsVerdict {
  readonly declared: readonly string[];
  /** The commit that the target had. */
  readonly base: string;
  /** How many paths differ. */
  readonly files: number;
  /** The first of them that is declared; null when none is: then there is nothing to trigger. */
  readonly changed: string | null;
}

/** What became of one consumer under one reconcile. */
export interface ConsumerOutcome {
  readonly object: TargetRef;
  /** null while it is not known yet. */
  readonly outcome: Outcome | null;
  readonly reason: string | null;
  readonly message: string | null;
  readonly revision: string | null;
  /** When it was seen, milliseconds since the epoch. */
  readonly at: number | null;
}

/** A dated line of the story: `triggered`, `artifact`, `applied`, … */
export interface Step {
  readonly at: number;
  readonly name: StepName;
  readonly detail: string;
}

export type StepName =
  | 'queued'
  | 'published'
  | 'triggered'
  | 'not-triggered'
  | 'asked-again'
  | 'artifact'
  | 'applied'
  | 'failed'
  | 'stalled'
  | 'recovered'
  | 'superseded'
  | 'timed-out'
  | 'skipped'
  | 'retrying';

/**
 * The annotation value of the n-th ask of a reconcile: RFC 3339 with nanoseconds, as Flux's own tools write,
 * whose last six digits derive from the reconcile's sequence. Writing it again changes nothing in the cluster.
 * @param createdAt of the reconcile, milliseconds since the epoch
 * @param asks 0 for the first
 */
export function requestToken(createdAt: number, seq: number, asks: number): string {
  const digits = String((seq * 16 + (asks % 16)) % 1_000_000).padStart(6, '0');
  return new Date(createdAt).toISOString().replace('Z', `${digits}Z`);
}
