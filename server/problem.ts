import type { ServerResponse } from 'node:http';
import { errorCodes } from '#core/error-codes.ts';
import { HeadgateError } from '#core/errors.ts';
import { limits } from '#core/limits.ts';

/** An error as `application/problem+json` (RFC 9457) carries it. */
interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly code: string;
  readonly detail: string;
  readonly hint: string;
}

/** Why a signature or token failed is for the log alone: whoever probes learns the code and nothing more. */
const secretive: ReadonlySet<string> = new Set(['SIGNATURE_INVALID', 'SIGNATURE_MISSING', 'UNAUTHENTICATED', 'INTERNAL']);

function problemOf(error: HeadgateError): Problem {
  const { status, meaning, hint } = errorCodes[error.code];
  const generic = secretive.has(error.code);
  return {
    type: `urn:headgate:error:${error.code}`,
    title: meaning,
    status,
    code: error.code,
    detail: generic ? meaning : error.message,
    hint: generic ? hint : error.hint,
  };
}

/**
 * Answers with a problem, and with the headers that its status asks for.
 * @param more further members
 * @param headers further headers
 */
export function sendProblem(
  response: ServerResponse,
  error: HeadgateError,
  more: Readonly<Record<string, unknown>> = {},
  headers: Readonly<Record<string, string>> = {},
): void {
  if (response.headersSent || response.destroyed) return;
  const problem = problemOf(error);
  const body = JSON.stringify({ ...problem, ...more });
  response.writeHead(problem.status, {
    'content-type': 'application/problem+json',
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
    ...headersFor(error),
    ...headers,
  });
  response.end(body);
}

/** Anything thrown, as an error that may be shown. */
export function toShown(error: unknown): HeadgateError {
  if (error instanceof HeadgateError) return error;
  if (isUndecodablePath(error)) return new HeadgateError('NOT_FOUND', 'the path is not a valid one', { cause: error });
  return new HeadgateError('INTERNAL', 'unexpected error', { cause: error });
}

/** Express's own complaint about `%` escapes in a path. */
function isUndecodablePath(error: unknown): boolean {
  return error instanceof URIError;
}

function headersFor({ code, status, retryAfter }: HeadgateError): Readonly<Record<string, string>> {
  const soon = String(retryAfter === undefined ? limits.http.retryAfterSeconds : Math.ceil(retryAfter / 1_000));
  if (code === 'SHUTTING_DOWN') return { 'retry-after': soon, connection: 'close' };
  if (status === 503 || status === 429) return { 'retry-after': soon };
  if (code === 'UNAUTHENTICATED') return { 'www-authenticate': 'Bearer realm="headgate"' };
  return code === 'METHOD_NOT_ALLOWED' ? { allow: 'POST' } : {};
}
