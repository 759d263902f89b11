import type { IncomingMessage } from 'node:http';
import { limits } from '#core/limits.ts';
import { badRequest, StatusError } from '#sandbox/cluster/status-error.ts';

/** @throws StatusError RequestEntityTooLarge, BadRequest */
export async function readBody(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.byteLength;
    if (size > limits.http.bodyBytes) throw new StatusError(413, 'RequestEntityTooLarge', 'Request entity too large: limit is 3145728');
    chunks.push(chunk);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'));
  } catch {
    throw badRequest('the object provided is unrecognized (must be of type JSON)');
  }
}
