import type { Reading, Received, Unrecorded } from '#core/delivery.ts';
import type { Finding } from '#core/finding.ts';
import type { EventStream } from '#core/ports/event-stream.ts';
import type { ContentReader } from '#core/ports/content-reader.ts';
import type { Publisher } from '#core/ports/publisher.ts';
import type { ReadBack } from '#core/ports/read-back.ts';
import type { SourceRights, WatchedRef } from '#core/ports/source-rights.ts';
import type { Sink } from '#core/ports/sink.ts';
import type { TeamReader } from '#core/ports/team-reader.ts';
import type { Subject } from '#core/subject.ts';

/** One configured source: everything that Headgate knows of a foreign system goes through this. */
export interface SourceAdapter {
  /** `spec.sources[].name`. */
  readonly name: string;
  /** `spec.sources[].type`. */
  readonly type: string;
  /** How the truth is read back from it; null with `readBack: none`: its changes stay unconfirmed. */
  readonly readBack: ReadBack | null;
  /** Its changes come with votes and submit requirements (core/review.ts): policies ask for reviewed ones unless they say otherwise. */
  readonly votes?: true;
  /** What reads files of its repositories, the way that it is read back; absent where it is not. */
  readonly content?: ContentReader;
  /**
   * Authenticates the raw bytes, then parses them.
   * @throws HeadgateError SIGNATURE_MISSING, SIGNATURE_INVALID, SENDER_UNKNOWN, NETWORK_REFUSED, WEBHOOK_UNCONFIGURED, HEADER_INVALID,
   * CONTENT_TYPE_UNSUPPORTED, PAYLOAD_INVALID
   */
  receive(request: InboundRequest): Received | Unrecorded;
  /**
   * Checks that its hook signed a body that is no delivery, as it signs deliveries; absent where its senders ask nothing.
   * @throws HeadgateError SIGNATURE_MISSING, SIGNATURE_INVALID, SIGNATURE_STALE, HEADER_INVALID
   */
  authenticate?(request: InboundRequest): void;
  /** Whether deliveries of a subject are taken, who shows a token instead of a signature; absent where none is. */
  readonly isSender?: (subject: Subject) => boolean;
  /** The `WWW-Authenticate` that its 401 carries, where its senders wait for one before they send credentials (RFC 9110 section 11.6.1). */
  readonly challenge?: string;
  /** Whether its senders may show their secret in the path: `InboundRequest.pathSecret`. Where they may not, there is nothing at such a path. */
  readonly takesPathSecret?: true;
  /** What tells of events over a connection of ours; absent where none is configured. */
  readonly stream?: EventStream;
  /**
   * Reads an event without authenticating it: for one that was authenticated when it came, or that nothing but an answer will come of.
   * @param headers those kept of the delivery; a body without any is taken to be plain JSON
   * @throws HeadgateError PAYLOAD_INVALID, CONTENT_TYPE_UNSUPPORTED
   */
  read(event: string, body: Uint8Array, headers?: Readonly<Record<string, string>>): Reading;
  /** What lists the members of its teams; absent where it cannot be asked. */
  readonly teams?: TeamReader;
  /** What tells of the rights that the source itself gives; absent where it cannot be asked. */
  readonly rights?: SourceRights;
  /** What publishes its content for Flux; absent where nothing is. */
  readonly publisher?: Publisher;
  /** What tells the source itself of outcomes; absent where it is not configured. */
  readonly feedback?: Sink;
  /** What the source has on record of deliveries that are not known here. Absent where it keeps no record that can be asked. */
  readonly missed?: (asked: MissedQuestion) => Promise<Missed>;
  /** What `headgate check` finds at the source: a bounded number of questions. May reject. */
  readonly check?: (asked: SourceCheckQuestion) => Promise<readonly Finding[]>;
  /** The keys (core/urls.ts) under which clusters may know a repository: its URL on the source and on each alias. */
  repositoryKeys(repository: string): RepositoryKeys;
  /** The repository's full name on this source when `url` is one of its URLs, undefined otherwise. */
  repositoryAt(url: string): string | undefined;
}

export interface InboundRequest {
  /** Lower-case name → every value sent, in order. */
  readonly headers: Readonly<Record<string, readonly string[] | undefined>>;
  /** The bytes as sent. */
  readonly body: Uint8Array;
  /** Address of the sender, after trusted proxies; absent where nobody sent it. */
  readonly remote?: string;
  /** Whoever showed a token with it, verified; absent where nobody did, or the adapter has no `isSender`. */
  readonly sender?: Subject;
  /** What follows the source's name in the path (`/hooks/review/SECRET`), decoded; absent where nothing does. It is a secret: never logged. */
  readonly pathSecret?: string;
}

export interface RepositoryKeys {
  readonly keys: readonly string[];
  /** Whether paths that differ in case only are different repositories on this source. */
  readonly caseSensitive: boolean;
}

export interface SourceCheckQuestion {
  /** Full names of the repositories that clusters follow. */
  readonly repositories: readonly string[];
  /** The refs of them that clusters follow, as far as they are named. */
  readonly refs: readonly WatchedRef[];
  /** Ids of the source's own groups (Gerrit: UUIDs) that policies name; absent where policies are not known. */
  readonly groups?: readonly string[];
  /** When a webhook of the source was last journalled, milliseconds since the epoch; null when none was. Undefined = not known here. */
  readonly lastReceivedAt: number | null | undefined;
}

export interface MissedQuestion {
  /** Milliseconds since the epoch: older deliveries are left alone. */
  readonly since: number;
  /** Full names of the repositories whose webhooks are looked at, and those of their owners. */
  readonly repositories: readonly string[];
  /** Which of the sender's delivery ids are in the journal. */
  readonly known: (deliveryIds: readonly string[]) => Promise<ReadonlySet<string>>;
}

export interface Missed {
  /** The oldest ones that are missing, oldest first. Each is fetched when it is asked for, and rejects as the question itself. */
  readonly deliveries: AsyncIterable<RecoveredDelivery>;
  /** Whose webhooks the credentials may not read. */
  readonly unread: readonly string[];
}

/** A delivery as the source has it on record: what it says is authenticated by the connection, not by its signature. */
export interface RecoveredDelivery extends Pick<Received, 'deliveryId' | 'event' | 'headers'> {
  readonly body: Uint8Array;
  /** When the source sent it, milliseconds since the epoch. */
  readonly at: number;
}
