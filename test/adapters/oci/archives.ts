import { extract, pack, type Header } from 'tar-stream';
import { gunzipSync } from 'node:zlib';
import type { Blob } from '#adapters/oci/blob.ts';
import { packArtifact, type PackedArtifact } from '#adapters/oci/pack-artifact.ts';
import { collectWhole } from '#adapters/oci/pack/collection.ts';
import type { SourceArchive, SourceContent } from '#adapters/oci/published-source.ts';
import type { Publication } from '#core/publication.ts';

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

/** Packs all of it. */
export async function packedFrom(
  publication: Pick<Publication, 'path' | 'content' | 'tag'>,
  content: SourceContent,
  directory: string,
): Promise<PackedArtifact> {
  const collection = await collectWhole(content, publication.path, directory);
  await using _spool = collection.spool;
  return await packArtifact(publication, content, collection, directory);
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
