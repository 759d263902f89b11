import type { DatabaseSync } from 'node:sqlite';
import type { Cancel, Clock } from '#core/clock.ts';
import { limits } from '#core/limits.ts';

/**
 * Moves the write-ahead log into the database file when nothing else is to do, and between two batches when it has grown to
 * its cap. SQLite's own checkpointing would run inside whichever commit passes 1000 pages, and stretch its latency tenfold.
 */
export class Checkpointer {
  readonly #clock: Clock;
  readonly #log: () => { readonly frames: number; readonly waiting: number };
  readonly #run: () => void;
  #cancel: Cancel = () => {};

  /** @param onFailure told when a checkpoint fails; what is committed stays in the log, and the next one is tried as usual */
  constructor(db: DatabaseSync, clock: Clock, onFailure: (error: unknown) => void) {
    this.#clock = clock;
    const look = db.prepare('PRAGMA wal_checkpoint(NOOP)');
    const passive = db.prepare('PRAGMA wal_checkpoint(PASSIVE)');
    this.#log = () => {
      const row = look.get();
      const frames = Number(row?.['log']);
      return { frames, waiting: frames - Number(row?.['checkpointed']) };
    };
    this.#run = () => {
      try {
        passive.get();
      } catch (error) {
        onFailure(error);
      }
    };
  }

  /** Call it after each batch, once its replies are on their way. */
  afterBatch(): void {
    this.#cancel();
    const { frames, waiting } = this.#log();
    if (waiting === 0) return;
    if (frames >= limits.journal.walFrames) this.#run();
    else if (waiting >= limits.journal.walIdleFrames) this.#cancel = this.#clock.after(limits.journal.walIdle, this.#run);
  }

  stop(): void {
    this.#cancel();
  }
}
