import { HeadgateError } from '#core/errors.ts';
import { parseJson } from '#core/json.ts';
import { limits } from '#core/limits.ts';

/** The JSON of an API request: what is wrong with it is the request's fault, not a payload's. @throws HeadgateError REQUEST_INVALID */
export function jsonOf(bytes: Uint8Array): unknown {
  try {
    return parseJson(bytes, limits.http.jsonDepth);
  } catch (cause) {
    if (cause instanceof HeadgateError) throw new HeadgateError('REQUEST_INVALID', cause.message, { cause });
    throw cause;
  }
}
