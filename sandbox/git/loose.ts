import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { inflate } from 'node:zlib';
import { limits } from '#core/limits.ts';

/** What git has written lately, read without a git process. Whatever is not found here may still lie in a pack, or be packed away. */

export interface LooseObject {
  /** `commit`, `tree`, `blob` or `tag`. */
  readonly type: string;
  readonly content: Buffer;
}

const unpack = promisify(inflate);

/**
 * An object in a file of its own: gitrepository-layout(5), `objects/[0-9a-f][0-9a-f]`; undefined when there is none.
 * @param id 40 hex digits
 */
export async function looseObject(directory: string, id: string): Promise<LooseObject | undefined> {
  const file = await fileAt(join(directory, 'objects', id.slice(0, 2), id.slice(2)));
  if (file === undefined) return undefined;
  const bytes = await unpack(file, { maxOutputLength: limits.sandbox.gitOutputBytes });
  const end = bytes.indexOf(0);
  const [type = ''] = bytes.toString('latin1', 0, end).split(' ');
  return { type, content: bytes.subarray(end + 1) };
}

/** What a ref in a file of its own points at; undefined when there is none, or when it is symbolic. @param name full name, `refs/heads/main` */
export async function looseRef(directory: string, name: string): Promise<string | undefined> {
  const parts = name.split('/');
  if (parts[0] !== 'refs' || parts.some((part) => part === '' || part.startsWith('.'))) return undefined;
  const text = (await fileAt(join(directory, ...parts)))?.toString('latin1') ?? '';
  return /^([0-9a-f]{40})\n$/.exec(text)?.[1];
}

const elsewhere: ReadonlySet<unknown> = new Set(['ENOENT', 'ENOTDIR', 'EISDIR', 'ENAMETOOLONG']);

async function fileAt(path: string): Promise<Buffer | undefined> {
  try {
    return await readFile(path);
  } catch (error) {
    if (error instanceof Error && 'code' in error && elsewhere.has(error.code)) return undefined;
    throw error;
  }
}
