import { HeadgateError } from '#core/errors.ts';
import { limits } from '#core/limits.ts';
import type { InboundRequest } from '#core/ports/source-adapter.ts';

type Headers = InboundRequest['headers'];

/** A header sent twice could be read differently by a proxy and by us. @throws HeadgateError HEADER_INVALID */
export function singleHeader(headers: Headers, name: string): string | undefined {
  const values = headers[name] ?? [];
  if (values.length > 1) throw new HeadgateError('HEADER_INVALID', `${name} is sent ${values.length} times`);
  return values[0];
}

/** @throws HeadgateError HEADER_INVALID where it is absent, sent twice, or of another form */
export function wellFormedHeader(headers: Headers, name: string, form: RegExp): string {
  const value = singleHeader(headers, name);
  if (value !== undefined && form.test(value)) return value;
  throw new HeadgateError('HEADER_INVALID', value === undefined ? `no ${name} header` : `malformed ${name} header`);
}

/** `type/subtype` of a `content-type`, in lower case, without its parameters (RFC 9110 section 8.3.1). */
export function mediaTypeOf(contentType: string | undefined): string | undefined {
  return contentType?.split(';', 1)[0]?.trim().toLowerCase();
}

/** @throws HeadgateError CONTENT_TYPE_UNSUPPORTED, with `otherwise` as its message, unless exactly one header says `application/json` */
export function requireJson(headers: Headers, otherwise: string): void {
  const [type, ...more] = headers['content-type'] ?? [];
  if (more.length === 0 && mediaTypeOf(type) === 'application/json') return;
  throw new HeadgateError('CONTENT_TYPE_UNSUPPORTED', otherwise);
}

/** The headers that are kept with a delivery: those of `names` that are sent once, and are not too long. */
export function keptHeaders(headers: Headers, names: readonly string[]): Readonly<Record<string, string>> {
  const pairs = names.flatMap((name) => {
    const [value, ...more] = headers[name] ?? [];
    return value === undefined || more.length > 0 || value.length > limits.hint.headerChars ? [] : [[name, value] as const];
  });
  return Object.fromEntries(pairs);
}
