import { archiveOf } from '#sandbox/hg/archive.ts';
import type { HgChangeset } from '#sandbox/hg/changeset.ts';
import type { HgRepository } from '#sandbox/hg/repository.ts';
import { findByRevset } from '#sandbox/hg/revset.ts';

export interface Said {
  readonly status: number;
  readonly type: string;
  readonly body: string | Buffer;
  readonly headers?: Readonly<Record<string, string>>;
}

interface Asked {
  readonly name: string;
  readonly repository: HgRepository;
  readonly query: URLSearchParams;
}

type Answering = (asked: Asked) => Said | Promise<Said>;

/** Commands of hgweb and of the wire protocol, by the names that they are asked for with. */
const commands: Readonly<Record<string, Answering>> = {
  branchmap: ({ repository }) =>
    wire([...repository.heads()].map(([name, heads]) => [encodeURIComponent(name), ...heads.map(({ node }) => node)].join(' '))),
  listkeys: ({ repository, query }) =>
    wire(query.get('namespace') === 'bookmarks' ? [...repository.bookmarks].map((pair) => pair.join('\t')) : []),
  known: ({ repository, query }) => {
    const served = repository.served();
    const nodes = (query.get('nodes') ?? '').split(' ').filter((node) => node !== '');
    return wire([nodes.map((node) => (served.has(node) ? '1' : '0')).join('')]);
  },
  'json-log': ({ repository, query }) => search(repository, query.get('rev') ?? '', Number(query.get('revcount'))),
  'json-manifest': (asked) => manifest(asked),
  annotate: (asked) => annotate(asked),
  archive: (asked) => archive(asked),
};

/** @param command undefined for what hgweb has not */
export async function answerHgweb(command: string, asked: Asked): Promise<Said> {
  const answering = Object.hasOwn(commands, command) ? commands[command] : undefined;
  return answering === undefined ? notFound(`no such method: ${command}`) : answering(asked);
}

export function notFound(why: string): Said {
  return { status: 404, type: 'text/html; charset=utf-8', body: `<h2>An error occurred while processing your request</h2><p>${why}</p>` };
}

function wire(lines: readonly string[]): Said {
  return { status: 200, type: 'application/mercurial-0.1', body: lines.join('\n') };
}

function json(value: object): Said {
  return { status: 200, type: 'application/json', body: JSON.stringify(value) };
}

/** Newest first where the revset sorts; what it does not understand it takes for words, and finds nothing by them. */
function search(repository: HgRepository, query: string, most: number): Said {
  let found: readonly HgChangeset[] = [];
  try {
    found = findByRevset(repository, query).toReversed();
  } catch {
    // Words: nobody has written them.
  }
  return json({ node: '', query, entries: found.slice(0, most).map(entryOf) });
}

function entryOf({ node, date, description, branch, user, phase, parents }: HgChangeset): object {
  return { node, date: [date, 0], desc: description, branch, bookmarks: [], tags: [], user, phase, parents };
}

function manifest({ repository, query }: Asked): Said {
  const found = changesetOf(repository, query);
  if (found === undefined) return notFound('unknown revision');
  const names = [...found.files.keys()];
  const directories = new Set(names.filter((name) => name.includes('/')).map((name) => name.split('/')[0]));
  const files = names.filter((name) => !name.includes('/')).map((abspath) => ({ abspath, basename: abspath, flags: '' }));
  return json({ node: found.node, abspath: '/', directories: [...directories].map((basename) => ({ basename })), files });
}

function annotate({ repository, query }: Asked): Said {
  const file = changesetOf(repository, query)?.files.get(query.get('file') ?? '');
  return file === undefined ? notFound('not found in manifest') : json({ annotate: file.lines });
}

async function archive({ name, repository, query }: Asked): Promise<Said> {
  const found = changesetOf(repository, query);
  if (found === undefined || query.get('type') !== 'gz') return notFound('unknown revision');
  const prefix = `${(name.split('/').at(-1) ?? '').replaceAll(/\W+/g, '-')}-${found.node}`;
  const body = await archiveOf(found, query.get('file') ?? '.', prefix);
  if (body === undefined) return notFound('file(s) not found');
  return { status: 200, type: 'application/x-gzip', body, headers: { 'content-disposition': `attachment; filename=${prefix}.tar.gz` } };
}

function changesetOf(repository: HgRepository, query: URLSearchParams): HgChangeset | undefined {
  return repository.served().get(query.get('node') ?? '');
}
