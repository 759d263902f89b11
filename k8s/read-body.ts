import type { IncomingMessage } from 'node:http';

/** Collects a body as text; destroys the connection and rejects when it is longer than `bound` bytes. */
export async function readBody(message: IncomingMessage, bound: number): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of message as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > bound) throw new Error(`the answer is longer than ${bound} bytes`); // leaving the loop destroys the message
    chunks.push(chunk);
  }
  if (!message.complete) throw new Error('the connection closed before the answer ended');
  return Buffer.concat(chunks).toString('utf8');
}
