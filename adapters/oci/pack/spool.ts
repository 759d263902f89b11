import { randomUUID } from 'node:crypto';
import { mkdir, open, unlink, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';

const blockBytes = 1024 * 1024;

interface Block {
  readonly from: number;
  readonly bytes: Buffer;
}

/**
 * Bytes on disk that nothing leads to: the file loses its name as soon as it is open, so that not even a killed process leaves it behind.
 * Written in one go from the beginning, then read in any order; small pieces are joined and read ahead, because a question to the disk for each of
 * five thousand small files takes longer than packing them.
 */
export class Spool {
  readonly #file: FileHandle;
  #waiting: Uint8Array[] = [];
  #waitingBytes = 0;
  #written = 0;
  #block: Block = { from: 0, bytes: Buffer.alloc(0) };

  constructor(file: FileHandle) {
    this.#file = file;
  }

  /** How much has been appended. */
  get size(): number {
    return this.#written + this.#waitingBytes;
  }

  async append(chunk: Uint8Array): Promise<void> {
    this.#waiting.push(chunk);
    this.#waitingBytes += chunk.length;
    if (this.#waitingBytes >= blockBytes) await this.flush();
  }

  /** To be called before anything is read. */
  async flush(): Promise<void> {
    const bytes = Buffer.concat(this.#waiting, this.#waitingBytes);
    this.#waiting = [];
    this.#waitingBytes = 0;
    for (let done = 0; done < bytes.length; ) {
      const { bytesWritten } = await this.#file.write(bytes, done, bytes.length - done, this.#written);
      done += bytesWritten;
      this.#written += bytesWritten;
    }
  }

  /** The bytes of a range, in pieces. What is yielded stays as it is. */
  async *read(from: number, size: number): AsyncGenerator<Buffer> {
    for (let at = from, end = from + size; at < end; ) {
      if (at < this.#block.from || at >= this.#block.from + this.#block.bytes.length) this.#block = await this.#load(at);
      const begin = at - this.#block.from;
      const piece = this.#block.bytes.subarray(begin, begin + end - at);
      at += piece.length;
      yield piece;
    }
  }

  async #load(from: number): Promise<Block> {
    const { buffer, bytesRead } = await this.#file.read(Buffer.allocUnsafe(Math.min(blockBytes, this.#written - from)), 0, null, from);
    if (bytesRead === 0) throw new Error('a file that content is kept in meanwhile is shorter than what was written');
    return { from, bytes: buffer.subarray(0, bytesRead) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#file.close();
  }
}

/** @param directory made when it is missing */
export async function openSpool(directory: string): Promise<Spool> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const path = join(directory, `${randomUUID()}.spool`);
  const file = await open(path, 'wx+', 0o600);
  await unlink(path);
  return new Spool(file);
}
