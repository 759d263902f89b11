import { createHash } from 'node:crypto';
import type { ToldOutcome } from './standing.ts';

export interface Marked {
  /** `spec.sources[].name`. */
  readonly source: string;
  readonly ref: string;
  readonly cluster: string;
  readonly outcome: ToldOutcome;
}

/**
 * What a message is known again by: the last line of its text. The same for the same change of Gerrit, ref, cluster and outcome, whatever
 * Headgate calls what brought it: what was denied five times, or found again by a sweep, is told once.
 */
export function markerOf({ source, ref, cluster, outcome }: Marked): string {
  const hash = createHash('sha256').update(JSON.stringify([source, ref, cluster, outcome]));
  return `Headgate-Message: ${hash.digest('hex').slice(0, 16)}`;
}
