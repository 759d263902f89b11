import { lstat, mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { HeadgateError } from '#core/errors.ts';

/** Tells that a directory is a sandbox's, so that it may be deleted. */
const MARKER = '.headgate-sandbox';

/**
 * Makes an empty directory for a sandbox. One that an earlier sandbox made is deleted first; anybody else's is left alone.
 * @throws HeadgateError SANDBOX_DIRECTORY
 */
export async function freshDirectory(directory: string): Promise<void> {
  if ((await exists(directory)) && (await readdir(directory)).length > 0) {
    if (!(await exists(join(directory, MARKER)))) {
      throw new HeadgateError('SANDBOX_DIRECTORY', `${directory} is not empty and was not made by a sandbox.`);
    }
    await rm(directory, { recursive: true });
  }
  await mkdir(directory, { recursive: true, mode: 0o700 });
  await writeFile(join(directory, MARKER), 'Made by `headgate sandbox`, which deletes this directory at its next start.\n');
}

/** Writes text that only its owner may read. */
export async function writePrivate(file: string, text: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  await writeFile(file, text, { mode: 0o600, flag: 'wx' });
}

async function exists(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return false;
    throw error;
  }
}
