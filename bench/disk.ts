import { execFile } from 'node:child_process';
import { closeSync, fdatasyncSync, openSync, rmSync, statfsSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { requireTools } from '../test/e2e/cluster/tools.ts';
import { median } from './statistics.ts';

const run = promisify(execFile);

/** Of tmpfs, statfs(2). */
const TMPFS = 0x01021994;

/** Whether a directory lies in memory, where fsync costs nothing and proves nothing. */
export function isInMemory(directory: string): boolean {
  return statfsSync(directory).type === TMPFS;
}

/** Median time of appending 1 KB and fdatasync, milliseconds: what this disk gives anybody. */
export function syncTime(directory: string): number {
  const file = join(directory, 'sync-probe');
  const descriptor = openSync(file, 'a');
  const block = Buffer.alloc(1_024, 1);
  try {
    return median(Array.from({ length: 200 }, () => timeSync(descriptor, block)));
  } finally {
    closeSync(descriptor);
    rmSync(file);
  }
}

function timeSync(descriptor: number, block: Buffer): number {
  const begun = performance.now();
  writeSync(descriptor, block);
  fdatasyncSync(descriptor);
  return performance.now() - begun;
}

/** Compiles the shim that makes every sync of a process slower. @returns the environment to start the process with */
export async function slowSync(directory: string, milliseconds: number): Promise<Readonly<Record<string, string>>> {
  requireTools(['gcc']);
  const library = join(directory, 'slow-fsync.so');
  const source = join(import.meta.dirname, 'slow-fsync.c');
  await run('gcc', ['-O2', '-shared', '-fPIC', '-o', library, source, '-ldl']);
  return { LD_PRELOAD: library, SLOW_FSYNC_US: String(milliseconds * 1_000) };
}
