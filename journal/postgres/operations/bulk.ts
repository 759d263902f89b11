import type { Reply } from '#journal/protocol.ts';
import type { Ledger } from '#journal/postgres/ledger.ts';
import type { PostgresAnswer, PostgresOperation, PostgresRequest } from '#journal/postgres/protocol.ts';
import type { Session } from '#journal/postgres/session.ts';

/** Whether this opening of the journal has ever led; what it writes as a leader is refused then once it does not. */
export interface Leading {
  readonly holder: string;
  hasLed: boolean;
}

/** What operations of one transaction work with. */
export interface Work {
  readonly session: Session;
  /** Open in transactions of the flow only. */
  readonly ledger: Ledger;
  /** How long a lease lasts, milliseconds. */
  readonly leaseMs: number;
  /** This process, as others know it. */
  readonly leading: Leading;
}

/** A refusal has written nothing; whatever throws undoes the transaction. */
export type BulkReply<N extends PostgresOperation> = { readonly answer: PostgresAnswer<N> } | Exclude<Reply, { readonly answer: unknown }>;

/** Performs operations of one kind that do not touch one another's rows, and answers each in its place. */
export type Bulk<N extends PostgresOperation> = (work: Work, requests: readonly PostgresRequest<N>[]) => Promise<readonly BulkReply<N>[]>;

/** One after another, for what is rare. */
export function oneByOne<N extends PostgresOperation>(
  perform: (work: Work, request: PostgresRequest<N>) => Promise<PostgresAnswer<N>>,
): Bulk<N> {
  return async (work, requests) => {
    const replies: BulkReply<N>[] = [];
    for (const request of requests) replies.push({ answer: await perform(work, request) });
    return replies;
  };
}
