import { mkdir, symlink } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { existsSync } from 'node:fs';

/** A directory for $PATH in which there is git and nothing else of this machine. */
export async function gitAlone(directory: string): Promise<string> {
  const bin = join(directory, 'programs');
  await mkdir(bin, { recursive: true });
  const git = (process.env['PATH'] ?? '')
    .split(delimiter)
    .map((each) => join(each, 'git'))
    .find((file) => existsSync(file));
  if (git === undefined) throw new Error('these tests need git');
  await symlink(git, join(bin, 'git'));
  return bin;
}
