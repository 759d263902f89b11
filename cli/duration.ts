import { parseDuration } from '#config/duration.ts';
import { HeadgateError } from '#core/errors.ts';

export { formatAge, formatDuration } from '#core/format-duration.ts';

/**
 * Reads a duration such as `90s`, `1h30m`, `7d`.
 * @returns milliseconds
 * @throws HeadgateError USAGE
 */
export function readDuration(text: string): number {
  const ms = parseDuration(text);
  if (ms !== undefined) return ms;
  throw new HeadgateError('USAGE', `${text} is not a duration`, { hint: 'Write it like 90s, 15m, 1h30m or 7d.' });
}

/**
 * A moment: a duration before `now`, or RFC 3339.
 * @returns milliseconds since the epoch
 * @throws HeadgateError USAGE
 */
export function readSince(text: string, now: number): number {
  if (!/^\d{4}-\d{2}-\d{2}/.test(text)) return now - readDuration(text);
  const moment = Date.parse(text);
  if (!Number.isNaN(moment)) return moment;
  throw new HeadgateError('USAGE', `${text} is not a moment`, { hint: 'Write 1h, or 2026-01-31T10:00:00Z.' });
}
