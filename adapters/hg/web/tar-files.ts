import { pipeline } from 'node:stream';
import { extract, type Extract } from 'tar-stream';
import { collectBytes } from '#core/collect-bytes.ts';
import { HeadgateError, messageOf } from '#core/errors.ts';
import type { HgArchive, HgFile } from '../back-end.ts';

type Entry = Extract extends AsyncIterable<infer One> ? One : never;

export interface TarFile {
  /** From the repository's root. */
  readonly path: string;
  readonly kind: HgFile['kind'];
  readonly header: Entry['header'];
  /** What is in it; what it says, for a link. To be read before the next file. */
  readonly bytes: AsyncIterable<Uint8Array>;
}

/** What Mercurial adds about the changeset (`[ui] archivemeta`). */
const ARCHIVAL = '.hg_archival.txt';

/** The files of an archive, in its order. @throws HeadgateError SOURCE_UNREACHABLE for one that ends early or is none; those of its stream */
export async function* tarFiles({ prefix, tar }: HgArchive): AsyncGenerator<TarFile> {
  const unpacked = extract();
  // What goes wrong with the tar destroys what is read of it.
  pipeline(tar, unpacked, () => {});
  try {
    for await (const entry of unpacked) {
      const file = fileOf(entry, prefix);
      if (file !== undefined && file.path !== ARCHIVAL) yield file;
      entry.resume();
    }
  } catch (error) {
    if (error instanceof HeadgateError) throw error;
    throw new HeadgateError('SOURCE_UNREACHABLE', `an archive cannot be read: ${messageOf(error)}`, { cause: error });
  } finally {
    unpacked.destroy();
  }
}

/** Undefined for a directory. */
function fileOf(entry: Entry, prefix: string): TarFile | undefined {
  const { name, type, mode = 0, linkname } = entry.header;
  if (!name.startsWith(prefix))
    throw new HeadgateError('SOURCE_UNREACHABLE', `an archive holds ${JSON.stringify(name.slice(0, 80))} outside of ${prefix}`);
  if (type === 'directory') return undefined;
  const path = name.slice(prefix.length);
  if (type === 'symlink') return { path, kind: 'symlink', header: entry.header, bytes: said(linkname ?? '') };
  return { path, kind: (mode & 0o100) === 0 ? 'file' : 'executable', header: entry.header, bytes: chunksOf(entry) };
}

async function* said(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text, 'utf8');
}

async function* chunksOf(entry: Entry): AsyncGenerator<Uint8Array> {
  for await (const chunk of entry) if (chunk instanceof Uint8Array) yield chunk;
}

/** @throws HeadgateError CONTENT_TOO_LARGE */
export function bytesOf({ path, bytes }: TarFile, most: number): Promise<Buffer> {
  return collectBytes(bytes, most, () => new HeadgateError('CONTENT_TOO_LARGE', `${path} is larger than ${most} bytes`));
}
