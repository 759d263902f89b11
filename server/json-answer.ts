import type { ServerResponse } from 'node:http';
import { toWire } from '#core/wire.ts';

/** Answers plain data as JSON, times as text. */
export function sendJson(response: ServerResponse, status: number, value: unknown): void {
  const body = JSON.stringify(toWire(value));
  response
    .writeHead(status, {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
    })
    .end(body);
}
