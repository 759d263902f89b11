import type { Actor } from '#core/actor.ts';
import type { Subject } from '#core/subject.ts';

/** `pending` until every matched target has a decision; the other three are final. */
export type DeliveryState = 'pending' | 'done' | 'ignored' | 'dead';

/**
 * How it came: a forge's webhook, an event stream that we listen to, a request through the API, a look of our own at what refs point at (`sweep`
 * by itself, `look` because news named no ref), the source's own record, or an operator's wish to take a delivery of the journal through the flow once more.
 */
export type DeliveryKind = 'webhook' | 'stream' | 'request' | 'sweep' | 'look' | 'recovered' | 'replay';

/** Whether what it tells of was seen by a look of our own, and not told by anybody. */
export function isSeen(kind: DeliveryKind): boolean {
  return kind === 'sweep' || kind === 'look';
}

/**
 * The ref of news that name a repository alone (Mercurial: one transaction may move several branches, bookmarks and tags, and the hook is believed in
 * nothing but that something happened). The refs that are followed are looked at, and each that has moved becomes a delivery of its own.
 */
export const anyRef = '*';

/**
 * What a delivery says has happened, as far as its payload goes. A hint authorises nothing:
 * it tells where to look.
 */
export interface Hint {
  /** The repository's full name on the source, for example `org/app`. */
  readonly repository: string;
  /** Full ref, `refs/heads/main` or `refs/tags/v1`; of Mercurial a typed one (core/hg-ref.ts), or anyRef. */
  readonly ref: string;
  /** What the ref pointed at; null when it was created. */
  readonly before: string | null;
  /** What the ref points at now; null when it was deleted, or when only the head is asked for. */
  readonly after: string | null;
  /** The commit that `after` resolves to: differs from it for annotated tags. */
  readonly commit: string | null;
  readonly action: ChangeAction;
  /** Milliseconds since the epoch by the source's clock, null when it does not say. Orders hints of one ref. */
  readonly occurredAt: number | null;
  readonly actors: readonly Actor[];
  /**
   * Set by sources that tell one fact by several events (Gerrit: `ref-updated`, and `change-merged` for each change): where the newest change of
   * the ref stands at this revision already, that change is what it tells of, and none comes of it.
   */
  readonly echo?: true;
  /** Of anyRef: what the news says of what came, by which it is told which heads its pusher moved. */
  readonly brought?: Brought;
  /** Set by requests: the only targets meant, and whether to trigger them even when they are current. */
  readonly only?: { readonly targets: readonly string[]; readonly force: boolean };
  /** Set by requests of somebody who showed a token. Verified by us: no payload can set it. */
  readonly subject?: Subject;
  /** Who delivered it, by a token that we verified: this identity vouches for what is said of the pusher. Absent where a secret vouches for it. */
  readonly sender?: Pick<Subject, 'issuer' | 'iss' | 'sub'>;
  /** Set by replays: when the news first came, milliseconds since the epoch, and whether a change came of it. That stays its place. */
  readonly again?: { readonly firstAt: number; readonly handled: boolean };
}

/** What one transaction brought to a repository, as its host tells; `commit` of the hint is the last changeset of it. */
export interface Brought {
  /** The first new changeset; null without any. */
  readonly first: string | null;
  /** The new changesets that none of the others on the same branch descends from, as far as the host names them: at least the last one. */
  readonly heads: readonly string[];
  /** Bookmarks that it moved, with where to: null for one that it deleted. */
  readonly bookmarks: Readonly<Record<string, string | null>>;
}

export type ChangeAction = 'created' | 'updated' | 'forced' | 'deleted' | 'requested';

/** One inbound message as received, without secrets. Never changed afterwards. */
export interface NewDelivery {
  readonly id: string;
  readonly source: string;
  /** The sender's id; unique for the source. */
  readonly deliveryId: string;
  readonly kind: DeliveryKind;
  /** The source's word for what happened, for example `push`. */
  readonly event: string;
  /** Milliseconds since the epoch. */
  readonly receivedAt: number;
  /** Address of the peer, after trusted proxies. */
  readonly remote: string;
  /** The headers worth keeping; never signatures, tokens or cookies. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  /** What the adapter made of it: a hint to follow, or the reason to ignore it. */
  readonly reading: Reading;
}

export type Reading = { readonly hint: Hint } | { readonly ignored: string };

/** A message as an adapter has read it. */
export interface Received {
  readonly deliveryId: string;
  readonly event: string;
  /** The headers worth keeping. */
  readonly headers: Readonly<Record<string, string>>;
  readonly reading: Reading;
  /** What is kept in place of the bytes that came, where those hold a secret. */
  readonly body?: Uint8Array;
}

/** A message that nothing comes of and that nobody will ask for: it is answered and counted, and not journalled. */
export interface Unrecorded {
  /** Why nothing comes of it. */
  readonly unrecorded: string;
  /** It says that other messages were lost: what they told of is to be found in another way. */
  readonly gap?: true;
}

/** A delivery in the journal. The body is read apart. */
export interface Delivery extends Omit<NewDelivery, 'body' | 'reading' | 'headers'> {
  /** Position in the journal; grows with the order of acceptance. */
  readonly seq: number;
  readonly state: DeliveryState;
  /** Why it is ignored or dead, or what the last attempt failed with. */
  readonly reason: string | null;
  readonly hint: Hint | null;
  readonly attempts: number;
  /** When it left `pending`, milliseconds since the epoch. */
  readonly settledAt: number | null;
  /** Id of the delivery that this one takes through the flow once more; null for what is no replay. */
  readonly replayOf: string | null;
  /** Of a look: id of the delivery that it was taken because of. */
  readonly cause?: string;
}
