import { extract, pack, type Header } from 'tar-stream';
import { gunzipSync } from 'node:zlib';
import type { Blob } from '#adapters/oci/blob.ts';
import type { SourceArchive, SourceContent } from '#adapters/oci/published-source.ts';

export type TestEntry = Partial<Header> & { readonly name: string; readonly text?: string };

/** An archive as a source might make it. */
export function archiveOf(
  entries: readonly TestEntry[],
  options: { readonly prefix?: string; readonly added?: readonly string[] } = {},
): SourceArchive {
  const { prefix = '', added = [] } = options;
  async function* tar(): AsyncGenerator<Uint8Array> {
    const packed = pack();
    for (const { text = '', name, ...header } of entries) packed.entry({ ...header, name: `${prefix}${name}` }, text);
    packed.finalize();
    for await (const chunk of packed) yield chunk as Uint8Array;
  }
  return { prefix, added, tar: tar() };
}

export const node = 'a'.repeat(40);

export function contentOf(archive: SourceArchive): SourceContent {
  return { date: Date.UTC(2026, 8, 1, 12, 30, 5), origin: `default@sha1:${node}`, url: 'https://hg.example/infra', archive };
}

export interface ReadBack {
  readonly header: Header;
  readonly text: string;
}

export async function bytesOf(blob: Blob): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of blob.read(0, blob.size)) pieces.push(piece);
  return Buffer.concat(pieces);
}

/** What a layer holds, read by tar-stream. */
export async function unpacked(layer: Buffer): Promise<readonly ReadBack[]> {
  const found: ReadBack[] = [];
  const reading = extract();
  reading.end(gunzipSync(layer));
  for await (const entry of reading) {
    const pieces: Uint8Array[] = [];
    for await (const piece of entry) pieces.push(piece as Uint8Array);
    found.push({ header: entry.header, text: Buffer.concat(pieces).toString('utf8') });
  }
  return found;
}
