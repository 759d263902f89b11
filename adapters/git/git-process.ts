import { spawn, type ChildProcess } from 'node:child_process';
import type { Clock } from '#core/clock.ts';
import { HeadgateError } from '#core/errors.ts';
import { limits } from '#core/limits.ts';
import { killGroup } from '#adapters/kill-group.ts';

export interface GitCall {
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** Milliseconds. */
  readonly timeout: number;
  readonly input?: string;
  /** Ends the process. */
  readonly signal?: AbortSignal;
  /** Default limits.git.outputBytes. */
  readonly outputBytes?: number;
}

export interface GitResult {
  /** Null when it was ended from outside. */
  readonly code: number | null;
  readonly stdout: Buffer;
  /** The last of what it complained about. */
  readonly stderr: string;
  /** Whether it spoke git's own protocol with a server. */
  readonly spoke: boolean;
  /** Why it was ended from outside, if it was. */
  readonly ended: 'deadline' | 'output' | 'signal' | undefined;
}

/**
 * Runs `git` without a shell, in a process group of its own, bounded in time and output.
 * @throws HeadgateError TOOL_MISSING
 */
export function runGit(clock: Clock, call: GitCall): Promise<GitResult> {
  return new Promise((resolve, reject) => {
    // fd 3 takes trace2 events (api-trace2): the only place where git says whether it was git that answered.
    const child = spawn('git', [...call.args], {
      env: { ...call.environment, GIT_TRACE2_EVENT: '3' },
      cwd: '/', // git looks for nothing there: it is told its directory
      detached: true,
      stdio: ['pipe', 'pipe', 'pipe', 'pipe'],
    });
    const watch = new Watch(child, clock, call);
    child.on('error', (error) => {
      watch.close();
      reject(startFailure(error));
    });
    child.on('close', (code) => {
      watch.close();
      resolve(watch.result(code));
    });
    child.stdin.on('error', () => {}); // git has read enough: its exit code tells why
    child.stdin.end(call.input ?? '');
  });
}

/** Collects what a process says and ends it when it says too much or takes too long. */
class Watch {
  readonly #child: ChildProcess;
  readonly #clock: Clock;
  readonly #chunks: Buffer[] = [];
  readonly #cancels: (() => void)[] = [];
  #size = 0;
  #stderr = '';
  #trace = '';
  #spoke = false;
  #ended: GitResult['ended'];

  constructor(child: ChildProcess, clock: Clock, call: GitCall) {
    this.#child = child;
    this.#clock = clock;
    const most = call.outputBytes ?? limits.git.outputBytes;
    child.stdout?.on('data', (chunk: Buffer) => this.#keep(chunk, most));
    child.stderr
      ?.setEncoding('utf8')
      .on('data', (text: string) => (this.#stderr = (this.#stderr + text).slice(-limits.git.complaintChars)));
    child.stdio[3]?.on('data', (chunk: Buffer) => this.#listen(chunk.toString('latin1')));
    this.#cancels.push(clock.after(call.timeout, () => this.#end('deadline')));
    this.#obey(call.signal);
  }

  close(): void {
    for (const cancel of this.#cancels) cancel();
  }

  result(code: number | null): GitResult {
    return { code, stdout: Buffer.concat(this.#chunks), stderr: this.#stderr, spoke: this.#spoke, ended: this.#ended };
  }

  #keep(chunk: Buffer, most: number): void {
    this.#size += chunk.byteLength;
    if (this.#size <= most) this.#chunks.push(chunk);
    else this.#end('output');
  }

  #listen(text: string): void {
    this.#trace = (this.#trace + text).slice(-limits.git.complaintChars);
    this.#spoke ||= this.#trace.includes('"key":"negotiated-version"');
  }

  #obey(signal: AbortSignal | undefined): void {
    if (signal === undefined) return;
    const stop = (): void => this.#end('signal');
    if (signal.aborted) return stop();
    signal.addEventListener('abort', stop, { once: true });
    this.#cancels.push(() => signal.removeEventListener('abort', stop));
  }

  /** Asks it to end, so that git removes its temporary files, then ends it. */
  #end(why: NonNullable<GitResult['ended']>): void {
    if (this.#ended !== undefined) return;
    this.#ended = why;
    killGroup(this.#child, 'SIGTERM');
    this.#cancels.push(this.#clock.after(limits.git.killGrace, () => killGroup(this.#child, 'SIGKILL')));
  }
}

function startFailure(error: Error): Error {
  if (!('code' in error) || error.code !== 'ENOENT') return error;
  return new HeadgateError('TOOL_MISSING', 'reading back by git needs git, and no `git` is in the path', { cause: error });
}
