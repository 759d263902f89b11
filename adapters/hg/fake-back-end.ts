import { pack } from 'tar-stream';
import { HeadgateError } from '#core/errors.ts';
import { limits } from '#core/limits.ts';
import type { HgArchive, HgBackEnd, HgChangeset, HgDifference, HgFile, HgLine, HgNames, HgRange } from './back-end.ts';
import { FakeRepository, type FakeChangeset, type FakeCommit, type FakeFile } from './fake-repository.ts';
import { isPath, isUnder, requireNode, requireRepository } from './names.ts';

/** A Mercurial host in memory that can be asked, for tests of whatever works on the port. */
export class FakeBackEnd implements HgBackEnd {
  readonly by: HgBackEnd['by'];
  /** Why it cannot be asked now; undefined: it can. */
  failure: HeadgateError | undefined;
  /** Every question, in order: `names infra`, `range infra <base> <head>`. */
  readonly asked: string[] = [];
  readonly #repositories = new Map<string, FakeRepository>();

  constructor(by: HgBackEnd['by'] = 'hgweb') {
    this.by = by;
  }

  /** Makes a repository without any changeset, where there is none yet. */
  create(repository: string): void {
    if (!this.#repositories.has(repository)) this.#repositories.set(requireRepository(repository), new FakeRepository());
  }

  /** Commits, in a repository that is made where there is none. @returns the node */
  commit(repository: string, spec: FakeCommit): string {
    this.create(repository);
    return this.#of(repository).commit(spec);
  }

  /** Sets a bookmark, or deletes it. */
  bookmark(repository: string, name: string, node: string | null): void {
    const { bookmarks } = this.#of(repository);
    if (node === null) bookmarks.delete(name);
    else bookmarks.set(name, node);
  }

  /** Changes the phase of a changeset, or whether it is obsolete: then it is hidden, unless something stands on it or a bookmark is there. */
  mark(repository: string, node: string, marks: Partial<Pick<HgChangeset, 'phase' | 'obsolete'>>): void {
    this.#of(repository).mark(node, marks);
  }

  /** Removes a changeset and all that stands on it. */
  strip(repository: string, node: string): void {
    this.#of(repository).strip(node);
  }

  async names(repository: string): Promise<HgNames> {
    const found = this.#ask('names', repository);
    return { branches: found.branches(), bookmarks: new Map(found.bookmarks) };
  }

  async changeset(repository: string, node: string): Promise<HgChangeset | null> {
    const found = this.#ask('changeset', repository, requireNode(node)).visible.get(node);
    return found ? shown(found) : null;
  }

  async isAncestor(repository: string, ancestor: string, descendant: string): Promise<boolean | undefined> {
    const found = this.#ask('isAncestor', repository, requireNode(ancestor), requireNode(descendant));
    const { visible } = found;
    return visible.has(ancestor) && visible.has(descendant) ? found.history(descendant).has(ancestor) : undefined;
  }

  async range(repository: string, base: string, head: string): Promise<HgRange> {
    const found = this.#ask('range', repository, requireNode(base), requireNode(head));
    const from = changesetOf(found, base);
    const to = changesetOf(found, head);
    const known = found.history(base);
    const reached = found.history(head);
    const commits = [...found.visible.values()].filter(({ node }) => reached.has(node) && !known.has(node)).toReversed();
    const files = differing(from, to);
    const { commits: most, files: mostFiles } = limits.hg;
    return { commits: commits.slice(0, most).map(shown), count: commits.length, files: files.length > mostFiles ? null : files };
  }

  async files(repository: string, node: string, path: string): Promise<readonly HgFile[]> {
    return under(changesetOf(this.#ask('files', repository, requireNode(node), path), node), path).map(([name, { kind }]) => ({
      path: name,
      kind,
    }));
  }

