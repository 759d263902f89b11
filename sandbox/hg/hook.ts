import { createHmac, randomBytes } from 'node:crypto';

/** Where the hook of a host sends what it has to tell. */
export interface HookSettings {
  /** `<webhook listener>/hooks/<source>`. */
  readonly url: string;
  readonly secret: string;
}

/** What the hook has to tell of one transaction; sent again, it has the same id. */
export interface HookMessage {
  readonly id: string;
  readonly body: string;
}

/** One transaction of Mercurial. */
export interface HgTransaction {
  /** The public URL of the repository. */
  readonly repo: string;
  /** Its changesets, oldest first. */
  readonly nodes: readonly string[];
  /** Bookmarks that it moved, each with where from and where to. */
  readonly bookmarks: Readonly<Record<string, readonly [string | null, string | null]>>;
  readonly pusher: { readonly name: string; readonly via: string };
  /** Milliseconds since the epoch. */
  readonly at: number;
}

export function messageOf({ repo, nodes, bookmarks, pusher, at }: HgTransaction): HookMessage {
  const txn = randomBytes(20).toString('hex');
  const told = {
    v: 1,
    type: 'hg.txn',
    repo,
    txn,
    source: 'serve',
    pusher,
    node: nodes[0] ?? null,
    node_last: nodes.at(-1) ?? null,
    bookmarks,
    bookmarks_moved: Object.keys(bookmarks).length,
    hooktype: 'txnclose',
    at: new Date(at).toISOString(),
  };
  return { id: txn, body: JSON.stringify(told) };
}

/**
 * Signs as Standard Webhooks says, and sends.
 * @param now milliseconds since the epoch
 * @param late ends the attempt
 * @returns HTTP status; undefined without an answer: the hook keeps it for later
 */
export async function sendMessage(
  { url, secret }: HookSettings,
  { id, body }: HookMessage,
  now: number,
  late: AbortSignal,
): Promise<number | undefined> {
  const moment = Math.floor(now / 1_000);
  const mac = createHmac('sha256', secret).update(`${id}.${moment}.${body}`).digest('base64');
  const headers = {
    'content-type': 'application/json',
    'webhook-id': id,
    'webhook-timestamp': String(moment),
    'webhook-signature': `v1,${mac}`,
  };
  try {
    const answer = await fetch(url, { method: 'POST', headers, body, redirect: 'manual', signal: late });
    await answer.arrayBuffer();
    return answer.status;
  } catch {
    return undefined;
  }
}
