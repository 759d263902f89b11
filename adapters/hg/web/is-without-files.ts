import { z } from 'zod';
import type { HgwebClient } from './client.ts';
import { jsonIn } from './json-answer.ts';

/** `manifest` of Mercurial's templates/json/map, at the root. */
const Root = z.object({ node: z.string(), abspath: z.literal('/'), directories: z.array(z.unknown()), files: z.array(z.unknown()) });

/** Whether hgweb itself says that a changeset holds no file. A 404 could be anybody's: a proxy that hides a page would empty the repository. */
export async function isWithoutFiles(client: HgwebClient, repository: string, node: string): Promise<boolean> {
  const root = await jsonIn(client, repository, { command: 'json-manifest', isPage: true, query: { node } }, Root);
  return root !== undefined && root.node === node && root.directories.length === 0 && root.files.length === 0;
}
