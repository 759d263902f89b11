import { pipeline, type Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { HeadgateError, messageOf } from '#core/errors.ts';
import { limits } from '#core/limits.ts';
import type { HgArchive } from '../back-end.ts';
import type { HgwebClient } from './client.ts';
import { archiveHint } from './refusals.ts';

/** An archive of hgweb's, and whether it holds more than was asked for. */
export interface WebArchive extends HgArchive {
  readonly isWider: boolean;
}

/**
 * An archive as hgweb makes it, unpacked as it comes; the caller has made sure that the host knows the node. hgweb finds no name with other letters
 * than those of ASCII: then it is of the directory above. All of it is asked for as `.`: without a path hgweb begins to answer before it finds that
 * there is no file at all, and then breaks off (6.3) or refuses (7.2).
 * @returns undefined where nothing lies at the path
 * @throws HeadgateError SOURCE_REFUSED where hgweb makes no archives; while it is read SOURCE_UNREACHABLE and, past limits.hgweb.archiveBytes,
 * CONTENT_TOO_LARGE
 */
export async function findArchive(client: HgwebClient, repository: string, node: string, path: string): Promise<WebArchive | undefined> {
  const asked = askedFor(path);
  const found = await client.open(repository, {
    command: 'archive',
    query: { type: 'gz', node, file: asked === '' ? '.' : asked },
  });
  if (found === undefined) return undefined;
  const name = /^attachment; filename="?([^"/]+)\.tar\.gz"?$/.exec(found.headers.get('content-disposition') ?? '')?.[1];
  if (name?.endsWith(`-${node}`))
    return { prefix: `${name}/`, tar: unpacked(found.body, `${repository} at ${node}`), isWider: asked !== path };
  found.body.destroy();
  throw new HeadgateError('SOURCE_REFUSED', `what hgweb of ${repository} answers ?cmd=archive with is no archive`, { hint: archiveHint });
}

/** The path up to where something else than ASCII is in it. */
function askedFor(path: string): string {
  const parts = path.split('/');
  const odd = parts.findIndex((part) => !/^[\x20-\x7e\t]*$/.test(part));
  return odd < 0 ? path : parts.slice(0, odd).join('/');
}

async function* unpacked(body: Readable, what: string): AsyncGenerator<Uint8Array> {
  const { archiveBytes } = limits.hgweb;
  let length = 0;
  try {
    // What goes wrong with the answer destroys what is read of it.
    for await (const chunk of pipeline(body, createGunzip(), () => {}) as AsyncIterable<Buffer>) {
      length += chunk.length;
      if (length > archiveBytes)
        throw new HeadgateError('CONTENT_TOO_LARGE', `the archive of ${what} is larger than ${archiveBytes} bytes`);
      yield chunk;
    }
  } catch (error) {
    if (error instanceof HeadgateError) throw error;
    throw new HeadgateError('SOURCE_UNREACHABLE', `the archive of ${what} did not come whole: ${messageOf(error)}`, { cause: error });
  } finally {
    body.destroy();
  }
}
