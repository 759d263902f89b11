import { Worker } from 'node:worker_threads';
import { HeadgateError, messageOf } from '#core/errors.ts';
import { limits } from '#core/limits.ts';
import type { Log } from '#core/ports/telemetry.ts';
import { untimed, type CommitTimer } from '#journal/commit-timer.ts';
import type { Answer, Call, OperationName, Reply, Request, Submitter } from '#journal/protocol.ts';
import type { FromWriter, ToWriter, WriterSettings } from '#journal/sqlite/thread-messages.ts';

interface Entry {
  readonly call: Call;
  readonly bytes: number;
  readonly resolve: (answer: unknown) => void;
  readonly reject: (error: Error) => void;
}

/**
 * Group commit. What is submitted while a batch is being committed goes into the next one: one batch in flight and no timer,
 * so that batches grow by themselves when the disk is slow. The thread is started again, on the next demand, if it ever dies.
 */
export class Writer implements Submitter {
  readonly #settings: WriterSettings;
  readonly #log: Log;
  readonly #timer: CommitTimer;
  #thread: Worker | undefined;
  #ready = false;
  #waiting: Entry[] = [];
  #inFlight: readonly Entry[] = [];
  #scheduled = false;
  #closed: Promise<void> | undefined;
  #idle: (() => void) | undefined;

  constructor(settings: WriterSettings, log: Log, timer = untimed) {
    this.#settings = settings;
    this.#log = log;
    this.#timer = timer;
  }

  /**
   * Resolves when what the operation wrote is on stable storage.
   * @param bytes roughly what it writes, where that may be much
   * @throws HeadgateError JOURNAL_UNAVAILABLE when it could not be written; then nothing of it was
   */
  submit<N extends OperationName>(name: N, request: Request<N>, bytes = 0): Promise<Answer<N>> {
    if (this.#closed) return Promise.reject(new HeadgateError('JOURNAL_UNAVAILABLE', 'the journal is closed'));
    return new Promise((resolve, reject) => {
      const settle = (answer: unknown): void => resolve(answer as Answer<N>);
      this.#waiting.push({ call: { name, request }, bytes, resolve: settle, reject });
      this.#schedule();
    });
  }

  /** Commits what was submitted, then ends the thread. */
  close(): Promise<void> {
    this.#closed ??= this.#drain();
    return this.#closed;
  }

  /** On the next turn, so that everything that this turn of the event loop brings shares a batch. */
  #schedule(): void {
    if (this.#scheduled || this.#inFlight.length > 0) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.#flush();
    });
  }

  #flush(): void {
    if (this.#inFlight.length > 0 || this.#waiting.length === 0) return;
    const thread = (this.#thread ??= this.#start());
    if (!this.#ready) return;
    this.#inFlight = this.#nextBatch();
    this.#timer.begin();
    this.#post(thread, { batch: this.#inFlight.map((entry) => entry.call) });
  }

  #nextBatch(): readonly Entry[] {
    let bytes = 0;
    const fits = this.#waiting.findIndex((entry, index) => {
      bytes += entry.bytes;
      return index > 0 && (index >= limits.journal.batchOperations || bytes > limits.journal.batchBytes);
    });
    return this.#waiting.splice(0, fits === -1 ? this.#waiting.length : fits);
  }

  #start(): Worker {
    const thread = new Worker(new URL('./writer-thread.ts', import.meta.url), {
      workerData: this.#settings,
      name: 'journal-writer',
      execArgv: [], // flags meant for the main thread's entry stop a thread from starting
    });
    let cause = 'it ended';
    thread.on('message', (message: FromWriter) => this.#hear(message));
    thread.on('error', (error) => {
      cause = messageOf(error);
    });
    thread.on('exit', () => this.#ended(thread, cause));
    return thread;
  }

  #hear(message: FromWriter): void {
    if ('replies' in message) return this.#finish(message.replies);
    if ('warning' in message) return this.#log.warn('the journal writer has trouble', { error: message.warning });
    this.#ready = true;
    this.#flush();
  }

  #finish(replies: readonly Reply[]): void {
    const entries = this.#inFlight;
    this.#inFlight = [];
    this.#timer.end(entries.length);
    this.#flush();
    for (const [index, entry] of entries.entries()) this.#settle(entry, replies[index]);
    this.#signalIdle();
  }

  #settle(entry: Entry, reply: Reply | undefined): void {
    if (!reply) entry.reject(new Error('the journal writer gave no reply'));
    else if ('answer' in reply) entry.resolve(reply.answer);
    else entry.reject(reply.code ? new HeadgateError(reply.code, reply.message) : new Error(reply.message));
  }

  /** What was under way may or may not be on disk: a sender that tries again is told that it is known. */
  #ended(thread: Worker, cause: string): void {
    if (this.#thread !== thread) return;
    const lost = [...this.#inFlight, ...this.#waiting];
    this.#thread = undefined;
    this.#ready = false;
    this.#inFlight = [];
    this.#waiting = [];
    if (lost.length > 0 || !this.#closed)
      this.#log.error('the journal writer has failed; the next request starts it again', { error: cause });
    for (const entry of lost) this.#settle(entry, { code: 'JOURNAL_UNAVAILABLE', message: `the journal writer has failed: ${cause}` });
    this.#signalIdle();
  }

  async #drain(): Promise<void> {
    while (this.#waiting.length > 0 || this.#inFlight.length > 0) await new Promise<void>((resolve) => (this.#idle = resolve));
    const thread = this.#thread;
    if (!thread) return;
    const exited = new Promise((resolve) => thread.once('exit', resolve));
    this.#post(thread, { close: true });
    await exited;
  }

  #signalIdle(): void {
    if (this.#waiting.length === 0 && this.#inFlight.length === 0) this.#idle?.();
  }

  #post(thread: Worker, message: ToWriter): void {
    thread.postMessage(message);
  }
}
