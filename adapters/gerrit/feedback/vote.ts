import type { GerritFeedback } from '../schema.ts';
import type { Standing, ToldOutcome } from './standing.ts';

export type FeedbackLabel = NonNullable<GerritFeedback['label']>;

/** As `labels` of a ReviewInput wants it. */
export type Votes = Readonly<Record<string, number>>;

const GOOD: ReadonlySet<ToldOutcome | null> = new Set(['applied', 'unchanged']);
const BAD: ReadonlySet<ToldOutcome | null> = new Set(['failed', 'stalled', 'timed_out']);

/**
 * The vote that goes with a message. A change has one vote of ours, whatever clusters it goes to, and Gerrit lets no vote on a merged change
 * be lowered: so `applied` is said when it is true of every target of every cluster, `failed` as soon as it is of one.
 * @param standings of the whole change
 * @param waits whether there are clusters that the change was not compared with yet
 */
export function voteOf(label: FeedbackLabel | undefined, outcome: ToldOutcome, standings: readonly Standing[], waits: boolean): Votes {
  if (label === undefined) return {};
  const { name, applied, failed } = label;
  if (BAD.has(outcome)) return failed === undefined ? {} : { [name]: failed };
  const everywhere = !waits && outcome === 'applied' && standings.every((one) => GOOD.has(one.outcome));
  return everywhere ? { [name]: applied } : {};
}
