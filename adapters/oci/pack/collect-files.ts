import { createHash } from 'node:crypto';
import { extract, type Extract, type Header } from 'tar-stream';
import { HeadgateError, messageOf } from '#core/errors.ts';
import { formatBytes } from '#core/format-bytes.ts';
import { limits } from '#core/limits.ts';
import type { SourceArchive } from '../published-source.ts';
import { nameBelow } from './entry-name.ts';
import type { Spool } from './spool.ts';

/** A file of the content, which lies in a spool. */
export interface CollectedFile {
  /** Below the directory that is packed. */
  readonly name: string;
  readonly executable: boolean;
  readonly from: number;
  readonly size: number;
  /** SHA-256 of its bytes, base64. */
  readonly digest: string;
}

/**
 * Reads an archive once and puts the files below a path into a spool. Directories are left out: what unpacks makes those that files need.
 * @param before files that lie there already, and that are none of the archive's
 * @returns those, and then the archive's
 * @throws HeadgateError CONTENT_REFUSED for anything but files and for names that nameBelow refuses, CONTENT_TOO_LARGE (limits.publish),
 * SOURCE_UNREACHABLE for an archive that is broken or ends early
 */
export async function collectFiles(
  archive: SourceArchive,
  path: string,
  spool: Spool,
  before: readonly CollectedFile[] = [],
): Promise<readonly CollectedFile[]> {
  const entries = extract();
  const feeding = feed(entries, archive.tar);
  const files = [...before];
  let bytes = before.reduce((sum, { size }) => sum + size, 0);
  try {
    for await (const entry of entries) {
      const name = wanted(entry.header, archive, path);
      if (name === undefined) {
        entry.resume();
        continue;
      }
      checkSize(name, entry.header.size, files.length, bytes);
      files.push(await collected(entry, name, spool));
      bytes += entry.header.size;
    }
  } catch (error) {
    throw error instanceof HeadgateError ? error : unreadable(error);
  }
  await feeding;
  await spool.flush();
  return files;
}

/** The name of what is packed; undefined for what is left out. */
function wanted({ name, type }: Header, { prefix, added }: SourceArchive, path: string): string | undefined {
  if (type === 'directory') return undefined;
  const below = nameBelow(name, prefix, path);
  if (below === undefined || added.includes(name.slice(prefix.length))) return undefined;
  if (type === 'file') return below;
  throw new HeadgateError('CONTENT_REFUSED', `${JSON.stringify(below)} cannot be published: it is ${kinds[type] ?? 'no file'}`, {
    hint: 'Flux takes files and directories only: replace it with a file, or keep it outside of what is published.',
  });
}

const kinds: Readonly<Record<string, string>> = {
  symlink: 'a symbolic link',
  link: 'a hard link',
  'character-device': 'a device',
  'block-device': 'a device',
  fifo: 'a pipe',
};

/** One file of the archive, to be read to its end. */
type Entry = Extract extends AsyncIterable<infer One> ? One : never;

async function collected(entry: Entry, name: string, spool: Spool): Promise<CollectedFile> {
  const { size, mode } = entry.header;
  const from = spool.size;
  const hash = createHash('sha256');
  for await (const chunk of entry) {
    hash.update(chunk as Buffer);
    await spool.append(chunk as Buffer);
  }
  return { name, executable: (mode & 0o111) !== 0, from, size, digest: hash.digest('base64') };
}

/** @param count of files before it, and their bytes */
function checkSize(name: string, size: number, count: number, before: number): void {
  const { files, fileBytes, bytes } = limits.publish;
  if (count >= files) throw tooLarge(`more than ${files} files`);
  if (size > fileBytes) throw tooLarge(`${JSON.stringify(name)} with ${formatBytes(size)}, and a file may have ${formatBytes(fileBytes)}`);
  if (before + size > bytes) throw tooLarge(`more than ${formatBytes(bytes)}`);
}

function tooLarge(what: string): HeadgateError {
  return new HeadgateError('CONTENT_TOO_LARGE', `what would be published holds ${what}`);
}

/** Hands the archive to whoever reads its entries; a failure of the archive becomes theirs. */
async function feed(entries: Extract, tar: AsyncIterable<Uint8Array>): Promise<void> {
  try {
    for await (const chunk of complete(tar)) {
      if (entries.destroyed) return;
      if (!entries.write(chunk)) await drained(entries);
    }
    entries.end(null);
  } catch (error) {
    entries.destroy(error instanceof Error ? error : new Error(messageOf(error)));
  }
}

/** A tar ends with two blocks of zeros (POSIX pax, "ustar Interchange Format"); without them, what came may be half of it. */
async function* complete(tar: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let tail = Buffer.alloc(0);
  for await (const chunk of tar) {
    tail = Buffer.from(Buffer.concat([tail, chunk.subarray(-endBytes)]).subarray(-endBytes));
    yield chunk;
  }
  if (tail.length < endBytes || tail.some((byte) => byte !== 0)) throw new Error('it ends early');
}

const endBytes = 1_024;

function drained(entries: Extract): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const done = (): void => {
    entries.off('drain', done);
    entries.off('close', done);
    resolve();
  };
  entries.on('drain', done);
  entries.on('close', done);
  if (entries.destroyed) done();
  return promise;
}

function unreadable(cause: unknown): HeadgateError {
  return new HeadgateError('SOURCE_UNREACHABLE', `the source's archive cannot be read: ${messageOf(cause)}`, { cause });
}
