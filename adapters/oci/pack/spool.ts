import { randomUUID } from 'node:crypto';
import { mkdir, open, unlink, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';

const blockBytes = 1024 * 1024;
/** Blocks that are held: the one that is being gone through, and those that what was appended later lies in. */
const blocksHeld = 6;

/**
 * Bytes on disk that nothing leads to: the file loses its name as soon as it is open, so that not even a killed process leaves it behind.
 * What is written stays as it is, and more may be appended; read in any order. Small pieces are joined and read ahead, because a question to the
 * disk for each of five thousand small files takes longer than packing them.
 */
export class Spool {
  readonly #file: FileHandle;
  #waiting: Uint8Array[] = [];
  #waitingBytes = 0;
  #written = 0;
  /** By number, the last that was used at the end. */
  readonly #blocks = new Map<number, Buffer>();

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
      const begin = at % blockBytes;
      const block = await this.#block(Math.floor(at / blockBytes), begin);
      const piece = block.subarray(begin, begin + end - at);
      at += piece.length;
      yield piece;
    }
  }

  /** Lets go of what was read ahead. */
  rest(): void {
    this.#blocks.clear();
  }

  /** @param past so many bytes of it must be there, and one more */
  async #block(number: number, past: number): Promise<Buffer> {
    const held = this.#blocks.get(number);
    const block = held && held.length > past ? held : await this.#load(number, past);
    this.#blocks.delete(number);
    this.#blocks.set(number, block);
    const [oldest] = this.#blocks.keys();
    if (this.#blocks.size > blocksHeld && oldest !== undefined) this.#blocks.delete(oldest);
    return block;
  }

  async #load(number: number, past: number): Promise<Buffer> {
    const from = number * blockBytes;
    const room = Buffer.allocUnsafe(Math.min(blockBytes, Math.max(this.#written - from, 0)));
    const { buffer, bytesRead } = await this.#file.read(room, 0, null, from);
    if (bytesRead <= past) throw new Error('a file that content is kept in meanwhile is shorter than what was written');
    return buffer.subarray(0, bytesRead);
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
