import { createHash } from 'node:crypto';
import type { HgChangeset, HgFile, HgLine, NewHgChangeset, NewHgFile } from '#sandbox/hg/changeset.ts';

/** A repository of Mercurial in memory, as its server shows it. */
export class HgRepository {
  readonly bookmarks = new Map<string, string>();
  readonly #all = new Map<string, HgChangeset>();

  /** @returns its node */
  commit(made: NewHgChangeset): string {
    const last = [...this.#all.keys()].at(-1);
    const parents = made.parents ?? (last === undefined ? [] : [last]);
    const held = parents.map((parent) => this.#get(parent));
    const rev = this.#all.size;
    const node = createHash('sha1')
      .update(JSON.stringify([rev, parents, made]))
      .digest('hex');
    this.#all.set(node, {
      node,
      rev,
      parents,
      branch: made.branch ?? held[0]?.branch ?? 'default',
      phase: made.phase ?? 'public',
      isObsolete: false,
      closes: made.closes ?? false,
      topic: made.topic ?? null,
      user: made.user ?? 'Tester <tester@example.com>',
      description: made.description ?? 'A change',
      date: made.date ?? 1_700_000_000 + rev,
      files: filesOf(node, made.files ?? {}, held),
    });
    return node;
  }

  /** Leaves a marker that something has taken its place, or that nothing shall. */
  obsolete(node: string): void {
    this.#all.set(node, { ...this.#get(node), isObsolete: true });
  }

  /** What is served: neither secret ones, nor obsolete ones that nothing else stands on. */
  served(): ReadonlyMap<string, HgChangeset> {
    const shown = [...this.#all.values()].filter(({ phase }) => phase !== 'secret');
    const roots = [...shown.filter(({ isObsolete }) => !isObsolete).map(({ node }) => node), ...this.bookmarks.values()];
    const kept = this.history(roots);
    return new Map(shown.filter(({ node }) => kept.has(node)).map((one) => [one.node, one]));
  }

  /** They and whatever they stand on. */
  history(nodes: readonly string[]): ReadonlySet<string> {
    const found = new Set<string>();
    for (const todo = [...nodes]; todo.length > 0; ) {
      const node = todo.pop() ?? '';
      if (!found.has(node)) todo.push(...(this.#all.get(node)?.parents ?? []));
      found.add(node);
    }
    return found;
  }

  /** Heads of each branch, closed ones among them: what nothing of the same branch stands on. */
  heads(): ReadonlyMap<string, readonly HgChangeset[]> {
    const served = [...this.served().values()];
    const branches = Map.groupBy(served, ({ branch }) => branch);
    return new Map([...branches].map(([name, members]) => [name, this.#headsOf(members)]));
  }

  #headsOf(members: readonly HgChangeset[]): readonly HgChangeset[] {
    const below = this.history(members.flatMap(({ parents }) => parents));
    return members.filter(({ node }) => !below.has(node));
  }

  #get(node: string): HgChangeset {
    const found = this.#all.get(node);
    if (found) return found;
    throw new Error(`there is no changeset ${node}`);
  }
}

function filesOf(
  node: string,
  changed: NonNullable<NewHgChangeset['files']>,
  [first, second]: readonly HgChangeset[],
): ReadonlyMap<string, HgFile> {
  const files = new Map([...(second?.files ?? []), ...(first?.files ?? [])]);
  for (const [path, content] of Object.entries(changed)) {
    const before = [first, second].flatMap((parent) => parent?.files.get(path) ?? []);
    if (content === null) files.delete(path);
    else files.set(path, fileOf(node, content, before));
  }
  return files;
}

function fileOf(node: string, content: NewHgFile | string, before: readonly HgFile[]): HgFile {
  const { bytes: given, kind } = typeof content === 'string' ? { bytes: content, kind: 'file' as const } : content;
  const bytes = Buffer.from(given);
  return { bytes, kind, lines: annotated(node, linesOf(bytes.toString('utf8')), before) };
}

/** Each with its end. Looking for ends alone, so that a line may be as long as it likes. */
function linesOf(text: string): readonly string[] {
  return text === '' ? [] : text.split(/(?<=\n)/);
}

/** Lines that a parent begins and ends with as well are its own: enough for files that grow, such as `.hgtags`. */
function annotated(node: string, lines: readonly string[], before: readonly HgFile[]): readonly HgLine[] {
  const found: HgLine[] = lines.map((line) => ({ node, line }));
  for (const { lines: old } of before) {
    let begin = 0;
    for (let known = old[0]; known !== undefined && known.line === lines[begin]; known = old[begin]) found[begin++] = known;
    for (let back = 1; back <= Math.min(lines.length, old.length) - begin && old.at(-back)?.line === lines.at(-back); back++)
      found[lines.length - back] = old.at(-back) ?? { node, line: '' };
  }
  return found;
}
