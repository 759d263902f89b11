import type { Journal } from '#core/ports/journal.ts';

/** An empty journal, and what the suite may do to the world around it. */
export interface JournalUnderTest {
  /** The journal as it is open now. */
  readonly journal: Journal;
  /** Lets time pass: leases expire and back-offs end. */
  elapse(ms: number): Promise<void>;
  /** Moves the wall clock alone, as an administrator or NTP would. */
  jump(ms: number): void;
  /**
   * Closes the journal and opens it again, as a restart does; `journal` is the new one then.
   * @param sinks whom it keeps news for from now on; absent = for those that it kept them for before, at first nobody
   */
  reopen(sinks?: readonly string[]): Promise<void>;
  /** Closes and removes it. */
  destroy(): Promise<void>;
  /** Whether several processes may have it open: then what one was deferred until holds for all of them, through its restart too. */
  readonly shared: boolean;
  /** How long a lease lasts, milliseconds. */
  readonly leaseMs: number;
}

export type Opened = () => JournalUnderTest;
