import type { Clock } from '#core/clock.ts';
import { limits } from '#core/limits.ts';

/** What of an answer tells about limits: docs.github.com "Rate limits for the REST API". */
export interface LimitedAnswer {
  readonly status: number;
  readonly message: string;
  /** By lower-case name. */
  readonly header: (name: string) => string | undefined;
}

/** For how long GitHub is not to be asked, milliseconds; undefined when the answer is about something else. */
export function limitedFor({ status, message, header }: LimitedAnswer, clock: Pick<Clock, 'now'>): number | undefined {
  if (status !== 403 && status !== 429) return undefined;
  const seconds = numberOf(header('retry-after'));
  if (seconds !== undefined) return seconds * 1_000;
  const reset = numberOf(header('x-ratelimit-reset'));
  if (header('x-ratelimit-remaining') === '0' && reset !== undefined) return reset * 1_000 - theirNow(header('date'), clock);
  return status === 429 || /rate limit/i.test(message) ? limits.github.limitedDefault : undefined;
}

/** The reset is a moment of GitHub's clock, which need not be ours. */
function theirNow(date: string | undefined, clock: Pick<Clock, 'now'>): number {
  const theirs = Date.parse(date ?? '');
  return Number.isNaN(theirs) ? clock.now() : theirs;
}

function numberOf(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,12}$/.test(text) ? Number(text) : undefined;
}
