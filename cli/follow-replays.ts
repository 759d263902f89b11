import { pause } from '#core/clock.ts';
import { formatDuration } from '#core/format-duration.ts';
import { limits } from '#core/limits.ts';
import type { ApiClient } from './api-client.ts';
import { exitCodes, type ExitCode } from './exit-codes.ts';
import { findStories, type Found } from './find-stories.ts';
import { tell, type Io } from './io.ts';
import type { ReplayItem } from './replay-schema.ts';
import { isFoundOver } from './trace.ts';

/** What has come of replays by now, or when all of it is over. @param wait milliseconds */
export async function followReplays(io: Io, client: ApiClient, items: readonly ReplayItem[], wait: number): Promise<Found> {
  const latest = io.clock.monotonic() + wait;
  const found = new Map<string, Found>();
  const open = new Set(items.flatMap(({ replay }) => replay ?? []));
  if (open.size > 0) tell(io, '► waiting for the outcome');
  for (;;) {
    for (const id of open) {
      const now = await findStories(client, id);
      found.set(id, now);
      if (isFoundOver(now)) open.delete(id);
    }
    if (open.size === 0 || io.signal.aborted || io.clock.monotonic() >= latest) break;
    await pause(io.clock, Math.min(limits.cli.watchInterval, Math.max(0, latest - io.clock.monotonic())), io.signal);
  }
  const all = [...found.values()];
  return { stories: all.flatMap(({ stories }) => stories), deliveries: all.flatMap(({ deliveries }) => deliveries), more: false };
}

/** One line, and the exit code: the worst of all. */
export function followVerdict(io: Io, found: Found, wait: number): ExitCode {
  const denied = found.stories.some(({ decisions }) => decisions.some(({ verdict }) => verdict !== 'allow'));
  const failed = found.stories.some(({ reconciles }) => reconciles.some(({ outcome, reason }) => isFailure(outcome, reason)));
  if (denied || failed) {
    tell(io, denied ? '✗ denied' : '✗ not applied');
    return exitCodes.failed;
  }
  if (!isFoundOver(found)) {
    tell(io, `✗ no outcome within ${formatDuration(wait)}`);
    return exitCodes.timedOut;
  }
  tell(io, '✔ done');
  return exitCodes.ok;
}

function isFailure(outcome: string | null, reason: string | null): boolean {
  if (outcome === 'skipped') return reason === 'suspended';
  return outcome === 'failed' || outcome === 'stalled' || outcome === 'timed_out';
}
