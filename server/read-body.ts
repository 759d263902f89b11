import type { IncomingMessage } from 'node:http';
import { HeadgateError } from '#core/errors.ts';
import { limits } from '#core/limits.ts';
import type { HeldBytes } from '#server/byte-budget.ts';

/**
 * Reads a request's bytes as they are, at most `max`. They count as `held`: the caller releases them once it holds them no more; a rejection
 * has done so.
 * @throws HeadgateError BODY_ENCODED, BODY_TOO_LARGE, OVERLOADED, REQUEST_ABORTED
 */
export function readBody(request: IncomingMessage, max: number, held: HeldBytes): Promise<Buffer> {
  const refusal = refusalByHeaders(request, max);
  if (refusal) {
    discardRest(request);
    return Promise.reject(refusal);
  }
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;

    const finish = (): void => {
      request.off('data', onData).off('end', onEnd).off('close', onAbort).off('error', onAbort);
    };
    const refuse = (error: HeadgateError): void => {
      finish();
      chunks.length = 0;
      held.release();
      discardRest(request);
      reject(error);
    };
    const onData = (chunk: Buffer): void => {
      if (length + chunk.length > max) return refuse(tooLarge(max));
      if (!held.take(chunk.length)) return refuse(new HeadgateError('OVERLOADED', 'too many bytes are waiting to be stored'));
      length += chunk.length;
      chunks.push(chunk);
    };
    const onEnd = (): void => {
      finish();
      resolve(chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks, length));
    };
    const onAbort = (): void => refuse(new HeadgateError('REQUEST_ABORTED', `the connection ended after ${length} bytes of the body`));
    request.on('data', onData).on('end', onEnd).on('close', onAbort).on('error', onAbort);
  });
}

/** No forge compresses what it sends; a compressed body could be a bomb. */
function refusalByHeaders(request: IncomingMessage, max: number): HeadgateError | undefined {
  if (request.headers['content-encoding'] !== undefined) return new HeadgateError('BODY_ENCODED', 'content-encoding is not accepted');
  return Number(request.headers['content-length'] ?? 0) > max ? tooLarge(max) : undefined;
}

function tooLarge(max: number): HeadgateError {
  return new HeadgateError('BODY_TOO_LARGE', `the body is larger than ${max} bytes`);
}

/**
 * Lets the client finish sending, keeping nothing, so that it can read the answer: closing with unread bytes would reset the
 * connection. A limit bounds the bytes, the server's request timeout the time.
 */
function discardRest(request: IncomingMessage): void {
  let seen = 0;
  request.on('error', () => {});
  request.on('data', (chunk: Buffer) => {
    seen += chunk.length;
    if (seen > limits.http.discardBytes) request.destroy();
  });
}
