import type { ServerResponse } from 'node:http';

/** Nothing but our own files, no inline script or style, nothing that posts elsewhere, no frames around it. */
const contentSecurityPolicy = [
  "default-src 'none'",
  "style-src 'self'",
  "script-src 'self'",
  "connect-src 'self'",
  "img-src 'self' data:",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join('; ');

/** What every answer to a browser carries. */
export const browserHeaders = {
  'content-security-policy': contentSecurityPolicy,
  'x-content-type-options': 'nosniff',
  // Other sites learn nothing. With `no-referrer` browsers would send `Origin: null` with our own forms (Fetch, "append a request Origin header").
  'referrer-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
} as const;

/** Answers with a document. */
export function sendPage(response: ServerResponse, status: number, document: string): void {
  response
    .writeHead(status, {
      ...browserHeaders,
      'content-type': 'text/html; charset=utf-8',
      'content-length': Buffer.byteLength(document),
      'cache-control': 'no-store',
    })
    .end(document);
}

/** Sends a browser to another page of ours. @param headers such as Set-Cookie */
export function redirect(response: ServerResponse, path: string, headers: Readonly<Record<string, string | string[]>> = {}): void {
  response.writeHead(303, { ...browserHeaders, location: path, 'cache-control': 'no-store', 'content-length': 0, ...headers }).end();
}
