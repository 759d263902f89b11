import type { Received } from '#core/delivery.ts';

/** A source that tells of what happens over a connection that we keep open (Gerrit: `gerrit stream-events`). What it tells is a hint. */
export interface EventStream {
  /** Connects, and stays connected until it is stopped. Never rejects: what is wrong is in `health`. */
  start(hearer: StreamHearer): void;
  /** Resolves when the connection is closed and nothing is being handed over any more. */
  stop(): Promise<void>;
  health(): StreamHealth;
  /**
   * Refs moved, and no event told of it although it is `streaming`: it is `mute` until an event comes, and connects anew at once. Nothing
   * happens while it is not connected. Whoever finds this out sees to it that it is not said again and again for what the stream never tells.
   * @param cause for the record: which refs
   */
  suspectMute(cause: string): void;
}

/** Who hears a stream. */
export interface StreamHearer {
  /**
   * One event, in the order in which it came. Resolves when it is durable. The stream reads on meanwhile, within a bound;
   * an event that cannot be handed over is a gap.
   */
  heard(event: HeardEvent): Promise<void>;
  /** How many events it is handed at once, at most; absent: as many as the journal takes together. */
  readonly atOnce?: number;
  /** Events may have been lost, or nobody listened for a while: what refs lead to has to be looked at. @param cause for the record */
  gap(cause: string): void;
  /** The state of the stream is another one now, or what is wrong with it. */
  changed(health: StreamHealth): void;
}

/** An event as it came: one line. */
export interface HeardEvent extends Received {
  readonly body: Uint8Array;
  /** Milliseconds since the epoch. */
  readonly receivedAt: number;
  /** `host:port` of whoever told it. */
  readonly remote: string;
}

/**
 * `streaming`: connected, and permitted to listen. `waiting`: lost, and tried again at `retryAt`. The others need a human: the server does not know
 * the key or the user (`wrong-key`), does not let it listen (`not-permitted`), is another one than known_hosts says (`host-key-changed`),
 * or our own key or known_hosts cannot be used (`misconfigured`). `mute`: connected, and refs moved without an event. They are tried again too, slowly.
 */
export const streamStates = [
  'stopped',
  'connecting',
  'streaming',
  'waiting',
  'wrong-key',
  'not-permitted',
  'host-key-changed',
  'misconfigured',
  'mute',
] as const;
export type StreamState = (typeof streamStates)[number];

export interface StreamHealth {
  readonly state: StreamState;
  /** Since when it is in this state, milliseconds since the epoch. */
  readonly since: number;
  /** What is wrong and what to do about it; null when nothing is. */
  readonly message: string | null;
  /** When the last event came, milliseconds since the epoch; null when none has. */
  readonly heardAt: number | null;
  /** When the next try begins, milliseconds since the epoch; null when none is planned. */
  readonly retryAt: number | null;
}
