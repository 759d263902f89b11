import type { Clock } from '#core/clock.ts';

/** What a back end is asked about itself and the way to its host. */
export interface BackEndQuestion {
  /** `source hg`. */
  readonly about: string;
  /** Full names; a bounded number of them. */
  readonly repositories: readonly string[];
  readonly clock: Clock;
}
