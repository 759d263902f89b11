import type { Delivery } from '#core/delivery.ts';
import { limits } from '#core/limits.ts';
import type { Intake } from '#core/ports/journal.ts';

/** The deliveries of one source whose turn it is, oldest first. */
export interface Turn {
  readonly source: string;
  readonly deliveries: readonly Delivery[];
}

/**
 * One turn for every source that has something pending and due, whatever the others have: the journal tells the oldest first, so whoever fills
 * a whole answer is left out of the next question. The shortest turns come first; a long backlog makes its own source wait and no other.
 * @param except sources that have no turn
 */
export async function pendingTurns(journal: Pick<Intake, 'pending'>, except: readonly string[]): Promise<readonly Turn[]> {
  const turns = new Map<string, readonly Delivery[]>();
  for (;;) {
    const due = await journal.pending(limits.journal.pendingBatch, [...except, ...turns.keys()]);
    for (const [source, deliveries] of Map.groupBy(due, (delivery) => delivery.source)) turns.set(source, deliveries);
    if (due.length < limits.journal.pendingBatch) break;
  }
  const listed = [...turns].map(([source, deliveries]) => ({ source, deliveries }));
  return listed.toSorted((one, other) => one.deliveries.length - other.deliveries.length);
}
