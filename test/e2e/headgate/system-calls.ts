import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';

/** One system call as strace writes it: begun and ended may be apart when threads run side by side. */
export interface SystemCall {
  readonly name: string;
  /** Everything between the parentheses, as far as it was written. */
  readonly arguments: string;
  /** Result, null while the line that ends it is missing. */
  readonly result: string | null;
  /** Positions in the trace. */
  readonly begunAt: number;
  readonly endedAt: number;
}

/** Reads the output of `strace -f -o`. */
function parseTrace(text: string): SystemCall[] {
  const calls: SystemCall[] = [];
  const open = new Map<string, number>();
  for (const [position, line] of text.split('\n').entries()) {
    if (resume(line, position, calls, open)) continue;
    const [, thread, name, rest] = /^(\d+) +(\w+)\((.*)$/.exec(line) ?? [];
    if (thread === undefined || name === undefined || rest === undefined) continue;
    const [, whole, result] = /^(.*)\) += (\S+)/.exec(rest) ?? [];
    if (whole === undefined) open.set(`${thread} ${name}`, calls.length);
    calls.push({ name, arguments: whole ?? rest, result: result ?? null, begunAt: position, endedAt: position });
  }
  return calls;
}

/** `4711 <... fsync resumed>) = 0` ends the call that the same thread has begun. */
function resume(line: string, position: number, calls: SystemCall[], open: ReadonlyMap<string, number>): boolean {
  const [whole, thread, name, result] = /^(\d+) +<\.\.\. (\w+) resumed>.*= (\S+)/.exec(line) ?? [];
  if (whole === undefined) return false;
  const index = open.get(`${thread} ${name}`) ?? -1;
  const begun = calls[index];
  if (begun !== undefined) calls[index] = { ...begun, result: result ?? null, endedAt: position };
  return true;
}

/** The trace of a process that has ended, once strace has written it to the end. */
export async function finishedTrace(file: string): Promise<SystemCall[]> {
  const deadline = Date.now() + 10_000;
  while (!existsSync(file) || !/\+\+\+ (exited|killed)[^\n]*\n$/.test(readFileSync(file, 'utf8'))) {
    if (Date.now() > deadline) throw new Error(`${file} is not complete after 10 s`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return parseTrace(readFileSync(file, 'utf8'));
}

/**
 * Makes system calls of a running process fail or take longer while `during` runs (strace(1), "Syscall tampering").
 * @param injection for example `fsync,fdatasync:error=EIO`
 */
export async function tamper(pid: number, injection: string, during: () => Promise<void>): Promise<void> {
  const calls = injection.slice(0, injection.indexOf(':'));
  const strace = spawn('strace', ['-f', '-p', String(pid), '-e', `trace=${calls}`, '-e', `inject=${injection}`, '-o', '/dev/null'], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const ended = once(strace, 'exit');
  try {
    await untilAttached(strace.stderr);
    await during();
  } finally {
    strace.kill('SIGINT'); // it lets go of the process, which goes on
    await ended;
  }
}

function untilAttached(stderr: NodeJS.ReadableStream): Promise<void> {
  return new Promise((resolve, reject) => {
    let text = '';
    stderr.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      if (text.includes('attached')) resolve();
    });
    stderr.on('end', () => reject(new Error(`strace did not attach: ${text}`)));
  });
}
