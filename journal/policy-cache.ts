import { mkdir, open, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { HeadgateError, messageOf } from '#core/errors.ts';
import { limits } from '#core/limits.ts';
import type { PolicyCache } from '#core/ports/policy-cache.ts';

const Documents = z.array(z.object({ path: z.string(), text: z.string() }));

/** In files of a directory of the data directory, one for each digest; its time of change says when the repository was heard. */
export function openPolicyCache(directory: string): PolicyCache {
  const fileOf = (digest: string): string => join(directory, `${requireDigest(digest)}.json`);
  return {
    async read(digest) {
      try {
        const file = fileOf(digest);
        if ((await stat(file)).size > mostBytes) return undefined;
        return Documents.safeParse(JSON.parse(await readFile(file, 'utf8'))).data;
      } catch {
        return undefined;
      }
    },
    async write(digest, documents) {
      await mkdir(directory, { recursive: true, mode: 0o700 });
      const aside = `${fileOf(digest)}.new`;
      await writeFile(aside, JSON.stringify(documents), { mode: 0o600, flush: true });
      await rename(aside, fileOf(digest));
      await syncDirectory(directory);
    },
    async keep(digest) {
      const kept = `${requireDigest(digest)}.json`;
      for (const name of await readdir(directory)) if (name !== kept) await rm(join(directory, name), { force: true });
    },
    heard: (digest, at) => utimes(fileOf(digest), at / 1_000, at / 1_000),
    heardAt: (digest) =>
      stat(fileOf(digest)).then(
        ({ mtimeMs }) => mtimeMs,
        () => undefined,
      ),
  };
}

/** JSON may need six characters for one. */
const mostBytes = 6 * limits.content.bytes;

function requireDigest(digest: string): string {
  if (/^[0-9a-f]{64}$/.test(digest)) return digest;
  throw new HeadgateError('INTERNAL', `${digest} is no digest`);
}

/** Without it a rename may be lost with the power (fsync(2)). */
async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, 'r');
  try {
    await handle.sync();
  } catch (error) {
    throw new HeadgateError('JOURNAL_UNAVAILABLE', `${directory} cannot be synced: ${messageOf(error)}`, { cause: error });
  } finally {
    await handle.close();
  }
}
