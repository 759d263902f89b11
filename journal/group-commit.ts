import { HeadgateError, messageOf } from '#core/errors.ts';
import { limits } from '#core/limits.ts';
import { untimed, type CommitTimer } from '#journal/commit-timer.ts';
import type { Reply } from '#journal/protocol.ts';

/** Operations by name, with what they are asked and what they answer. */
export type OperationTable = Record<string, { readonly request: unknown; readonly answer: unknown }>;

/** One operation of a batch. */
export interface CallOf<Name> {
  readonly name: Name;
  readonly request: unknown;
}

/** Commits a batch, and answers each operation in its place. Rejecting means that the fate of the whole batch is not known. */
export type CommitBatch<Name> = (batch: readonly CallOf<Name>[]) => Promise<readonly Reply[]>;

interface Entry<Name> {
  readonly call: CallOf<Name>;
  readonly bytes: number;
  readonly resolve: (answer: unknown) => void;
  readonly reject: (error: Error) => void;
}

/**
 * Group commit. What is submitted while a batch is being committed goes into the next one: one batch in flight and no timer, so that batches grow by
 * themselves when storage is slow.
 */
export class GroupCommit<T extends { readonly [N in keyof T]: OperationTable[string] }> {
  readonly #commit: CommitBatch<keyof T>;
  readonly #timer: CommitTimer;
  #waiting: Entry<keyof T>[] = [];
  #busy = false;
  #closing = false;
  #idle: (() => void) | undefined;

  constructor(commit: CommitBatch<keyof T>, timer = untimed) {
    this.#commit = commit;
    this.#timer = timer;
  }

  /**
   * Resolves when what the operation wrote is on stable storage.
   * @param bytes roughly what it writes, where that may be much
   * @throws HeadgateError JOURNAL_UNAVAILABLE when it could not be written, or it is not known whether it was
   */
  submit<N extends keyof T>(name: N, request: T[N]['request'], bytes = 0): Promise<T[N]['answer']> {
    if (this.#closing) return Promise.reject(new HeadgateError('JOURNAL_UNAVAILABLE', 'the journal is closed'));
    return new Promise((resolve, reject) => {
      const settle = (answer: unknown): void => resolve(answer as T[N]['answer']);
      this.#waiting.push({ call: { name, request }, bytes, resolve: settle, reject });
      this.#schedule();
    });
  }

  /** Takes no more, and resolves when what was submitted has been answered. */
  async close(): Promise<void> {
    this.#closing = true;
    while (this.#busy || this.#waiting.length > 0) await new Promise<void>((resolve) => (this.#idle = resolve));
  }

  /** On the next turn, so that everything that this turn of the event loop brings shares a batch. */
  #schedule(): void {
    if (this.#busy) return;
    this.#busy = true;
    setImmediate(() => void this.#run());
  }

  async #run(): Promise<void> {
    while (this.#waiting.length > 0) {
      const entries = this.#nextBatch();
      this.#timer.begin();
      const replies = await this.#replies(entries);
      this.#timer.end(entries.length);
      for (const [index, entry] of entries.entries()) settle(entry, replies[index]);
      // Whoever was answered goes on first, and what he asks next shares the next batch.
      await new Promise((resolve) => setImmediate(resolve));
    }
    this.#busy = false;
    this.#idle?.();
  }

  async #replies(entries: readonly Entry<keyof T>[]): Promise<readonly Reply[]> {
    try {
      return await this.#commit(entries.map(({ call }) => call));
    } catch (error) {
      return entries.map(() => ({ code: 'JOURNAL_UNAVAILABLE', message: `the journal could not be written: ${messageOf(error)}` }));
    }
  }

  #nextBatch(): readonly Entry<keyof T>[] {
    let bytes = 0;
    const fits = this.#waiting.findIndex((entry, index) => {
      bytes += entry.bytes;
      return index > 0 && (index >= limits.journal.batchOperations || bytes > limits.journal.batchBytes);
    });
    return this.#waiting.splice(0, fits === -1 ? this.#waiting.length : fits);
  }
}

function settle(entry: Entry<unknown>, reply: Reply | undefined): void {
  if (!reply) entry.reject(new Error('the journal gave no reply'));
  else if ('answer' in reply) entry.resolve(reply.answer);
  else entry.reject(reply.code ? new HeadgateError(reply.code, reply.message) : new Error(reply.message));
}
