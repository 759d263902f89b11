import type { Listener } from '#server/listen.ts';

export interface ServeOptions {
  readonly configPath: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Where the log goes. */
  readonly stderr: { write(line: string): unknown };
  /** Aborted to stop: what has been accepted is finished or left in the journal, nothing is lost. */
  readonly signal: AbortSignal;
}

/** A server that answers on all its listeners. */
export interface RunningServer {
  readonly webhook: Listener;
  readonly web: Listener;
  readonly metrics: Listener;
  readonly health: Listener;
  close(): Promise<void>;
}
