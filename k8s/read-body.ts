import type { IncomingMessage } from 'node:http';
import { collectBytes } from '#core/collect-bytes.ts';

/** Collects a body as text; destroys the connection and rejects when it is longer than `bound` bytes. */
export async function readBody(message: IncomingMessage, bound: number): Promise<string> {
  const body = await collectBytes(message, bound);
  if (!message.complete) throw new Error('the connection closed before the answer ended');
  return body.toString('utf8');
}
