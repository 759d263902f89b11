import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Answer } from '#sandbox/github/rest/answer.ts';

/** An answer in bytes, with its `ETag`; 304 when the client has it already. */
export interface Sendable {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** docs.github.com "Best practices for using the REST API": conditional requests. */
export function sendable(request: IncomingMessage, { status, body, headers = {} }: Answer): Sendable {
  const bytes = body === undefined ? Buffer.alloc(0) : Buffer.from(JSON.stringify(body));
  const typed = { ...headers, 'content-type': 'application/json; charset=utf-8' };
  if (request.method !== 'GET' || status !== 200) return { status, headers: typed, body: bytes };
  const etag = `W/"${createHash('sha256').update(bytes).digest('hex')}"`;
  const known = (request.headers['if-none-match'] ?? '').split(',').some((each) => weak(each) === weak(etag));
  const tagged = { ...headers, etag, 'cache-control': 'private, max-age=60, s-maxage=60', vary: 'Accept, Authorization' };
  if (known) return { status: 304, headers: tagged, body: Buffer.alloc(0) };
  return { status, headers: { ...tagged, 'content-type': typed['content-type'] }, body: bytes };
}

/** @param cut ends the connection in the middle of the body */
export function send(response: ServerResponse, { status, headers, body }: Sendable, cut: boolean): void {
  const length = status === 304 ? {} : { 'content-length': String(body.byteLength) };
  response.writeHead(status, { ...headers, ...length });
  if (!cut) return void response.end(body);
  response.write(body.subarray(0, Math.floor(body.byteLength / 2)), () => response.destroy());
}

/** Weak comparison (RFC 9110 §8.8.3.2). */
function weak(etag: string): string {
  return etag.trim().replace(/^W\//, '');
}
