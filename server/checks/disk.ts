import { stat, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { messageOf } from '#core/errors.ts';
import { finding, type Finding } from '#core/finding.ts';
import { formatBytes } from '#core/format-bytes.ts';
import { limits } from '#core/limits.ts';

/** How much room there is where a directory lies; of one that does not exist yet, its nearest parent counts. */
export async function diskFinding(about: string, directory: string): Promise<Finding> {
  const existing = await nearestExisting(directory);
  try {
    const { bavail, bsize } = await statfs(existing);
    const free = bavail * bsize;
    const message = `free disk space: ${formatBytes(free)} at ${existing}`;
    if (free < limits.check.diskFull) return finding('DISK_FREE', about, 'bad', message);
    return finding('DISK_FREE', about, free < limits.check.diskLow ? 'warning' : 'good', message);
  } catch (error) {
    return finding('DISK_FREE', about, 'unknown', `free disk space: ${messageOf(error)}`);
  }
}

/** The directory itself or the parent that there is already. */
export async function nearestExisting(directory: string): Promise<string> {
  let existing = directory;
  while (!(await exists(existing)) && dirname(existing) !== existing) existing = dirname(existing);
  return existing;
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
