import { deflateRaw, deflateRawSync, inflateRawSync } from 'node:zlib';
import { limits } from '#core/limits.ts';

/** Level 1 takes about 40 µs for a push of 8 KB and leaves a fifth of it; higher levels gain little. */
const level = 1;

/** A deflated push fits; allocating the default 16 KiB for each took a third of the time. */
const chunkSize = 4_096;

/** A window of 8 KiB holds a push; setting up the default 32 KiB took a fifth of the time. */
const windowBits = 13;

/**
 * Deflates a body before it is handed over: what the writer's thread does delays every delivery of its batch (done there, the
 * median latency was a third higher). Large bodies would hold up the event loop and go to the thread pool.
 */
export function deflateBody(body: Uint8Array): Uint8Array | Promise<Uint8Array> {
  if (body.byteLength <= limits.journal.deflateInline) return ownBytes(deflateRawSync(body, { level, chunkSize, windowBits }));
  return new Promise((resolve, reject) => {
    deflateRaw(body, { level }, (error, deflated) => (error ? reject(error) : resolve(ownBytes(deflated))));
  });
}

/** @param size length of the body as received, which bounds what is inflated */
export function inflateBody(deflated: Uint8Array, size: number): Uint8Array {
  return size === 0 ? new Uint8Array() : inflateRawSync(deflated, { maxOutputLength: size });
}

/** A message to another thread carries the whole buffer beneath a view, and zlib answers views of larger buffers. */
function ownBytes(view: Uint8Array): Uint8Array {
  return new Uint8Array(view);
}
