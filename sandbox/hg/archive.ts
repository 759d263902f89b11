import { buffer } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { pack } from 'tar-stream';
import type { HgChangeset, HgFile } from '#sandbox/hg/changeset.ts';

/** Files of a changeset under a path (`.`: all), as `hg archive` packs them. @returns undefined when there are none */
export async function archiveOf(changeset: HgChangeset, path: string, prefix: string): Promise<Buffer | undefined> {
  const files = [...changeset.files].filter(([name]) => path === '.' || name === path || name.startsWith(`${path}/`));
  if (files.length === 0) return undefined;
  const tar = pack();
  const common = { mtime: new Date(changeset.date * 1_000), uid: 0, gid: 0 };
  const whole = buffer(tar);
  const meta = `repo: ${prefix}\nnode: ${changeset.node}\nbranch: ${changeset.branch}\n`;
  if (path === '.') tar.entry({ ...common, name: `${prefix}/.hg_archival.txt` }, meta);
  for (const [name, { bytes, kind }] of files.toSorted(byBytes))
    if (kind === 'symlink') tar.entry({ ...common, name: `${prefix}/${name}`, type: 'symlink', linkname: bytes.toString('utf8') });
    else tar.entry({ ...common, name: `${prefix}/${name}`, mode: kind === 'executable' ? 0o755 : 0o644 }, bytes);
  tar.finalize();
  return gzipSync(await whole);
}

function byBytes([one]: readonly [string, HgFile], [other]: readonly [string, HgFile]): number {
  return Buffer.compare(Buffer.from(one), Buffer.from(other));
}
