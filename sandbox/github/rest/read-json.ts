import type { IncomingMessage } from 'node:http';
import { limits } from '#core/limits.ts';
import { RestError } from '#sandbox/github/rest/answer.ts';

/** The body of a request; undefined when it has none. @throws RestError 400, 413 */
export async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.byteLength;
    if (size > limits.http.bodyBytes) throw new RestError(413, 'Payload too large');
    chunks.push(chunk);
  }
  if (size === 0) return undefined;
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'));
  } catch {
    throw new RestError(400, 'Problems parsing JSON');
  }
}
