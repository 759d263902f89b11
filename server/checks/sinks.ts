import type { Clock } from '#core/clock.ts';
import { finding, type Check, type Finding } from '#core/finding.ts';
import { formatDuration } from '#core/format-duration.ts';
import { limits } from '#core/limits.ts';
import type { SinkHealth } from '#core/ports/sink.ts';

/** Whether everyone who is to be told of news has been: what waits, since when and why. No check where nobody is to be told. */
export function sinksCheck(sinks: { health(): Promise<readonly SinkHealth[]> }, clock: Clock): Check {
  return { about: 'sinks', run: async () => (await sinks.health()).map((sink) => sinkFinding(sink, clock.now())) };
}

function sinkFinding({ name, oldestAt, trouble }: SinkHealth, now: number): Finding {
  const waits = oldestAt === null ? '' : `, the oldest news wait for ${formatDuration(now - oldestAt)}`;
  if (trouble !== null) {
    const since = formatDuration(now - trouble.beganAt);
    return finding('SINK_TOLD', 'sinks', 'warning', `${name}: cannot be told for ${since}${waits}: ${trouble.message} [${trouble.code}]`);
  }
  if (oldestAt !== null && now - oldestAt > limits.cli.oldestWaiting)
    return finding('SINK_TOLD', 'sinks', 'warning', `${name}: behind${waits}`);
  return finding('SINK_TOLD', 'sinks', 'good', `${name}: told of all news${waits}`);
}
