import { closeSync, constants, fstatSync, openSync, readSync, statSync } from 'node:fs';
import { limits } from '#core/limits.ts';

/**
 * What tells one state of a file from the next: it changes on writes in place, on renames over it and on the symlink swap
 * with which Kubernetes updates a mounted Secret. Null when there is no readable file.
 */
export function secretFileStamp(path: string): string | null {
  try {
    const { dev, ino, size, mtimeNs, ctimeNs } = statSync(path, { bigint: true });
    return `${dev}:${ino}:${size}:${mtimeNs}:${ctimeNs}`;
  } catch {
    return null; // reading it says why
  }
}

/** Reads a regular file of bounded size. @throws Error in a few words */
export function readSecretFile(path: string): { readonly value: Buffer; readonly worldReadable: boolean } {
  const file = open(path);
  try {
    const stat = fstatSync(file);
    if (!stat.isFile()) throw new Error('is not a regular file');
    return { value: readBounded(file), worldReadable: (stat.mode & 0o004) !== 0 };
  } finally {
    closeSync(file);
  }
}

function open(path: string): number {
  try {
    // O_NONBLOCK: opening a FIFO would otherwise wait for its writer
    return openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ENOENT') throw new Error('does not exist', { cause: error });
    if (code === 'EACCES') throw new Error('may not be read by this user', { cause: error });
    throw error;
  }
}

function readBounded(file: number): Buffer {
  const buffer = Buffer.alloc(limits.config.secretBytes + 1);
  let length = 0;
  for (let read = -1; read !== 0 && length < buffer.length; length += read) {
    read = readSync(file, buffer, length, buffer.length - length, null);
  }
  if (length > limits.config.secretBytes) throw new Error(`is larger than ${limits.config.secretBytes} bytes`);
  return Buffer.from(buffer.subarray(0, length));
}
