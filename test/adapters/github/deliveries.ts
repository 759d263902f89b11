import { createHmac } from 'node:crypto';
import type { InboundRequest } from '#core/ports/source-adapter.ts';

export const secret = Buffer.from('a-webhook-secret-of-the-tests');

export function sign(body: Uint8Array, key: Buffer = secret): string {
  return `sha256=${createHmac('sha256', key).update(body).digest('hex')}`;
}

export interface Shape {
  readonly event?: string;
  readonly body?: unknown;
  readonly raw?: Uint8Array;
  readonly key?: Buffer;
  /** Replaces or, with undefined, removes headers. */
  readonly headers?: Readonly<Record<string, readonly string[] | undefined>>;
}

/** A signed delivery as GitHub sends it, or one that differs where told to. */
export function delivery({ event = 'push', body = push(), raw, key, headers = {} }: Shape = {}): InboundRequest {
  const bytes = raw ?? Buffer.from(JSON.stringify(body));
  return {
    body: bytes,
    headers: {
      'content-type': ['application/json'],
      'x-github-event': [event],
      'x-github-delivery': ['72d3162e-cc78-11e3-81ab-4c9367dc0958'],
      'x-hub-signature-256': [sign(bytes, key)],
      'user-agent': ['GitHub-Hookshot/044aadd'],
      ...headers,
    },
  };
}

export const zero = '0'.repeat(40);
export const commitA = 'a'.repeat(40);
export const commitB = 'b'.repeat(40);

/** A push of one commit to main. */
export function push(over: Readonly<Record<string, unknown>> = {}): Readonly<Record<string, unknown>> {
  return {
    ref: 'refs/heads/main',
    before: commitA,
    after: commitB,
    created: false,
    deleted: false,
    forced: false,
    head_commit: { id: commitB, message: 'fix' },
    repository: { full_name: 'org/app', pushed_at: 1_700_000_000, clone_url: 'https://github.com/org/app.git' },
    pusher: { name: 'ada', email: 'ada@example.com' },
    sender: { login: 'ada', id: 7, type: 'User' },
    ...over,
  };
}
