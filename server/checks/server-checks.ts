import type { Clock } from '#core/clock.ts';
import { finding, type Check } from '#core/finding.ts';
import type { JournalConfig } from '#config/stores-schema.ts';
import { formatDuration } from '#core/format-duration.ts';
import { limits } from '#core/limits.ts';
import type { Inventory } from '#core/ports/clusters.ts';
import type { Queue } from '#core/ports/queue.ts';
import { inventoryChecks } from './clusters.ts';
import { journalCheck, type JournalCheckDeps } from './journal.ts';

export interface ServerChecksDeps {
  readonly version: string;
  readonly clock: Clock;
  readonly config: {
    readonly clusters: readonly { readonly name: string }[];
    readonly journal: JournalConfig;
    readonly retention: JournalCheckDeps['retention'];
  };
  readonly journal: JournalCheckDeps['journal'];
  readonly inventory: Pick<Inventory, 'health' | 'sources'>;
  readonly queue: Pick<Queue, 'stats'>;
}

/** What only a running server can tell of itself. */
export function serverChecks({ version, clock, config, journal, inventory, queue }: ServerChecksDeps): readonly Check[] {
  const started = clock.monotonic();
  return [
    {
      about: 'server',
      run() {
        const up = formatDuration(clock.monotonic() - started);
        return Promise.resolve([finding('SERVER_RUNNING', 'server', 'good', `version ${version}, up for ${up}`)]);
      },
    },
    journalCheck({ clock, journal, path: config.journal.sqlite?.path ?? null, retention: config.retention }),
    queueCheck(queue),
    ...inventoryChecks(
      inventory,
      config.clusters.map(({ name }) => name),
    ),
  ];
}

function queueCheck(queue: Pick<Queue, 'stats'>): Check {
  const about = 'queue';
  return {
    about,
    run() {
      const { waiting, active, retrying, oldestMs } = queue.stats();
      const message = `waiting: ${waiting}, active: ${active}, retrying: ${retrying}`;
      if (retrying === 0 && oldestMs < limits.cli.oldestWaiting) return Promise.resolve([finding('QUEUE_WAITING', about, 'good', message)]);
      return Promise.resolve([finding('QUEUE_WAITING', about, 'warning', `${message}, the oldest waits for ${formatDuration(oldestMs)}`)]);
    },
  };
}
