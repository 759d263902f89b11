import { pack } from 'tar-stream';
import { limits } from '#core/limits.ts';
import type { HgArchive } from '../back-end.ts';
import { isUnder } from '../names.ts';
import { bytesOf, tarFiles } from './tar-files.ts';

/** Of an archive, what lies at a path. */
export function narrowed(archive: HgArchive, path: string): HgArchive {
  return { prefix: archive.prefix, tar: packed(archive, path) };
}

async function* packed(archive: HgArchive, path: string): AsyncGenerator<Uint8Array> {
  const tar = pack();
  for await (const file of tarFiles(archive)) {
    if (!isUnder(file.path, path)) continue;
    if (file.kind === 'symlink') tar.entry(file.header);
    else tar.entry(file.header, await bytesOf(file, limits.hg.fileBytes));
    yield* ready(tar);
  }
  tar.finalize();
  yield* ready(tar);
}

function* ready(tar: ReturnType<typeof pack>): Generator<Uint8Array> {
  for (let chunk: unknown = tar.read(); chunk !== null; chunk = tar.read()) if (chunk instanceof Uint8Array) yield chunk;
}
