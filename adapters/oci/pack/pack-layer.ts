import { createHash } from 'node:crypto';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import type { Blob } from '../blob.ts';
import type { CollectedFile } from './collect-files.ts';
import type { Spool } from './spool.ts';
import { padding, tarEnd, tarHeader } from './tar-header.ts';

/** What is pushed as one layer. */
export interface Layer extends Blob {
  /** Of the tar, before it was compressed: `sha256:<hex>`. */
  readonly diffId: string;
  readonly files: number;
}

/**
 * Writes files as tar and gzip: the same files give the same bytes, wherever they came from and in whatever order. Sorted by the bytes of their names, modes
 * 0644 and 0755. Only another zlib (another version of Node) may compress differently; `diffId` stays the same then.
 * @param from where the files lie
 * @param to an empty spool, which the layer is read from as long as it is open
 */
export async function packLayer(files: readonly CollectedFile[], from: Spool, to: Spool, signal?: AbortSignal): Promise<Layer> {
  const plain = createHash('sha256');
  const packed = createHash('sha256');
  async function* content(): AsyncGenerator<Buffer> {
    for await (const block of inBlocks(tarOf(sorted(files), from))) {
      plain.update(block);
      yield block;
    }
  }
  async function keep(chunks: AsyncIterable<Buffer>): Promise<void> {
    for await (const chunk of chunks) {
      if (to.size === 0) chunk[OS_BYTE] = UNKNOWN_OS;
      packed.update(chunk);
      await to.append(chunk);
    }
    await to.flush();
  }
  const gzip = createGzip({ level: 6, chunkSize: blockBytes });
  await pipeline(content, gzip, keep, signal === undefined ? {} : { signal });
  return {
    digest: `sha256:${packed.digest('hex')}`,
    diffId: `sha256:${plain.digest('hex')}`,
    size: to.size,
    files: files.length,
    read: (at, size) => to.read(at, size),
  };
}

/** RFC 1952, 2.3: byte 9 says which system compressed, differently on each; 255 is "unknown". zlib writes no time and no name. */
const OS_BYTE = 9;
const UNKNOWN_OS = 255;

/** Each block is one turn of the thread pool. */
const blockBytes = 256 * 1024;

function sorted(files: readonly CollectedFile[]): readonly CollectedFile[] {
  return files
    .map((file) => ({ file, key: Buffer.from(file.name) }))
    .toSorted((one, other) => Buffer.compare(one.key, other.key))
    .map(({ file }) => file);
}

async function* tarOf(files: readonly CollectedFile[], from: Spool): AsyncGenerator<Buffer> {
  for (const file of files) {
    yield tarHeader(file.name, file.size, file.executable ? 0o755 : 0o644);
    yield* from.read(file.from, file.size);
    yield padding(file.size);
  }
  yield tarEnd();
}

async function* inBlocks(pieces: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let waiting: Buffer[] = [];
  let bytes = 0;
  for await (const piece of pieces) {
    waiting.push(piece);
    bytes += piece.length;
    if (bytes < blockBytes) continue;
    yield Buffer.concat(waiting, bytes);
    waiting = [];
    bytes = 0;
  }
  yield Buffer.concat(waiting, bytes);
}
