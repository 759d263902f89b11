import { isUtf8 } from 'node:buffer';
import { HeadgateError } from '#core/errors.ts';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/**
 * Parses JSON that came from outside: UTF-8, nested at most `maxDepth` deep (deep nesting costs seconds, and what
 * comes of it makes later JSON.stringify throw). Nothing is known of the result: parse it with a schema.
 * @throws HeadgateError PAYLOAD_INVALID
 */
export function parseJson(bytes: Uint8Array, maxDepth: number): unknown {
  if (!isUtf8(bytes)) throw new HeadgateError('PAYLOAD_INVALID', 'the body is not UTF-8');
  if (isDeeperThan(bytes, maxDepth)) throw new HeadgateError('PAYLOAD_INVALID', `the JSON is nested more than ${maxDepth} deep`);
  try {
    return JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8'));
  } catch (cause) {
    // The parser's own message quotes the body, which has no place in logs.
    throw new HeadgateError('PAYLOAD_INVALID', 'the body is not JSON', { cause });
  }
}

/** Whether brackets outside strings nest deeper than `max`; one pass over the bytes, no recursion. */
export function isDeeperThan(bytes: Uint8Array, max: number): boolean {
  let depth = 0;
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i];
    if (byte === QUOTE) i = endOfString(bytes, i);
    else if (byte === 0x5b || byte === 0x7b) depth++;
    else if (byte === 0x5d || byte === 0x7d) depth--;
    if (depth > max) return true;
  }
  return false;
}

/** Index of the quote that closes the string opened at `start`; the end when none does. */
function endOfString(bytes: Uint8Array, start: number): number {
  let end = bytes.indexOf(QUOTE, start + 1);
  while (end >= 0 && isEscaped(bytes, end)) end = bytes.indexOf(QUOTE, end + 1);
  return end < 0 ? bytes.length : end;
}

function isEscaped(bytes: Uint8Array, quote: number): boolean {
  let at = quote;
  while (bytes[at - 1] === BACKSLASH) at--;
  return (quote - at) % 2 === 1;
}
