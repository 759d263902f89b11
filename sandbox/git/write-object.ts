import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { deflate } from 'node:zlib';

const pack = promisify(deflate);

/** The tree without entries. */
export const EMPTY_TREE = '4b825dc642cb6eb9a060e54bf8d69288fbee4904';

/**
 * Writes an object into a file of its own without a git process (gitrepository-layout(5)), and answers its id.
 * @param directory of the bare repository
 */
async function writeObject(directory: string, type: 'blob' | 'tree' | 'commit', content: Buffer | string): Promise<string> {
  const body = typeof content === 'string' ? Buffer.from(content) : content;
  const bytes = Buffer.concat([Buffer.from(`${type} ${body.byteLength}\0`), body]);
  const id = createHash('sha1').update(bytes).digest('hex');
  const file = join(directory, 'objects', id.slice(0, 2), id.slice(2));
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, await pack(bytes), { flag: 'wx' }).catch(unlessItIsThere);
  return id;
}

/** A tree of files without folders. @param files name → content */
export async function writeTree(directory: string, files: Readonly<Record<string, string>>): Promise<string> {
  const names = Object.keys(files).sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  const entries = await Promise.all(
    names.map(async (name) => {
      const blob = await writeObject(directory, 'blob', files[name] ?? '');
      return Buffer.concat([Buffer.from(`100644 ${name}\0`), Buffer.from(blob, 'hex')]);
    }),
  );
  return writeObject(directory, 'tree', Buffer.concat(entries));
}

export interface WrittenCommit {
  readonly tree: string;
  readonly parents: readonly string[];
  readonly author: { readonly name: string; readonly email: string };
  readonly committer?: { readonly name: string; readonly email: string };
  /** Milliseconds since the epoch, of the author. */
  readonly at: number;
  /** Of the committer; default `at`. */
  readonly committedAt?: number;
  readonly message: string;
}

export function writeCommit(directory: string, commit: WrittenCommit): Promise<string> {
  const { tree, parents, author, committer = author, at, committedAt = at, message } = commit;
  const lines = [
    `tree ${tree}`,
    ...parents.map((parent) => `parent ${parent}`),
    `author ${author.name} <${author.email}> ${Math.floor(at / 1_000)} +0000`,
    `committer ${committer.name} <${committer.email}> ${Math.floor(committedAt / 1_000)} +0000`,
  ];
  return writeObject(directory, 'commit', `${lines.join('\n')}\n\n${message}`);
}

function unlessItIsThere(error: unknown): void {
  if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
}
