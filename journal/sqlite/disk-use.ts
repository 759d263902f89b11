import { stat, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';

/** What the journal at `path` takes of its disk, the write-ahead log included, and what is free there; bytes. */
export async function diskUse(path: string): Promise<{ readonly bytes: number; readonly free: number }> {
  const [database, log, disk] = await Promise.all([stat(path), sizeOf(`${path}-wal`), statfs(dirname(path))]);
  return { bytes: database.size + log, free: disk.bavail * disk.bsize };
}

/** 0 for a file that is not there: the log goes when nobody has the database open. */
async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return 0;
    throw error;
  }
}
