import { HeadgateError } from '#core/errors.ts';
import { limits } from '#core/limits.ts';
import { readSince } from './duration.ts';

/** Which deliveries are meant: those that are named, or those of a span of time. */
export interface SelectionOptions {
  readonly since?: string;
  readonly until?: string;
  readonly source?: string;
  readonly repository?: string;
  readonly state?: string;
  readonly dryRun?: true;
}

/** The body of `POST /v1/replays`. @throws HeadgateError USAGE */
export function replayBody(now: number, names: readonly string[], options: SelectionOptions): object {
  const { since, until, source, repository, state } = options;
  const dryRun = options.dryRun === true;
  const moments = {
    ...(since === undefined ? {} : { since: moment(since, now) }),
    ...(until === undefined ? {} : { until: moment(until, now) }),
  };
  const filters = Object.fromEntries(Object.entries({ source, repository, state }).filter(([, value]) => value !== undefined));
  if (names.length === 0) {
    if (since === undefined) throw usage('name deliveries, or a span of time by --since');
    return { ...moments, ...filters, dryRun };
  }
  const [extra] = Object.keys({ ...moments, ...filters });
  if (extra !== undefined) throw usage(`--${extra} goes with a span of time, not with deliveries that are named`);
  if (names.length > limits.replay.deliveries) throw usage(`at most ${limits.replay.deliveries} deliveries are replayed at once`);
  return { deliveries: names, dryRun };
}

function moment(text: string, now: number): string {
  return new Date(readSince(text, now)).toISOString();
}

function usage(message: string): HeadgateError {
  return new HeadgateError('USAGE', message, { hint: 'For example `headgate replay --since 2h --state dead --dry-run`.' });
}
