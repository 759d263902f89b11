import type { Clock } from '#core/clock.ts';
import { finding, type Check } from '#core/finding.ts';
import { formatDuration } from '#core/format-duration.ts';
import type { SourceRates } from '#server/intake/source-rates.ts';

/** Of each source that was flooded lately. One that was not has nothing to say. */
export function rateChecks(sources: Iterable<string>, rates: Pick<SourceRates, 'floodOf'>, clock: Clock): readonly Check[] {
  return [...sources].map((name) => {
    const about = `source ${name}`;
    return {
      about,
      run() {
        const flood = rates.floodOf(name);
        if (!flood) return Promise.resolve([]);
        const { requests, since, last, rate } = flood;
        const [began, ended] = [since, last].map((at) => formatDuration(clock.now() - at));
        const message = `${requests} deliveries refused, the first ${began} ago and the last ${ended} ago: more came than ${rate.perSecond} per second`;
        return Promise.resolve([finding('SOURCE_RATE', about, 'warning', message)]);
      },
    };
  });
}
