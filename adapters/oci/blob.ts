import { createHash } from 'node:crypto';

/** Bytes that a registry keeps under their digest. */
export interface Blob {
  /** `sha256:<hex>`. */
  readonly digest: string;
  readonly size: number;
  /** A range of it; may be asked for again, so that an upload can begin anew. */
  read(from: number, size: number): AsyncIterable<Uint8Array>;
}

/** `sha256:<hex>` of some bytes. */
export function digestOf(bytes: Uint8Array): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

/** A blob that is small enough to be held. */
export function blobOf(bytes: Buffer): Blob {
  async function* read(from: number, size: number): AsyncGenerator<Uint8Array> {
    yield await Promise.resolve(bytes.subarray(from, from + size));
  }
  return { digest: digestOf(bytes), size: bytes.length, read };
}
