import type { Announcer } from '#core/announcements.ts';
import type { Delivery } from '#core/delivery.ts';
import type { Inventory } from '#core/ports/clusters.ts';
import type { Archive, DeliveryLog, Intake, Match } from '#core/ports/journal.ts';
import type { Queue } from '#core/ports/queue.ts';
import type { SourceAdapter } from '#core/ports/source-adapter.ts';
import type { Log, Metrics } from '#core/ports/telemetry.ts';
import type { PolicyChanges } from '#handlers/policies/policy-changes.ts';
import type { Deciding } from '#handlers/deciding.ts';
import type { SeenHeads } from '#handlers/seen-heads.ts';

/** What taking deliveries through the flow needs. */
export interface DeliveryHandling extends Deciding {
  readonly journal: Intake & Pick<DeliveryLog, 'append'> & Pick<Archive, 'changes' | 'delivery'>;
  readonly queue: Pick<Queue, 'enqueue'>;
  readonly inventory: Deciding['inventory'] & Pick<Inventory, 'health' | 'sources'>;
  readonly adapters: ReadonlyMap<string, SourceAdapter>;
  /** What looks have just seen. */
  readonly seen: SeenHeads;
  readonly announcer: Announcer;
  readonly log: Log;
  readonly metrics: Metrics;
  /** What changes of the policies themselves go through; absent where they come from no repository. */
  readonly policyChanges?: PolicyChanges;
  /** Told of every denial, so that it can be shown on the target. Must not throw. */
  readonly onDecided: (match: Match) => void;
}

/** As much of a delivery as handling looks at. */
export type Handled = Pick<Delivery, 'id' | 'source' | 'kind' | 'receivedAt' | 'attempts' | 'hint'>;
