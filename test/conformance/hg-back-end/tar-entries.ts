import { extract } from 'tar-stream';
import type { HgArchive } from '#adapters/hg/back-end.ts';

/** What an archive holds, without its prefix and what Mercurial adds: path → `mode content`, or `-> target`. */
export async function tarEntries({ prefix, tar }: HgArchive): Promise<Readonly<Record<string, string>>> {
  const unpacked = extract();
  const entries: Record<string, string> = {};
  const packed: Uint8Array[] = [];
  for await (const chunk of tar) packed.push(chunk);
  unpacked.end(Buffer.concat(packed));
  for await (const entry of unpacked) {
    const { name, type, mode = 0, linkname } = entry.header;
    const content = await text(entry);
    const path = name.startsWith(prefix) ? name.slice(prefix.length) : `outside of the prefix: ${name}`;
    if (path === '.hg_archival.txt' || type === 'directory') continue;
    entries[path] = type === 'symlink' ? `-> ${linkname ?? ''}` : `${(mode & 0o777).toString(8)} ${content}`;
  }
  return entries;
}

async function text(entry: AsyncIterable<unknown>): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of entry) if (chunk instanceof Uint8Array) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}
