import type { Clock } from '#core/clock.ts';
import { finding, type Check } from '#core/finding.ts';
import { formatDuration } from '#core/format-duration.ts';
import type { Checkpoints } from '#core/ports/checkpoints.ts';

/** Whether the chain of records gets its signed checkpoints. */
export function recordsCheck(checkpoints: Checkpoints, clock: Clock): Check {
  const about = 'records';
  return {
    about,
    run() {
      const health = checkpoints.health();
      if (health === null) return Promise.resolve([]);
      const { size, trouble } = health;
      if (trouble === null)
        return Promise.resolve([finding('RECORDS_CHECKPOINT', about, 'good', `records under a signed checkpoint: ${size}`)]);
      const since = formatDuration(clock.now() - trouble.beganAt);
      return Promise.resolve([finding('RECORDS_CHECKPOINT', about, 'bad', `checkpoints fail for ${since}: ${trouble.message}`)]);
    },
  };
}
