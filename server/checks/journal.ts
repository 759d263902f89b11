import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Clock } from '#core/clock.ts';
import { finding, type Check, type Finding } from '#core/finding.ts';
import { formatBytes } from '#core/format-bytes.ts';
import { formatDuration } from '#core/format-duration.ts';
import { limits } from '#core/limits.ts';
import type { DeliveryLog, Intake, Upkeep } from '#core/ports/journal.ts';
import { diskFinding } from './disk.ts';

export interface JournalCheckDeps {
  readonly clock: Clock;
  readonly journal: Pick<DeliveryLog, 'writable'> & Pick<Intake, 'pending'> & Pick<Upkeep, 'counts'>;
  /** The journal's file; null where it has none. */
  readonly path: string | null;
  /** Milliseconds. */
  readonly retention: { readonly bodies: number; readonly records: number };
}

const about = 'journal';

export function journalCheck(deps: JournalCheckDeps): Check {
  return {
    about,
    async run() {
      const [writable, counts, oldest] = await Promise.all([deps.journal.writable(), deps.journal.counts(), deps.journal.pending(1)]);
      const waits = oldest[0] === undefined ? 0 : deps.clock.now() - oldest[0].receivedAt;
      const work = `reconciles queued: ${counts.queued}, under observation: ${counts.observing}`;
      return [
        writable
          ? finding('JOURNAL_WRITABLE', about, 'good', `writable; ${work}`)
          : finding('JOURNAL_WRITABLE', about, 'bad', 'not writable: deliveries are refused with 503'),
        pendingFinding(counts.deliveries.pending, waits),
        deadFinding(counts.deliveries.dead),
        ...(deps.path === null ? [] : await fileFindings(deps.path, deps.retention)),
      ];
    },
  };
}

function pendingFinding(pending: number, waits: number): Finding {
  const message = `deliveries pending: ${pending}`;
  if (waits < limits.cli.oldestWaiting) return finding('JOURNAL_PENDING', about, 'good', message);
  return finding('JOURNAL_PENDING', about, 'warning', `${message}, the oldest for ${formatDuration(waits)}`);
}

function deadFinding(dead: number): Finding {
  if (dead === 0) return finding('JOURNAL_DEAD', about, 'good', 'no deliveries were given up');
  return finding('JOURNAL_DEAD', about, 'warning', `deliveries that could not be handled: ${dead}`);
}

async function fileFindings(path: string, retention: JournalCheckDeps['retention']): Promise<readonly Finding[]> {
  return [await sizeFinding(path, retention), await diskFinding(about, dirname(path))];
}

async function sizeFinding(path: string, retention: JournalCheckDeps['retention']): Promise<Finding> {
  const [file, log] = await Promise.all([sizeOf(path), sizeOf(`${path}-wal`)]);
  const kept = `bodies are kept for ${formatDuration(retention.bodies)}, records for ${formatDuration(retention.records)}`;
  const message = `${formatBytes(file)}, write-ahead log ${formatBytes(log)}; ${kept}`;
  return finding('JOURNAL_SIZE', about, log > limits.check.walBytes ? 'warning' : 'good', message);
}

/** SQLite removes its log when the last connection closes. */
async function sizeOf(path: string): Promise<number> {
  return stat(path).then(
    ({ size }) => size,
    () => 0,
  );
}
