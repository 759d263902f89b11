import type { GroupCommit } from '#journal/group-commit.ts';
import type { Operations } from '#journal/protocol.ts';

/** What the writer of a journal in Postgres can be asked beside what every journal's can. */
export interface PostgresOperations extends Operations {
  /** Offers targets that wait to a process (Work.dirty). */
  readonly offer: { readonly request: { readonly holder: string; readonly now: number }; readonly answer: readonly string[] };
  /** Takes the lead or keeps it; whether it has it. */
  readonly lead: { readonly request: { readonly now: number; readonly leaseMs: number }; readonly answer: boolean };
  readonly resign: { readonly request: null; readonly answer: null };
  /** Gives back what a process holds that closes the journal: leases and offers. */
  readonly giveBack: { readonly request: { readonly holder: string }; readonly answer: null };
}

export type PostgresOperation = keyof PostgresOperations;
export type PostgresRequest<N extends PostgresOperation> = PostgresOperations[N]['request'];
export type PostgresAnswer<N extends PostgresOperation> = PostgresOperations[N]['answer'];
export type PostgresWriter = Pick<GroupCommit<PostgresOperations>, 'submit'>;
