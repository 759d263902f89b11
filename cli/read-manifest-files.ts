import { isUtf8 } from 'node:buffer';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { HeadgateError, messageOf } from '#core/errors.ts';
import { limits } from '#core/limits.ts';
import type { PreflightFile } from '#core/preflight.ts';

export interface ManifestFiles {
  readonly files: readonly PreflightFile[];
  /** Files that are not sent, and why. */
  readonly left: readonly { readonly path: string; readonly why: string }[];
}

/**
 * Reads the text files below a directory, in the order of their names. Symbolic links are not followed, and what begins with a dot is passed over.
 * @param at what their paths begin with, without slashes at its ends; empty for nothing
 * @throws HeadgateError USAGE (unreadable, or more than one request takes)
 */
export async function readManifestFiles(directory: string, at: string): Promise<ManifestFiles> {
  const names = await filesBelow(directory);
  if (names.length > limits.preflight.files) throw tooMany(`more than ${limits.preflight.files} files`);
  const files: PreflightFile[] = [];
  const left: { path: string; why: string }[] = [];
  let bytes = 0;
  for (const name of names) {
    const path = at === '' ? name : `${at}/${name}`;
    const content = await readFile(join(directory, name));
    if (!isUtf8(content) || content.includes(0)) left.push({ path, why: 'it is no text' });
    else files.push({ path, text: content.toString('utf8') });
    bytes += content.byteLength;
    if (bytes > limits.http.bodyBytes) throw tooMany(`more than ${limits.http.bodyBytes} bytes`);
  }
  return { files, left };
}

async function filesBelow(directory: string): Promise<readonly string[]> {
  try {
    if (!(await stat(directory)).isDirectory()) throw new Error('it is no directory');
    const entries = await readdir(directory, { recursive: true, withFileTypes: true });
    const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name).slice(directory.length + 1));
    return files.filter((path) => !path.split('/').some((part) => part.startsWith('.'))).toSorted();
  } catch (cause) {
    throw new HeadgateError('USAGE', `cannot read ${directory}: ${messageOf(cause)}`, { cause });
  }
}

function tooMany(what: string): HeadgateError {
  return new HeadgateError('USAGE', `${what} in one question`, {
    hint: 'Name the directory that is deployed, and ask about each one apart.',
  });
}
