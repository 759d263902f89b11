import { HeadgateError, messageOf } from '#core/errors.ts';
import { limits } from '#core/limits.ts';
import type { LogFields } from '#core/ports/telemetry.ts';

const censored = '[redacted]';

/** Names under which a secret could come along, wherever they stand in a field. */
const secretName =
  /authori[sz]ation|cookie|secret|password|passphrase|token|signature|credential|api[-_]?key|private|^(body|headers|payload)$/i;

/** `https://user:password@host`: in messages of programs that put URLs into them. */
const userInUrl = /([a-z][a-z0-9+.-]*:\/\/)[^\s/@]+@/gi;

/** Bearer tokens and signatures in running text. */
const tokenInText = /\b(Bearer\s+|sha(?:1|256)=)[\w.~+/=-]{8,}/gi;

/**
 * Fields as they may be written: secrets and raw input censored by name, credentials cut out of texts, errors by message.
 * A defect's stack is kept: it is what is asked for when it is reported.
 */
export function loggable(fields: LogFields): Record<string, unknown> {
  const written: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(fields)) {
    if (value === undefined) continue;
    written[name] = cleanField(name, value, 0);
    if (value instanceof Error && !(value instanceof HeadgateError)) written['stack'] = cleanText(value.stack ?? '');
  }
  return written;
}

/** A text without credentials, bounded. */
export function cleanText(text: string): string {
  const cleaned =
    text.includes('://') || text.includes('=') || /bearer/i.test(text)
      ? text.replace(userInUrl, `$1${censored}@`).replace(tokenInText, `$1${censored}`)
      : text;
  return cleaned.length > limits.log.textChars ? `${cleaned.slice(0, limits.log.textChars)}…` : cleaned;
}

function cleanField(name: string, value: unknown, depth: number): unknown {
  if (typeof value === 'string') return secretName.test(name) ? censored : cleanText(value);
  if (typeof value === 'number' || typeof value === 'boolean' || value === null) return value;
  if (secretName.test(name)) return censored;
  if (typeof value === 'object') return cleanObject(value, depth);
  return typeof value === 'bigint' ? `${value}` : `(${typeof value})`; // functions and symbols have nothing to say
}

function cleanObject(value: object, depth: number): unknown {
  if (value instanceof Error) return cleanText(messageOf(value));
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? '(no date)' : value.toISOString(); // toISOString throws then
  if (ArrayBuffer.isView(value)) return `${value.byteLength} bytes`;
  if (depth >= limits.log.depth) return '…';
  if (Array.isArray(value)) return value.slice(0, limits.log.items).map((item) => cleanField('', item, depth + 1));
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, cleanField(name, field, depth + 1)]));
}
