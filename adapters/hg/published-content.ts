import { HeadgateError } from '#core/errors.ts';
import { parseHgRef } from '#core/hg-ref.ts';
import { limits } from '#core/limits.ts';
import type { RefDoubt, RefDoubtCode } from '#core/ref-doubt.ts';
import type { HgArchive, HgBackEnd, HgDifference } from './back-end.ts';
import { subrepositoriesIn } from './subrepositories.ts';

/** What of a changeset is to be published. */
interface ContentQuestion {
  readonly repository: string;
  readonly ref: string;
  readonly revision: string;
  readonly path: string;
  readonly since?: string;
}

interface Content {
  readonly date: number;
  readonly origin: string;
  readonly url: string;
  readonly archive: HgArchive & { readonly added: readonly string[] };
  readonly difference?: Pick<HgDifference, 'present' | 'gone'>;
}

/**
 * What repositories of a host hold, for whoever publishes it: packed by the host itself at a node, never from a working copy.
 * @param url below which the repositories lie
 */
export function hgContent(
  backEnd: HgBackEnd,
  url: string,
): {
  doubts(repository: string, revision: string, path: string): Promise<readonly RefDoubt[]>;
  content(question: ContentQuestion): Promise<Content>;
} {
  return {
    doubts: (repository, revision, path) => contentDoubts(backEnd, repository, revision, path),
    content: (question) => contentOf(backEnd, url, question),
  };
}

/**
 * What an archive would leave out, or hold something else for: subrepositories are missing in it, a largefile is its hash, and kustomize-controller
 * takes no symbolic links.
 */
async function contentDoubts(backEnd: HgBackEnd, repository: string, node: string, path: string): Promise<readonly RefDoubt[]> {
  const files = await backEnd.files(repository, node, path);
  if (files.length === 0) throw new HeadgateError('CONTENT_REFUSED', `${repository} has nothing at ${path || 'its root'} of ${node}`);
  const links = files.flatMap((file) => (file.kind === 'symlink' ? [file.path] : []));
  const large = await backEnd.files(repository, node, path === '' ? '.hglf' : `.hglf/${path}`);
  const subrepositories = subrepositoriesIn(await backEnd.file(repository, node, '.hgsub'), path);
  return [
    ...doubt('subrepositories', subrepositories, 'subrepositories, which an archive does not hold'),
    ...doubt(
      'largefiles',
      large.map((file) => file.path),
      'largefiles, of which an archive holds hashes alone',
    ),
    ...doubt('symlinks', links, 'symbolic links, which Flux does not take'),
  ];
}

function doubt(code: RefDoubtCode, paths: readonly string[], what: string): readonly RefDoubt[] {
  if (paths.length === 0) return [];
  const named = paths.slice(0, limits.look.named).join(', ');
  const more = paths.length - limits.look.named;
  return [{ code, message: `there are ${what}: ${named}${more > 0 ? ` and ${more} more` : ''}` }];
}

async function contentOf(backEnd: HgBackEnd, url: string, { repository, ref, revision, path, since }: ContentQuestion): Promise<Content> {
  const changeset = await backEnd.changeset(repository, revision);
  if (changeset === null) throw new HeadgateError('SOURCE_REFUSED', `${repository} has no changeset ${revision}`);
  const difference = since === undefined ? undefined : await backEnd.archiveSince?.(repository, since, revision, path);
  return {
    date: changeset.date,
    origin: `${parseHgRef(ref)?.name ?? changeset.branch}@sha1:${revision}`,
    url: `${url.replace(/\/+$/, '')}/${repository}`,
    // `hg archive` adds it, unless `ui.archivemeta` is off: it names the latest tag, so that tagging an ancestor would change what is packed.
    archive: { ...(difference?.archive ?? (await backEnd.archive(repository, revision, path))), added: ['.hg_archival.txt'] },
    ...(difference ? { difference } : {}),
  };
}
