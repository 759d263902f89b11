import type { ChildProcess } from 'node:child_process';

/** Sends a signal to a process that leads a group of its own, and to all that it has started (ssh, git's helpers). */
export function killGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch {
    child.kill(signal); // the group is gone already
  }
}
