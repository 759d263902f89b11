import { HeadgateError } from '#core/errors.ts';
import type { Publication } from '#core/publication.ts';
import { chartArtifact, manifestsArtifact, type Artifact } from './artifact.ts';
import { chartFiles } from './chart/chart-files.ts';
import { checkNames } from './pack/check-names.ts';
import type { Collection } from './pack/collection.ts';
import { packLayer } from './pack/pack-layer.ts';
import { openSpool } from './pack/spool.ts';
import type { SourceContent } from './published-source.ts';

export interface PackedArtifact extends Artifact, AsyncDisposable {
  /** Of the layer. */
  readonly bytes: number;
}

/**
 * Packs what was collected, which stays as it is: held on disk and not in memory.
 * @param directory where the layer lies meanwhile
 * @returns to be disposed of when it has been pushed
 * @throws HeadgateError CONTENT_REFUSED, CONTENT_TOO_LARGE
 */
export async function packArtifact(
  { path, content, tag }: Pick<Publication, 'path' | 'content' | 'tag'>,
  source: SourceContent,
  { files, spool }: Pick<Collection, 'files' | 'spool'>,
  directory: string,
  signal?: AbortSignal,
): Promise<PackedArtifact> {
  signal?.throwIfAborted();
  if (files.length === 0) throw new HeadgateError('CONTENT_REFUSED', `there is nothing to publish: ${where(path)} holds no files`);
  checkNames(files.map(({ name }) => name));
  const chart = content === 'chart' ? await chartFiles(files, spool) : undefined;
  await using packing = new AsyncDisposableStack();
  const packed = packing.use(await openSpool(directory));
  const layer = await packLayer(chart?.files ?? files, spool, packed, signal);
  const artifact = chart ? chartArtifact(layer, chart.metadata, tag, source) : manifestsArtifact(layer, source);
  const kept = packing.move();
  return { ...artifact, bytes: layer.size, [Symbol.asyncDispose]: () => kept.disposeAsync() };
}

function where(path: string): string {
  return path === '' ? 'the repository' : JSON.stringify(path);
}
