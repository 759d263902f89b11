import type { Fetched } from '#adapters/http-fetch.ts';
import type { Clock } from '#core/clock.ts';
import { limits } from '#core/limits.ts';

const { limitedDefault } = limits.gerritRest;

/**
 * For how long Gerrit is not to be asked, milliseconds; undefined when the answer is about something else. Gerrit answers 429 by its quota
 * plugins, proxies in front of it as well; a 503 counts when it says when to come back (RFC 9110 §15.6.4).
 */
export function limitedFor({ status, headers }: Pick<Fetched, 'status' | 'headers'>, clock: Pick<Clock, 'now'>): number | undefined {
  const after = headers.get('retry-after');
  if (status !== 429 && (status !== 503 || after === undefined)) return undefined;
  return after === undefined ? limitedDefault : waitOf(after, clock);
}

/** Seconds, or a date (RFC 9110 §10.2.3), in milliseconds from now. */
function waitOf(after: string, clock: Pick<Clock, 'now'>): number {
  if (/^\d{1,9}$/.test(after)) return Number(after) * 1_000;
  const at = Date.parse(after);
  return Number.isNaN(at) ? limitedDefault : at - clock.now();
}
