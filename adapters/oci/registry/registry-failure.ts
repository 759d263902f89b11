import { HeadgateError, messageOf } from '#core/errors.ts';
import { limits } from '#core/limits.ts';
import { z } from 'zod';
import type { Answer } from './wire.ts';

/** No usable answer: worth trying again. */
export function unreachable(host: string, cause: unknown, retryAfter?: number): HeadgateError {
  const why = cause instanceof AggregateError ? cause.errors.map(messageOf).join('; ') : messageOf(cause);
  const hint = hintFor(cause);
  return new HeadgateError('REGISTRY_UNREACHABLE', `registry ${host}: ${why}`, {
    cause,
    ...(hint === undefined ? {} : { hint }),
    ...(retryAfter === undefined ? {} : { retryAfter }),
  });
}

/** An answer that will not be another one when the same is asked again. */
export function refused(host: string, what: string, hint?: string): HeadgateError {
  return new HeadgateError('REGISTRY_REFUSED', `registry ${host}: ${what}`, hint === undefined ? {} : { hint });
}

/** Codes of OpenSSL and Node for a certificate that is not believed, and for a server that does not speak TLS. */
function hintFor(cause: unknown): string | undefined {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  if (/CERT|ALTNAME|UNABLE_TO|SELF_SIGNED/.test(code))
    return 'Its certificate is not believed: name the authority that signed it in spec.sources[].registries[].ca.';
  if (code === 'EPROTO' || code.startsWith('ERR_SSL')) return 'It does not speak TLS there: check the port, or set plainHttp for it.';
  return undefined;
}

const Errors = z.object({ errors: z.array(z.object({ code: z.string(), message: z.string().optional() })).min(1) });

/** The codes in an answer (OCI distribution-spec, "Error Codes"); empty where it holds none. */
export function codesIn({ body }: Answer): readonly string[] {
  return (errorsIn(body) ?? []).map(({ code }) => code);
}

/** `403 DENIED requested access to the resource is denied`, in one line and bounded. */
export function describe({ status, body }: Answer): string {
  const said = (errorsIn(body) ?? []).map(({ code, message = '' }) => `${code} ${message}`).join('; ');
  const line = `${status} ${said}`.replaceAll(/[\p{Cc}\s]+/gu, ' ').trim();
  return line.length > limits.registry.saidChars ? `${line.slice(0, limits.registry.saidChars)}…` : line;
}

function errorsIn(body: Buffer): z.output<typeof Errors>['errors'] | undefined {
  try {
    return Errors.safeParse(JSON.parse(body.toString('utf8'))).data?.errors;
  } catch {
    return undefined; // a proxy's page, or nothing
  }
}
