import type { IncomingMessage } from 'node:http';
import { z } from 'zod';
import type { Clock } from '#core/clock.ts';
import { HeadgateError } from '#core/errors.ts';
import { limits } from '#core/limits.ts';

/** A filter's value. */
export const filterText = z.string().min(1).max(limits.http.filterChars).exactOptional();

/** Parameters that every list takes. */
export const pageShape = {
  limit: z
    .string()
    .regex(/^[1-9]\d{0,5}$/, `must be a number from 1 to ${limits.journal.pageMax}`)
    .transform(Number)
    .refine((limit) => limit <= limits.journal.pageMax, `must be at most ${limits.journal.pageMax}`)
    .default(limits.journal.pageDefault),
  cursor: z.string().min(1).max(limits.http.cursorChars).nullable().default(null),
  watch: z
    .enum(['1', 'true', '0', 'false'])
    .transform((text) => text === '1' || text === 'true')
    .default(false),
} as const;

/** `since`, where it may be left out. */
export function sinceParameter(clock: Clock): z.ZodExactOptional<z.ZodType<number, string>> {
  return momentSchema(clock).exactOptional();
}

/** A moment in RFC 3339, or how long ago: `90s`, `30m`, `12h`, `7d`. */
export function momentSchema(clock: Clock): z.ZodType<number, string> {
  return z
    .string()
    .max(64)
    .transform((text, context) => {
      const ago = durationOf(text);
      const at = ago === undefined ? momentOf(text) : clock.now() - ago;
      if (at !== undefined) return at;
      context.addIssue({ code: 'custom', message: 'must be a moment in RFC 3339 or a duration such as 30m' });
      return z.NEVER;
    });
}

/** Milliseconds of `90s`, `30m`, `12h`, `7d`, `500ms`; undefined when the text is no duration. */
export function durationOf(text: string): number | undefined {
  const [, digits, unit] = /^(\d{1,9})(ms|s|m|h|d)$/.exec(text) ?? [];
  const factor = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }[unit ?? ''];
  return digits === undefined || factor === undefined ? undefined : Number(digits) * factor;
}

/**
 * Parses a request's query strictly: a misspelt filter must not answer with everything.
 * @throws HeadgateError REQUEST_INVALID naming each parameter that is unknown, repeated or malformed
 */
export function parseQuery<T>(request: Pick<IncomingMessage, 'url'>, schema: z.ZodType<T>): T {
  const given = new URLSearchParams(request.url?.split('?')[1]);
  const names = [...given.keys()];
  const repeated = names.find((name, i) => names.indexOf(name) !== i);
  if (repeated !== undefined) throw new HeadgateError('REQUEST_INVALID', `${repeated} is given twice`);
  return parseRequest(Object.fromEntries(given), schema);
}

/** @throws HeadgateError REQUEST_INVALID naming each field that is unknown or malformed */
export function parseRequest<T>(value: unknown, schema: z.ZodType<T>): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map((issue) => [issue.path.join('.'), issue.message].filter(Boolean).join(': '));
  throw new HeadgateError('REQUEST_INVALID', faults.join('; '));
}

function momentOf(text: string): number | undefined {
  return z.iso.datetime({ offset: true }).safeParse(text).success ? Date.parse(text) : undefined;
}
