import { createHmac, randomUUID } from 'node:crypto';
import { request, type Agent } from 'node:http';

/** Where a forge sends its webhooks. */
export interface Hook {
  readonly hook: string;
  readonly secret: string;
}

export interface Push {
  /** `org/app` */
  readonly repository: string;
  /** Default `refs/heads/main`. */
  readonly ref?: string;
  readonly before?: string;
  readonly after: string;
  /** The sender's delivery id; a new one by default. */
  readonly deliveryId?: string;
  /** Bytes of filler, to make the body as large as real ones. */
  readonly filler?: number;
}

export interface Receipt {
  readonly status: number;
  readonly deliveryId: string;
  /** `{"delivery": id}`, or a problem. */
  readonly body: { readonly delivery?: string; readonly code?: string };
}

/** The body of GitHub's `push` event, as far as it matters. */
export function pushBody(push: Push): string {
  const [owner = 'org', name = 'app'] = push.repository.split('/');
  return JSON.stringify({
    ref: push.ref ?? 'refs/heads/main',
    before: push.before ?? '1'.repeat(40),
    after: push.after,
    created: false,
    deleted: false,
    forced: false,
    repository: { id: 1, name, full_name: push.repository, owner: { login: owner }, pushed_at: Math.floor(Date.now() / 1000) },
    pusher: { name: 'octocat', email: 'octocat@example.com' },
    sender: { login: 'octocat', id: 583231, type: 'User' },
    head_commit: { id: push.after, message: 'A change', author: { name: 'Octocat' } },
    commits: [{ id: push.after, message: 'x'.repeat(push.filler ?? 0) }],
  });
}

/** Headers of a delivery signed as GitHub signs. */
export function signedHeaders(secret: string, body: string, deliveryId: string): Record<string, string> {
  return {
    'content-type': 'application/json',
    'user-agent': 'GitHub-Hookshot/0000000',
    'x-github-event': 'push',
    'x-github-delivery': deliveryId,
    'x-hub-signature-256': `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`,
  };
}

/** Sends one signed push. @throws when the connection fails before an answer */
export function sendPush(to: Hook, push: Push, agent?: Agent): Promise<Receipt> {
  const deliveryId = push.deliveryId ?? randomUUID();
  const body = pushBody(push);
  const headers = { ...signedHeaders(to.secret, body, deliveryId), 'content-length': String(Buffer.byteLength(body)) };
  return new Promise((resolve, reject) => {
    const sent = request(to.hook, { method: 'POST', headers, ...(agent === undefined ? {} : { agent }) }, (response) => {
      let text = '';
      response.on('data', (chunk: Buffer) => (text += chunk.toString()));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, deliveryId, body: parse(text) }));
      response.on('error', reject);
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

function parse(text: string): Receipt['body'] {
  return text === '' ? {} : (JSON.parse(text) as Receipt['body']);
}
