import type { Hint } from '#core/delivery.ts';
import type { InboundRequest } from '#core/ports/source-adapter.ts';

/** What tells of pushes to repositories of Mercurial: a hook of ours, or the webhooks of a host that has its own. */
export interface HgSender {
  /** For messages: `Heptapod`. */
  readonly name: string;
  /** The headers that are kept with a delivery. */
  readonly kept: readonly string[];
  /**
   * Verifies that a message comes from somebody who has one of the live secrets.
   * @param now milliseconds since the epoch
   * @throws HeadgateError SIGNATURE_MISSING, SIGNATURE_INVALID, SIGNATURE_STALE, HEADER_INVALID, PAYLOAD_INVALID, SECRET_UNAVAILABLE
   */
  readonly open: (request: InboundRequest, secrets: readonly Buffer[], now: number) => Opened;
  /** What a message says that is authentic. @throws HeadgateError PAYLOAD_INVALID */
  readonly tells: (body: Uint8Array) => Told;
  /** Verifies what is no delivery and signed like one; absent where the sender asks nothing. @throws HeadgateError as `open` */
  readonly authenticate?: (request: InboundRequest, secrets: readonly Buffer[], now: number) => void;
}

export interface Opened {
  /** What the sender calls it, each time that it sends it. Absent: the same body is the same message. */
  readonly id?: string;
  /** What is kept of the body: it holds no secret. */
  readonly body: Uint8Array;
}

/** Of a repository it says that something has happened to it. What is true is asked of the repository itself. */
export type Told = { readonly event: string } & ({ readonly ignored: string } | { readonly url: string; readonly news: News });

/** Without the repository, which is told by its URL. */
export type News = Omit<Hint, 'repository'>;
