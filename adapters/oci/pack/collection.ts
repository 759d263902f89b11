import { createHash } from 'node:crypto';
import type { SourceContent } from '../published-source.ts';
import { collectFiles, type CollectedFile } from './collect-files.ts';
import { openSpool, type Spool } from './spool.ts';

/** The files of a revision below a path, and where their bytes lie; whoever has it closes the spool. */
export interface Collection {
  readonly files: readonly CollectedFile[];
  readonly spool: Spool;
  /** Bytes of the spool when all was read into it. What differed later came after them. */
  readonly whole: number;
}

/**
 * All of what a source gives, read once.
 * @param directory where it lies
 * @throws HeadgateError as collectFiles
 */
export async function collectWhole({ archive }: Pick<SourceContent, 'archive'>, path: string, directory: string): Promise<Collection> {
  await using collecting = new AsyncDisposableStack();
  const spool = collecting.use(await openSpool(directory));
  const files = await collectFiles(archive, path, spool);
  collecting.move();
  return { files, spool, whole: spool.size };
}

/** Whether each file still has the bytes that were read of it. @throws the error of a disk that cannot be read */
export async function isIntact({ files, spool }: Collection): Promise<boolean> {
  for (const { from, size, digest } of files) {
    const hash = createHash('sha256');
    for await (const piece of spool.read(from, size)) hash.update(piece);
    if (hash.digest('base64') !== digest) return false;
  }
  return true;
}
