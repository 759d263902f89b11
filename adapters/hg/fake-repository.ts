import { createHash } from 'node:crypto';
import type { HgChangeset, HgFile, HgLine } from './back-end.ts';

export interface FakeCommit {
  /** Default: the last commit of the repository; `[]`: none. */
  readonly parents?: readonly string[];
  /** Default: that of the first parent, or `default`. */
  readonly branch?: string;
  /** Default: public. */
  readonly phase?: HgChangeset['phase'];
  readonly user?: string;
  readonly title?: string;
  readonly date?: number;
  /** Path → content; null removes the file. Bytes as text are UTF-8. */
  readonly files?: Readonly<Record<string, FakeContent | string | Uint8Array | null>>;
  /** Closes its branch. */
  readonly close?: boolean;
  /** Of the topic extension. */
  readonly topic?: string;
}

export interface FakeContent {
  readonly bytes: string | Uint8Array;
  readonly kind: HgFile['kind'];
}

export interface FakeFile {
  readonly bytes: Uint8Array;
  readonly kind: HgFile['kind'];
  /** Which changeset brought each line. */
  readonly lines: readonly HgLine[];
}

export interface FakeChangeset extends HgChangeset {
  readonly closed: boolean;
  readonly topic: string | undefined;
  readonly files: ReadonlyMap<string, FakeFile>;
}

/** A history of Mercurial in memory. */
export class FakeRepository {
  readonly bookmarks = new Map<string, string>();
  readonly #changesets = new Map<string, FakeChangeset>();
  #last: string | undefined;

  /** Those that are there to see: an obsolete one is while something that is not obsolete stands on it. */
  get visible(): ReadonlyMap<string, FakeChangeset> {
    const kept = new Set<string>(this.bookmarks.values());
    for (const { node, obsolete } of this.#changesets.values()) if (!obsolete) for (const one of this.#history(node)) kept.add(one);
    return new Map([...this.#changesets].filter(([node]) => kept.has(node)));
  }

  /** @returns its node: made of what it holds and of its parents, as Mercurial does it (of other bytes) */
  commit(spec: FakeCommit): string {
    const parents = spec.parents ?? (this.#last === undefined ? [] : [this.#last]);
    const [first, second] = parents.map((parent) => this.#get(parent));
    const node = createHash('sha1')
      .update(JSON.stringify([parents, spec, this.#changesets.size]))
      .digest('hex');
    const files = filesOf(node, spec.files ?? {}, [first, second]);
    const { user = 'Tester <tester@example.com>', title = 'A change', date = 1_700_000_000_000 + 1_000 * this.#changesets.size } = spec;
    const { phase = 'public', branch = first?.branch ?? 'default', close: closed = false, topic } = spec;
    this.#changesets.set(node, { node, parents, branch, phase, obsolete: false, user, title, date, closed, topic, files });
    this.#last = node;
    return node;
  }

  /** Changes what is kept beside a changeset. */
  mark(node: string, marks: Partial<Pick<HgChangeset, 'phase' | 'obsolete'>>): void {
    this.#changesets.set(node, { ...this.#get(node), ...marks });
  }

  /** Removes changesets as if they had never been, with all that stands on them. */
  strip(node: string): void {
    for (const one of [...this.#changesets.keys()]) if (this.#history(one).has(node)) this.#changesets.delete(one);
    for (const [name, at] of this.bookmarks) if (!this.#changesets.has(at)) this.bookmarks.delete(name);
    this.#last = [...this.#changesets.keys()].at(-1);
  }

  /** Branch → heads that are open, without drafts of topics. */
  branches(): ReadonlyMap<string, readonly string[]> {
    const visible = [...this.visible.values()];
    const names = [...new Set(visible.map(({ branch }) => branch))];
    const counted = visible.filter(({ phase, topic }) => phase === 'public' || topic === undefined);
    return new Map(names.map((name) => [name, this.#heads(counted.filter(({ branch }) => branch === name))]));
  }

  /** Itself and everything that it stands on, by node. */
  history(node: string): ReadonlySet<string> {
    return this.#history(node);
  }

  #heads(of: readonly FakeChangeset[]): readonly string[] {
    const below = new Set(of.flatMap(({ node, parents }) => [...parents].flatMap((parent) => [...this.#history(parent, node)])));
    return of.filter(({ node, closed }) => !below.has(node) && !closed).map(({ node }) => node);
  }

  #history(...from: readonly string[]): Set<string> {
    const [start = ''] = from;
    const found = new Set<string>();
    for (const todo = [start]; todo.length > 0; ) {
      const node = todo.pop() ?? '';
      if (found.has(node)) continue;
      found.add(node);
      todo.push(...(this.#changesets.get(node)?.parents ?? []));
    }
    return found;
  }

  #get(node: string): FakeChangeset {
    const found = this.#changesets.get(node);
    if (found) return found;
    throw new Error(`there is no changeset ${node}`);
  }
}

/** Those of the parents, the first's before the second's, and what is said of them. */
function filesOf(
  node: string,
  said: NonNullable<FakeCommit['files']>,
  [first, second]: readonly (FakeChangeset | undefined)[],
): ReadonlyMap<string, FakeFile> {
  const files = new Map([...(second?.files ?? []), ...(first?.files ?? [])]);
  for (const [path, content] of Object.entries(said)) {
    const before = [first, second].flatMap((parent) => parent?.files.get(path) ?? []);
    if (content === null) files.delete(path);
    else files.set(path, fileOf(node, content, before));
  }
  return files;
}

function fileOf(node: string, content: FakeContent | string | Uint8Array, before: readonly FakeFile[]): FakeFile {
  const { bytes: given, kind } =
    typeof content === 'string' || content instanceof Uint8Array ? { bytes: content, kind: 'file' as const } : content;
  const bytes = typeof given === 'string' ? Buffer.from(given, 'utf8') : given;
  return { bytes, kind, lines: annotated(node, bytes, before) };
}

/** Lines that a parent has in the same order are the parent's; where both have one, it is the second's, as in Mercurial. */
function annotated(node: string, bytes: Uint8Array, before: readonly FakeFile[]): readonly HgLine[] {
  const text = Buffer.from(bytes).toString('utf8');
  const texts = text === '' ? [] : text.replace(/\n$/, '').split('\n');
  const lines = texts.map((line) => ({ node, text: line }));
  for (const { lines: old } of before)
    for (const [at, from] of common(
      old.map((line) => line.text),
      texts,
    ))
      lines[at] = old[from] ?? { node, text: '' };
  return lines;
}

/** Index in `now` → index in `old` of a longest common subsequence. */
function common(old: readonly string[], now: readonly string[]): ReadonlyMap<number, number> {
  const lengths = Array.from({ length: old.length + 1 }, () => new Uint32Array(now.length + 1));
  const at = (i: number, j: number): number => lengths[i]?.[j] ?? 0;
  for (let i = old.length - 1; i >= 0; i--)
    for (let j = now.length - 1; j >= 0; j--)
      (lengths[i] ?? [])[j] = old[i] === now[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
  const pairs = new Map<number, number>();
  for (let i = 0, j = 0; i < old.length && j < now.length; ) {
    if (old[i] === now[j]) pairs.set(j++, i++);
    else if (at(i + 1, j) >= at(i, j + 1)) i++;
    else j++;
  }
  return pairs;
}
