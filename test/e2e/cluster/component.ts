import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';

export interface ComponentOptions {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  /** Standard output and error go here, appended. */
  readonly log: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly cwd?: string;
}

/** One process that a test has started. It never outlives the test run, however that ends. */
export interface Component {
  readonly name: string;
  readonly pid: number;
  readonly log: string;
  /** False once it has ended. */
  alive(): boolean;
  signal(signal: NodeJS.Signals): void;
  /** Resolves with the exit code, or the signal that ended it. */
  readonly exited: Promise<number | NodeJS.Signals>;
  /** Asks it to end, and makes it after `patience` milliseconds. */
  stop(patience?: number): Promise<void>;
}

const running = new Map<number, ChildProcess>();
let guarded = false;

/** Starts a process by itself (no shell). @throws when the program cannot be started */
export async function startComponent(options: ComponentOptions): Promise<Component> {
  guardAgainstOrphans();
  const output = openSync(options.log, 'a');
  const [command, args] = dyingWithParent(options.command, options.args);
  const child = spawn(command, args, {
    stdio: ['ignore', output, output],
    env: { ...process.env, ...options.env },
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
  });
  closeSync(output);
  const exited = new Promise<number | NodeJS.Signals>((resolve) => {
    child.on('exit', (code, signal) => resolve(code ?? signal ?? 'SIGKILL'));
  });
  await once(child, 'spawn');
  const { pid } = child;
  if (pid === undefined) throw new Error(`${options.name} has no process id`);
  running.set(pid, child);
  void exited.then(() => running.delete(pid));
  return describe(options, child, pid, exited);
}

function describe(options: ComponentOptions, child: ChildProcess, pid: number, exited: Promise<number | NodeJS.Signals>): Component {
  const alive = (): boolean => child.exitCode === null && child.signalCode === null;
  return {
    name: options.name,
    pid,
    log: options.log,
    alive,
    exited,
    signal(signal) {
      if (alive()) child.kill(signal);
    },
    async stop(patience = 10_000) {
      if (!alive()) return;
      child.kill('SIGTERM');
      child.kill('SIGCONT'); // a paused process hears nothing else
      const timer = setTimeout(() => child.kill('SIGKILL'), patience);
      await exited;
      clearTimeout(timer);
    },
  };
}

/** On Linux the kernel ends the child when this process dies, even by SIGKILL. setpriv execs: the process id is the program's own. */
function dyingWithParent(command: string, args: readonly string[]): [string, string[]] {
  return hasSetpriv() ? ['setpriv', ['--pdeathsig', 'KILL', command, ...args]] : [command, [...args]];
}

let setpriv: boolean | undefined;
function hasSetpriv(): boolean {
  setpriv ??= spawnSync('setpriv', ['--pdeathsig', 'KILL', 'true'], { stdio: 'ignore' }).status === 0;
  return setpriv;
}

function guardAgainstOrphans(): void {
  if (guarded) return;
  guarded = true;
  process.on('exit', () => {
    for (const child of running.values()) child.kill('SIGKILL');
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(1));
}

/** The last lines that a component wrote. */
function tailOf(log: string, lines = 15): string {
  return readFileSync(log, 'utf8').trimEnd().split('\n').slice(-lines).join('\n');
}

/**
 * Resolves when `probe` does; rejects with the end of the log when the component dies or `within` milliseconds are over.
 */
export async function untilReady(component: Component, probe: () => Promise<void>, within = 60_000): Promise<void> {
  const deadline = Date.now() + within;
  for (;;) {
    try {
      return await probe();
    } catch (error) {
      const state = component.alive()
        ? Date.now() > deadline
          ? `is not ready after ${within} ms (${String(error)})`
          : undefined
        : 'ended';
      if (state !== undefined) throw new Error(`${component.name} ${state}:\n${tailOf(component.log)}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
