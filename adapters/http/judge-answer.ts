import { HeadgateError } from '#core/errors.ts';
import { limits } from '#core/limits.ts';
import type { PostAnswer } from '#core/ports/json-post.ts';

/** Client errors that may pass by themselves: timeout, conflict, too early, too many requests (RFC 9110 §15.5, RFC 8470, RFC 6585). */
const passing: ReadonlySet<number> = new Set([408, 409, 425, 429]);

/**
 * Returns when an answer says that what was sent was taken.
 * @param place where it came from, for the message
 * @param text the beginning of its body
 * @param now milliseconds since the epoch
 * @throws HeadgateError SINK_REFUSED, SINK_UNREACHABLE
 */
export function judgeAnswer(place: string, answer: PostAnswer, text: string, now: number): void {
  const { status } = answer;
  if (status >= 200 && status < 300) return;
  const said = inOneLine(text);
  const message = `${place} answers ${status}${said === '' ? '' : `: ${said}`}`;
  if (status >= 300 && status < 500 && !passing.has(status)) throw new HeadgateError('SINK_REFUSED', message);
  const retryAfter = retryAfterOf(answer.header('retry-after'), now);
  throw new HeadgateError('SINK_UNREACHABLE', message, retryAfter === undefined ? {} : { retryAfter });
}

/** Seconds, or a date (RFC 9110 §10.2.3), in milliseconds from now. */
function retryAfterOf(value: string | undefined, now: number): number | undefined {
  if (value === undefined) return undefined;
  if (/^\d{1,9}$/.test(value)) return Number(value) * 1_000;
  const at = Date.parse(value);
  return Number.isNaN(at) ? undefined : Math.max(0, at - now);
}

/** What an answer says, for a log line. */
function inOneLine(text: string): string {
  const line = text.replaceAll(/[\p{Cc}\s]+/gu, ' ').trim();
  return line.length > limits.tell.saidChars ? `${line.slice(0, limits.tell.saidChars)}…` : line;
}
