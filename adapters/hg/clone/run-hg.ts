import { spawn, type ChildProcess } from 'node:child_process';
import type { Clock } from '#core/clock.ts';
import { limits } from '#core/limits.ts';
import { killGroup } from '#adapters/kill-group.ts';
import { HgEnded } from './hg-ended.ts';

export interface HgCall {
  readonly program: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly environment: Readonly<Record<string, string>>;
  /** Milliseconds. */
  readonly timeout: number;
  /** Ends the process. */
  readonly signal?: AbortSignal;
}

export interface HgResult {
  readonly code: number;
  readonly stdout: string;
  /** The last of what it complained about. */
  readonly stderr: string;
}

/** Runs hg once, without a shell, in a process group of its own, bounded in time and output. @throws HgEnded, and the error of spawn */
export function runHg(clock: Clock, { program, args, cwd, environment, timeout, signal }: HgCall): Promise<HgResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, [...args], { cwd, env: environment, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
    const said = { stdout: '', stderr: '' };
    const end = (why: HgEnded['why']): void => {
      close();
      killGroup(child, 'SIGKILL');
      reject(new HgEnded(why, said.stderr));
    };
    const close = watch(clock, timeout, signal, end);
    listen(child, said, () => end('output'));
    child.on('error', (error) => {
      close();
      reject(error);
    });
    child.on('close', (code) => {
      close();
      if (code === null) reject(new HgEnded('died', said.stderr));
      else resolve({ code, ...said });
    });
  });
}

function listen(child: ChildProcess, said: { stdout: string; stderr: string }, onExcess: () => void): void {
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    said.stdout += text;
    if (said.stdout.length > limits.hgClone.outputBytes) onExcess();
  });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    said.stderr = (said.stderr + text).slice(-limits.hgClone.complaintChars);
  });
}

function watch(clock: Clock, timeout: number, signal: AbortSignal | undefined, end: (why: 'deadline' | 'signal') => void): () => void {
  const cancel = clock.after(timeout, () => end('deadline'));
  const stop = (): void => end('signal');
  if (signal?.aborted) queueMicrotask(stop);
  else signal?.addEventListener('abort', stop, { once: true });
  return () => {
    cancel();
    signal?.removeEventListener('abort', stop);
  };
}
