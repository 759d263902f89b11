import type { Clock } from '#core/clock.ts';

/** @param seconds from handing the batch over until it was on stable storage */
export type OnCommit = (operations: number, seconds: number) => void;

/** Tells how long a batch takes; there is never more than one under way. */
export interface CommitTimer {
  begin(): void;
  end(operations: number): void;
}

export const untimed: CommitTimer = { begin() {}, end() {} };

export function timed(clock: Clock, onCommit: OnCommit | undefined): CommitTimer {
  if (!onCommit) return untimed;
  let begun = 0;
  return {
    begin: () => void (begun = clock.monotonic()),
    end: (operations) => onCommit(operations, (clock.monotonic() - begun) / 1_000),
  };
}