  async file(repository: string, node: string, path: string): Promise<Uint8Array | null> {
    const { files } = changesetOf(this.#ask('file', repository, requireNode(node), path), node);
    const bytes = files.get(path)?.bytes;
    if (bytes !== undefined && bytes.length > limits.hg.fileBytes)
      throw new HeadgateError('CONTENT_TOO_LARGE', `${path} of ${repository} is larger than ${limits.hg.fileBytes} bytes`);
    return bytes ?? null;
  }

  async annotate(repository: string, node: string, path: string): Promise<readonly HgLine[]> {
    const { files } = changesetOf(this.#ask('annotate', repository, requireNode(node), path), node);
    return files.get(path)?.lines ?? [];
  }

  async archive(repository: string, node: string, path: string): Promise<HgArchive> {
    const changeset = changesetOf(this.#ask('archive', repository, requireNode(node), path), node);
    const files = under(changeset, path);
    if (files.length === 0) throw new HeadgateError('SOURCE_REFUSED', `${repository} has nothing at ${JSON.stringify(path)} of ${node}`);
    const prefix = `${repository.split('/').at(-1) ?? ''}-${node}/`;
    return { prefix, tar: packed(files, prefix, new Date(changeset.date)) };
  }

  async archiveSince(repository: string, base: string, node: string, path: string): Promise<HgDifference | undefined> {
    const found = this.#ask('archiveSince', repository, requireNode(base), requireNode(node), path);
    const [before, after] = [found.visible.get(base), changesetOf(found, node)];
    if (!before) return undefined;
    const paths = new Set(differing(before, after));
    const files = under(after, path).filter(([name]) => paths.has(name));
    const gone = under(before, path).flatMap(([name]) => (after.files.has(name) ? [] : [name]));
    return { present: files.map(([name]) => name), gone, archive: { prefix: '', tar: packed(files, '', new Date(after.date)) } };
  }

  #ask(question: string, repository: string, ...rest: readonly string[]): FakeRepository {
    this.asked.push([question, repository, ...rest].join(' ').trimEnd());
    if (this.failure) throw this.failure;
    return this.#of(requireRepository(repository));
  }

  #of(repository: string): FakeRepository {
    const found = this.#repositories.get(repository);
    if (found) return found;
    throw new HeadgateError('SOURCE_REFUSED', `there is no repository ${repository}`);
  }
}

function shown({ closed: _closed, topic: _topic, files: _files, ...changeset }: FakeChangeset): HgChangeset {
  return changeset;
}

function changesetOf(repository: FakeRepository, node: string): FakeChangeset {
  const found = repository.visible.get(node);
  if (found) return found;
  throw new HeadgateError('SOURCE_REFUSED', `there is no changeset ${node}`);
}

function under({ files }: FakeChangeset, path: string): readonly (readonly [string, FakeFile])[] {
  return isPath(path) ? [...files].filter(([name]) => isUnder(name, path)).toSorted(byPath) : [];
}

/** By bytes, as Mercurial sorts. */
function byPath([one]: readonly [string, unknown], [other]: readonly [string, unknown]): number {
  return Buffer.compare(Buffer.from(one), Buffer.from(other));
}

function differing({ files: from }: FakeChangeset, { files: to }: FakeChangeset): readonly string[] {
  const same = (one: FakeFile | undefined, other: FakeFile | undefined): boolean =>
    one !== undefined && other !== undefined && one.kind === other.kind && Buffer.compare(one.bytes, other.bytes) === 0;
  const paths = [...new Set([...from.keys(), ...to.keys()])].filter((path) => !same(from.get(path), to.get(path)));
  return paths
    .map((path) => [path, path] as const)
    .toSorted(byPath)
    .map(([path]) => path);
}

/** Owner, time and order as Mercurial writes them. */
async function* packed(files: readonly (readonly [string, FakeFile])[], prefix: string, mtime: Date): AsyncIterable<Uint8Array> {
  const tar = pack();
  for (const [path, { bytes, kind }] of files) {
    const common = { name: `${prefix}${path}`, mtime, uid: 0, gid: 0 };
    if (kind === 'symlink') tar.entry({ ...common, type: 'symlink', linkname: Buffer.from(bytes).toString('utf8'), mode: 0o777 });
    else tar.entry({ ...common, mode: kind === 'executable' ? 0o755 : 0o644 }, Buffer.from(bytes));
  }
  tar.finalize();
  for await (const chunk of tar) if (chunk instanceof Uint8Array) yield chunk;
}
