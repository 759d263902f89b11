import { Writable } from 'node:stream';
import { systemClock } from '#core/clock.ts';
import { runProgram } from '#cli/program.ts';
import type { Sink } from '#cli/io.ts';

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
  /** As if stdout were a terminal of that width. */
  readonly columns?: number;
  /** Called with everything written to stdout so far. */
  readonly onOutput?: (text: string) => void;
  readonly fetch?: typeof fetch;
}

/** Runs one command line in this process, as the entry does. */
export async function runHeadgate(args: readonly string[], options: RunOptions = {}): Promise<Ran> {
  const written = { stdout: '', stderr: '' };
  const sink = (name: 'stdout' | 'stderr'): Sink => {
    const stream = new Writable({
      write(chunk: Buffer, _encoding, done) {
        written[name] += chunk.toString();
        if (name === 'stdout') options.onOutput?.(written.stdout);
        done();
      },
    });
    return options.columns === undefined ? stream : Object.assign(stream, { columns: options.columns, isTTY: true });
  };
  let code = 0;
  await runProgram(
    {
      stdout: sink('stdout'),
      stderr: sink('stderr'),
      env: options.env ?? {},
      cwd: options.cwd ?? '/nonexistent',
      clock: systemClock,
      signal: options.signal ?? new AbortController().signal,
      fetch: options.fetch ?? fetch,
      setExitCode: (exitCode) => {
        code = exitCode;
      },
    },
    args,
  );
  return { code, ...written };
}
