import { limits } from '#core/limits.ts';
import { headsBesideTopics } from '../topics.ts';

/**
 * What hg is asked. Revisions stand in `--rev=`, and there in `id("…")`, which names a changeset by its full id and by nothing else: a bookmark may
 * be called like one. Paths stand behind `path:`, which reads no pattern into them. Nodes and paths have been looked at before (names.ts).
 */
export const questions = {
  heads: (): string[] => ['heads', '--closed', `--template=${headTemplate}`],
  headsBesideTopics: (head: string, roots: readonly string[]): string[] => log(headsBesideTopics(id(head), from(roots)), headTemplate),
  bookmarks: (): string[] => ['bookmarks', `--template=${json('name=bookmark, node=node')}`],
  known: (nodes: readonly string[]): string[] => log(nodes.map(id).join(' + '), '{node}\n'),
  changesets: (revset: string): string[] => [...log(revset, changesetTemplate), `--limit=${limits.hg.commits}`],
  count: (revset: string): string[] => log(revset, 'x'),
  drafts: (revset: string, roots: readonly string[]): string[] => log(`(${revset}) and ${from(roots)}`, '{node}\n'),
  markers: (node: string): string[] => ['debugobsolete', rev(node), `--template=${json('node=prednode')}`],
  ancestor: (ancestor: string, descendant: string): string[] => log(`${id(ancestor)} and ancestors(${id(descendant)})`, '{node}\n'),
  differing: (base: string, head: string): string[] => ['status', rev(base), rev(head), `--template=${json('path=path')}`],
  /** Names alone, as the manifest has them: asked for flags or sizes, hg opens the history of each file. */
  files: (node: string, path: string): string[] => ['files', rev(node), '--print0', ...under(path)],
  filesThatAre: (kind: 'symlink' | 'exec', node: string, path: string): string[] => [
    'files',
    rev(node),
    '--print0',
    ...within(path),
    `set:${kind}()`,
  ],
  sizes: (node: string, path: string): string[] => ['files', rev(node), `--template=${json('path=path, size=size')}`, ...under(path)],
  changed: (base: string, node: string, path: string): string[] => [
    'status',
    rev(base),
    rev(node),
    `--template=${json('path=path, status=status')}`,
    ...within(path),
  ],
  cat: (node: string, path: string): string[] => ['cat', rev(node), ...under(path)],
  annotate: (node: string, path: string): string[] => {
    const lines = `{lines % "{dict(node=node, line=line)|json}\\n"}`;
    return ['annotate', rev(node), '--text', `--template=${lines}`, ...under(path)];
  },
  archive: (node: string, path: string): string[] => ['archive', rev(node), '--type=tar', '--prefix=.', ...within(path), '-'],
  archiveOf: (node: string, files: readonly string[]): string[] => [
    'archive',
    rev(node),
    '--type=tar',
    '--prefix=.',
    ...files.flatMap(within),
    '-',
  ],
} as const;

/** A revset of one changeset, or of none where it is not known or hidden. */
export function id(node: string): string {
  return `id("${node}")`;
}

/** Everything that some changesets are and that stands on them. */
function from(roots: readonly string[]): string {
  return `(${roots.map(id).join(' + ')})::`;
}

/** What `head` has and `base` has not, newest first. */
export function between(base: string, head: string): string {
  return `reverse(only(${id(head)}, ${id(base)}))`;
}

const headTemplate = json('branch=branch, node=node, closed=get(extras, "close"), topic=get(extras, "topic")');

const fields = [
  'node=node',
  'p1=p1node',
  'p2=p2node',
  'branch=branch',
  'phase=phase',
  'obsolete=obsolete',
  'user=user',
  'title=desc|firstline',
  'date=date|hgdate',
];
const changesetTemplate = json(fields.join(', '));

function json(pairs: string): string {
  return `{dict(${pairs})|json}\n`;
}

function log(revset: string, template: string): string[] {
  return ['log', `--rev=${revset}`, `--template=${template}`];
}

function rev(node: string): string {
  return `--rev=${id(node)}`;
}

function under(path: string): string[] {
  return path === '' ? [] : [`path:${path}`];
}

function within(path: string): string[] {
  return path === '' ? [] : [`--include=path:${path}`];
}
