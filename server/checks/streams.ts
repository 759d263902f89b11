import type { Clock } from '#core/clock.ts';
import { finding, type Check, type Finding, type Severity } from '#core/finding.ts';
import { formatDuration } from '#core/format-duration.ts';
import type { StreamHealth, StreamState } from '#core/ports/event-stream.ts';
import type { SourceAdapter } from '#core/ports/source-adapter.ts';

const severities: Readonly<Record<StreamState, Severity>> = {
  streaming: 'good',
  stopped: 'unknown',
  connecting: 'unknown',
  waiting: 'warning',
  mute: 'warning',
  'wrong-key': 'bad',
  'not-permitted': 'bad',
  'host-key-changed': 'bad',
  misconfigured: 'bad',
};

/** Whether each source that has a stream of events is listened to, and what is wrong where it is not. */
export function streamChecks(sources: Iterable<Pick<SourceAdapter, 'name' | 'stream'>>, clock: Clock): readonly Check[] {
  return [...sources].flatMap(({ name, stream }) => {
    const about = `source ${name}`;
    return stream ? [{ about, run: () => Promise.resolve([streamFinding(about, stream.health(), clock.now())]) }] : [];
  });
}

function streamFinding(about: string, { state, since, message, heardAt }: StreamHealth, now: number): Finding {
  const heard = heardAt === null ? 'no event yet' : `the last event ${formatDuration(now - heardAt)} ago`;
  const words = `event stream: ${state} for ${formatDuration(now - since)}, ${heard}`;
  return finding('SOURCE_STREAM', about, severities[state], message === null ? words : `${words}: ${message}`);
}
