/**
 * What to work on next. The queue carries target keys only; what to bring a target to is read from the journal
 * by whoever works on it. Losing the queue's content costs time, never an event: `rescan` finds it again.
 */
export interface Queue {
  /** There is work for these targets. Idempotent; a key that is being worked on is handed out once more afterwards. */
  enqueue(keys: readonly string[]): Promise<void>;
  /**
   * Begins handing out keys: at most `concurrency` at once, one at a time per key.
   * A handler that rejects is called again for that key after a back-off.
   */
  start(handler: (key: string) => Promise<void>): void;
  stats(): QueueStats;
  /** Hands out nothing more and resolves when the running handlers have ended. */
  stop(): Promise<void>;
}

export interface QueueStats {
  readonly waiting: number;
  readonly active: number;
  /** Keys whose handler failed and that wait for their back-off. */
  readonly retrying: number;
  /** Age of the oldest waiting key, milliseconds; 0 when none waits. */
  readonly oldestMs: number;
}
