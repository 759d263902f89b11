import type { ChildProcess } from 'node:child_process';

/** Ends a process that leads a group of its own, with all that it has started (ssh). One that is stopped ends as well. */
export function killGroup(child: ChildProcess): void {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    child.kill('SIGKILL'); // the group is gone already
  }
}
