import { isUtf8 } from 'node:buffer';
import { HeadgateError } from '#core/errors.ts';

/**
 * Parses JSON that came from outside: UTF-8, nested at most `maxDepth` deep (deep nesting costs seconds, and what
 * comes of it makes later JSON.stringify throw). Nothing is known of the result: parse it with a schema.
 * @throws HeadgateError PAYLOAD_INVALID
 */
export function parseJson(bytes: Uint8Array, maxDepth: number): unknown {
  if (!isUtf8(bytes)) throw new HeadgateError('PAYLOAD_INVALID', 'the body is not UTF-8');
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
  if (!hasAtMost(text, maxDepth) && isDeeperThan(text, maxDepth))
    throw new HeadgateError('PAYLOAD_INVALID', `the JSON is nested more than ${maxDepth} deep`);
  try {
    return JSON.parse(text);
  } catch (cause) {
    // The parser's own message quotes the body, which has no place in logs.
    throw new HeadgateError('PAYLOAD_INVALID', 'the body is not JSON', { cause });
  }
}

/**
 * Whether so few brackets open that they cannot nest deeper than `max`: true of most pushes, and found in a fifth of the time that
 * looking at their order takes. GitHub's URL templates (`{/sha}`) do not count: what JSON opens never begins with a slash.
 */
function hasAtMost(text: string, max: number): boolean {
  let left = max;
  for (const bracket of '{[') {
    for (let at = text.indexOf(bracket); at >= 0; at = text.indexOf(bracket, at + 1)) {
      if (text.charCodeAt(at + 1) !== 0x2f && left-- === 0) return false;
    }
  }
  return true;
}

/** Whether brackets outside strings nest deeper than `max`; one pass, no recursion. Strings are skipped by search: they are most of a payload. */
export function isDeeperThan(text: string, max: number): boolean {
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    const char = text.charCodeAt(i);
    if (char === 0x22) i = endOfString(text, i);
    else if (char === 0x5b || char === 0x7b) depth++;
    else if (char === 0x5d || char === 0x7d) depth--;
    if (depth > max) return true;
  }
  return false;
}

/** Index of the quote that closes the string opened at `start`; the end when none does. */
function endOfString(text: string, start: number): number {
  let end = text.indexOf('"', start + 1);
  while (end >= 0 && isEscaped(text, end)) end = text.indexOf('"', end + 1);
  return end < 0 ? text.length : end;
}

function isEscaped(text: string, quote: number): boolean {
  let at = quote;
  while (text.charCodeAt(at - 1) === 0x5c) at--;
  return (quote - at) % 2 === 1;
}

/** Whether a value of JSON, or what YAML came to, is an object: neither null nor a list. */
export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
