import type { SimulatedClock } from '#core/simulated-clock.ts';
import type { JournalUnderTest } from '../../conformance/journal.ts';

/** A journal under test that outlives reopening and crashes. */
export interface JournalWorld extends JournalUnderTest {
  readonly clock: SimulatedClock;
  /** Goes on after a crash: nothing has been closed. */
  crash(): Promise<void>;
}
