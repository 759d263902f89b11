import type { Match, Progress } from '#core/ports/journal.ts';

/** Takes note of what is written, in the same transaction. */
export interface Notes {
  decided(match: Pick<Match, 'change' | 'decisions' | 'reconciles'>): void;
  /** Call before the queued reconciles of the target that are older than `seq` end `superseded`. */
  superseding(target: string, seq: number, now: number): void;
  /** Call before the progress is written; what it answers, after it has been. */
  progressing(reconcile: string, progress: Progress, now: number): () => void;
}

/** Both take note, the first one first. */
export function together(first: Notes, second: Notes): Notes {
  return {
    decided(match) {
      first.decided(match);
      second.decided(match);
    },
    superseding(target, seq, now) {
      first.superseding(target, seq, now);
      second.superseding(target, seq, now);
    },
    progressing(reconcile, progress, now) {
      const [one, other] = [first.progressing(reconcile, progress, now), second.progressing(reconcile, progress, now)];
      return () => {
        one();
        other();
      };
    },
  };
}
