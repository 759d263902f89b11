import type { Clock } from '#core/clock.ts';
import type { ExitCode } from './exit-codes.ts';

/** A stream that people or programs read. `columns` is set on terminals only. */
export type Sink = NodeJS.WritableStream & { readonly columns?: number; readonly isTTY?: boolean };

/** Everything of the world that a command may touch; the entry fills it in, tests give their own. */
export interface Io {
  /** Data. */
  readonly stdout: Sink;
  /** Progress and errors. */
  readonly stderr: Sink;
  readonly env: Readonly<NodeJS.ProcessEnv>;
  /** Directory that relative paths start from. */
  readonly cwd: string;
  readonly clock: Clock;
  /** Aborts on SIGINT and SIGTERM. */
  readonly signal: AbortSignal;
  readonly fetch: typeof fetch;
  /** What the process ends with; the last call counts. */
  setExitCode(code: ExitCode): void;
}

/** Writes lines of data. */
export function print(io: Pick<Io, 'stdout'>, lines: readonly string[]): void {
  if (lines.length > 0) io.stdout.write(`${lines.join('\n')}\n`);
}

/** Writes one line of progress, for example `► waiting for the outcome`. */
export function tell(io: Pick<Io, 'stderr'>, line: string): void {
  io.stderr.write(`${line}\n`);
}
