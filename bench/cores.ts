import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Numbers of all cores, from 0. */
export function allCores(): readonly number[] {
  return Array.from({ length: availableParallelism() }, (_, core) => core);
}

/** This process and those that it has started. */
export function ownProcesses(): readonly number[] {
  const tasks = readdirSync('/proc/self/task');
  const children = tasks.flatMap((task) => readFileSync(`/proc/self/task/${task}/children`, 'utf8').split(' ').filter(Boolean));
  return [process.pid, ...children.map(Number)];
}

/** Lets processes, with all their threads, run on these cores only. */
export async function confine(processes: readonly number[], cores: readonly number[]): Promise<void> {
  await Promise.all(processes.map((pid) => run('taskset', ['-a', '-p', '-c', cores.join(','), String(pid)])));
}
