import type { SecretRef } from '#config/secret-ref.ts';
import type { Clock } from '#core/clock.ts';
import type { Log } from '#core/ports/telemetry.ts';

/** What any adapter is built with. */
export interface AdapterDeps {
  /** The webhook secrets of this source that are live now. Called for each delivery, so that rotation needs no restart. */
  secrets(): readonly Buffer[];
  /** The live value of one reference. @throws HeadgateError SECRET_UNAVAILABLE */
  secret(ref: SecretRef): Buffer;
  /** Who is going to listen to streams of events: sources that leave it to the other have none. Default: the server. */
  readonly listener?: 'serve' | 'apart';
  readonly clock: Clock;
  readonly log: Log;
  /** Of the journal; what an adapter keeps on disk lies in a directory of its own in it. */
  readonly dataDirectory: string;
  /** Of the process: what says which proxies to use, and where programs are. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Aborted when the server stops: whatever is being asked then is given up, and asked again after the next start. */
  readonly stopping?: AbortSignal;
  /** `spec.web.url`, without a slash at its end: where links lead. Undefined = no links. */
  readonly pagesUrl: string | undefined;
  /** Told of every answer of the source's API: its status, `error` without one, and how many requests it still takes, where it says so. */
  readonly onAnswer?: (code: string, remaining: number | null) => void;
}

/** The address of a change's page; null while nobody has said where the pages are. */
export function pageAt(pagesUrl: string | undefined, change: string): string | null {
  return pagesUrl === undefined ? null : `${pagesUrl}/changes/${encodeURIComponent(change)}`;
}
