import type { ErrorCode } from '#core/error-codes.ts';
import type { NewRecord, SeenRevision } from '#core/ports/records.ts';
import type { Lease, Match, Progress, Settlement } from '#core/ports/journal.ts';

/**
 * What the writer of a journal can be asked to do, each all or nothing. `now` is the wall clock; `monotonic`, `due` and the like are moments of the clock
 * that leases and back-offs run on: the monotonic one of the process, or the database server's where several processes share it.
 */
export interface Operations {
  readonly append: { readonly request: AppendRequest; readonly answer: { readonly id: string; readonly known: boolean } };
  readonly settle: { readonly request: { readonly settlements: readonly Settlement[]; readonly now: number }; readonly answer: null };
  readonly repay: { readonly request: { readonly cluster: string; readonly match: Match; readonly now: number }; readonly answer: null };
  readonly defer: { readonly request: DeferRequest; readonly answer: null };
  readonly take: { readonly request: TakeRequest; readonly answer: Lease | null };
  readonly release: { readonly request: ReleaseRequest; readonly answer: boolean };
  readonly observe: { readonly request: ObserveRequest; readonly answer: boolean };
  readonly told: { readonly request: { readonly sink: string; readonly seq: number }; readonly answer: null };
  readonly note: { readonly request: NewRecord; readonly answer: null };
  readonly see: { readonly request: SeenRevision; readonly answer: null };
  readonly pruneBodies: { readonly request: PruneRequest; readonly answer: PruneAnswer };
  readonly pruneRecords: { readonly request: PruneRequest; readonly answer: PruneAnswer };
  readonly pruneChain: {
    readonly request: { readonly before: number; readonly rows: number; readonly now: number };
    /** How many records were cut. */
    readonly answer: number;
  };
  readonly prunePersons: { readonly request: { readonly before: number }; readonly answer: null };
  /** Whether a name was kept. */
  readonly erasePerson: { readonly request: { readonly reference: string; readonly now: number }; readonly answer: boolean };
  readonly pruneNews: { readonly request: { readonly before: number; readonly rows: number }; readonly answer: number };
  readonly probe: { readonly request: { readonly bytes: number }; readonly answer: null };
  readonly unprobe: { readonly request: null; readonly answer: null };
}

export type OperationName = keyof Operations;
export type Request<N extends OperationName> = Operations[N]['request'];
export type Answer<N extends OperationName> = Operations[N]['answer'];

export interface AppendRequest {
  readonly id: string;
  readonly source: string;
  readonly deliveryId: string;
  readonly kind: string;
  readonly event: string;
  readonly receivedAt: number;
  readonly remote: string;
  readonly state: 'pending' | 'ignored';
  readonly reason: string | null;
  readonly repository: string | null;
  /** JSON. */
  readonly hint: string | null;
  /** JSON. */
  readonly headers: string;
  /** Length of the body as received. */
  readonly size: number;
  readonly deflated: Uint8Array;
}

export interface DeferRequest {
  readonly delivery: string;
  readonly reason: string;
  /** When it is due again; null makes it `dead`. */
  readonly due: number | null;
  readonly now: number;
}

export interface TakeRequest {
  readonly target: string;
  readonly holder: string;
  readonly now: number;
  readonly monotonic: number;
  readonly leaseMs: number;
}

export interface ReleaseRequest {
  readonly target: string;
  readonly fence: number;
  readonly reconcile: string;
  readonly progress: Progress;
  readonly now: number;
}

export interface ObserveRequest {
  readonly reconcile: string;
  readonly progress: Progress;
  readonly now: number;
}

export interface PruneRequest {
  /** Rows received before this may go. */
  readonly before: number;
  /** Only rows behind this position are looked at. */
  readonly after: number;
  /** How many rows are looked at. */
  readonly rows: number;
}

export interface PruneAnswer {
  readonly removed: number;
  /** Where the next step begins; null when nothing further is old enough. */
  readonly next: number | null;
}

/** One operation of a batch. */
export interface Call {
  readonly name: OperationName;
  readonly request: unknown;
}

/** What came of one operation. `code` is null for a defect. */
export type Reply = { readonly answer: unknown } | { readonly code: ErrorCode | null; readonly message: string };

/** Hands operations to the writer; they take effect in the order of the calls. */
export interface Submitter {
  /**
   * Resolves when what the operation wrote is on stable storage.
   * @param bytes roughly what it writes, where that may be much
   * @throws HeadgateError JOURNAL_UNAVAILABLE when it could not be written
   */
  submit<N extends OperationName>(name: N, request: Request<N>, bytes?: number): Promise<Answer<N>>;
}
