import { HeadgateError } from '#core/errors.ts';
import type { Archive } from '#core/ports/journal.ts';
import type { Subject } from '#core/subject.ts';

/** What a request says of whoever sends it; what it asks for are its other fields. */
export interface Requester {
  /** Name, for the record. */
  readonly requester: string;
  readonly remote: string;
  /** The commit that is expected; absent means the head of the ref. */
  readonly revision?: string;
  /** Whoever asks by a verified token, and what tells that token from others: it asks for one thing, however often. Absent: the operator. */
  readonly by?: { readonly subject: Subject; readonly token: string };
}

/** The delivery id of the n-th part of what a token asks for: unique, so that it is entered once, whoever sends it again. */
export function tokenDeliveryId(token: string, index: number): string {
  return `token-${token}-${index}`;
}

/** A request as its delivery keeps it. The token is not in it, and of its subject only the name: the hint has the claims. */
export function bodyOf({ remote: _remote, by, revision, requester, ...asked }: Requester): Buffer {
  const subject = by ? { issuer: by.subject.issuer, iss: by.subject.iss, sub: by.subject.sub } : null;
  return Buffer.from(JSON.stringify({ ...asked, revision: revision ?? null, requester, ...(subject ? { subject } : {}) }));
}

/**
 * The deliveries that came of the same token, across restarts; undefined when there are none.
 * @throws HeadgateError UNAUTHENTICATED when it asked for something else then
 */
export async function acceptedBefore(
  journal: Pick<Archive, 'deliveries' | 'body'>,
  request: Requester,
): Promise<readonly string[] | undefined> {
  if (!request.by) return undefined;
  const ids: string[] = [];
  for (let found = await nth(journal, request.by.token, 0); found !== undefined; found = await nth(journal, request.by.token, ids.length)) {
    ids.push(found);
  }
  const [first] = ids;
  if (first === undefined) return undefined;
  const kept = await journal.body(first);
  if (kept && Buffer.compare(kept.body, bodyOf(request)) === 0) return ids;
  throw new HeadgateError('UNAUTHENTICATED', `replayed: the token asked for something else before: ${first}`);
}

async function nth(journal: Pick<Archive, 'deliveries'>, token: string, index: number): Promise<string | undefined> {
  const { items } = await journal.deliveries({ deliveryId: tokenDeliveryId(token, index) }, { limit: 1, cursor: null });
  return items[0]?.id;
}
