import type { Call, Reply } from '#journal/protocol.ts';

export type ToWriter = { readonly batch: readonly Call[] } | { readonly close: true };
export type FromWriter = { readonly ready: true } | { readonly replies: readonly Reply[] } | { readonly warning: string };

export interface WriterSettings {
  readonly path: string;
  /** Upper bound of the file, null for none. */
  readonly maxBytes: number | null;
  /** Whether what comes about is noted for sinks. */
  readonly news: boolean;
  /** Key of the references that stand for people in records. */
  readonly persons: Uint8Array;
}
