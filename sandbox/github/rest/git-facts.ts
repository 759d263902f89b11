import { limits } from '#core/limits.ts';
import type { GitRunner } from '#sandbox/git/git-runner.ts';
import { looseObject, looseRef } from '#sandbox/git/loose.ts';
import { changedFiles, type ChangedFile } from '#sandbox/github/rest/changed-files.ts';
import { COMMIT_FORMAT, commitFacts, parseCommit, type CommitFacts } from '#sandbox/github/rest/commit-facts.ts';

export interface GitObject {
  readonly sha: string;
  readonly type: string;
}

export interface GitRef extends GitObject {
  readonly ref: string;
  /** The commit that it leads to. */
  readonly commit: string;
}

export interface TreeEntry extends GitObject {
  readonly path: string;
  readonly mode: string;
  /** Of a blob, in bytes. */
  readonly size: number | undefined;
}

/** Ids of the commits that only the head has, and only the base. */
export interface Difference {
  readonly ahead: readonly string[];
  readonly behind: readonly string[];
}

/** The id of an object in full. */
export const SHA = /^[0-9a-f]{40}$/;
/** What can be part of a ref's name and is no pattern (git-check-ref-format(1)). */
const NAME = /^[^\0-\x20\x7f~^:?*[\\]+$/;

/**
 * Reads a bare repository: what was written lately by itself, because a process takes longer than most answers may, the rest through the
 * git binary. Names are looked up as refs only, never as expressions.
 */
export class GitFacts {
  readonly #git: GitRunner;
  readonly #directory: string;

  constructor(git: GitRunner, directory: string) {
    this.#git = git;
    this.#directory = directory;
  }

  /** All refs whose full name begins with a text, by name. */
  async refs(prefix = 'refs/'): Promise<readonly GitRef[]> {
    const text = await this.#text(['for-each-ref', '--format=%(objectname) %(objecttype) %(*objectname) %(refname)']);
    const refs = text.split('\n').filter((line) => line !== '');
    return refs.map(refLine).filter(({ ref }) => ref.startsWith(prefix));
  }

  /** @param name full name of a ref */
  async ref(name: string): Promise<GitRef | undefined> {
    if (!NAME.test(name)) return undefined;
    const loose = await looseRef(this.#directory, name);
    if (loose !== undefined && (await this.#loose(loose)) !== undefined) return { sha: loose, type: 'commit', commit: loose, ref: name };
    const format = '--format=%(objectname) %(objecttype) %(*objectname) %(refname)';
    const text = await this.#text(['for-each-ref', format, '--end-of-options', name]);
    return text
      .split('\n')
      .filter((line) => line !== '')
      .map(refLine)
      .find(({ ref }) => ref === name);
  }

  /** The commit behind an id or the name of a branch or tag; undefined when there is none. */
  async commitOf(revision: string): Promise<string | undefined> {
    if (SHA.test(revision)) return (await this.#loose(revision))?.sha ?? this.#verify(`${revision}^{commit}`);
    for (const prefix of ['refs/heads/', 'refs/tags/', 'refs/']) {
      const found = await this.ref(`${prefix}${revision}`);
      if (found !== undefined) return found.commit;
    }
    return undefined;
  }

  /** The text of an annotated tag; undefined when the id is no tag object's. */
  async tagObject(sha: string): Promise<string | undefined> {
    if (!SHA.test(sha)) return undefined;
    return this.#text(['cat-file', 'tag', sha]).catch(() => undefined);
  }

  /** The content of a file; undefined when the id is no blob's. */
  async blob(sha: string): Promise<Buffer | undefined> {
    if (!SHA.test(sha)) return undefined;
    return this.#git.run([`--git-dir=${this.#directory}`, 'cat-file', 'blob', sha]).catch(() => undefined);
  }

  /** @param sha of a tree or a commit, or the name of a branch or tag */
  async tree(sha: string, recursive: boolean): Promise<{ readonly sha: string; readonly entries: readonly TreeEntry[] } | undefined> {
    const root = SHA.test(sha) ? sha : await this.commitOf(sha);
    const tree = root === undefined ? undefined : await this.#verify(`${root}^{tree}`);
    if (tree === undefined) return undefined;
    const text = await this.#text(['ls-tree', '-z', '-l', '--full-tree', ...(recursive ? ['-r', '-t'] : []), '--end-of-options', tree]);
    return { sha: tree, entries: text.split('\0').flatMap(treeLine) };
  }

  /** In the order of the ids. */
  async commits(ids: readonly string[]): Promise<readonly CommitFacts[]> {
    const loose = (await Promise.all(ids.map((id) => this.#loose(id)))).filter((commit) => commit !== undefined);
    const byId = new Map(loose.map((commit) => [commit.sha, commit]));
    const missing = (): readonly string[] => ids.filter((id) => !byId.has(id));
    for (const commit of await this.#packed(missing())) byId.set(commit.sha, commit);
    for (const commit of await this.#log(missing())) byId.set(commit.sha, commit);
    return ids.flatMap((id) => byId.get(id) ?? []);
  }

  /** Those that are packed away, but for unusual ones. */
  async #packed(ids: readonly string[]): Promise<readonly CommitFacts[]> {
    if (ids.length === 0) return [];
    const output = await this.#git.run([`--git-dir=${this.#directory}`, 'cat-file', '--batch'], { input: `${ids.join('\n')}\n` });
    return batched(output).flatMap(({ sha, type, content }) => (type === 'commit' ? (parseCommit(sha, content) ?? []) : []));
  }

  async #log(ids: readonly string[]): Promise<readonly CommitFacts[]> {
    if (ids.length === 0) return [];
    const args = ['log', '-z', '--no-walk=unsorted', '--no-show-signature', COMMIT_FORMAT, '--stdin'];
    return commitFacts(await this.#text(args, `${ids.join('\n')}\n`));
  }

  /** The commits after `base` up to `head`, oldest first, where each has one parent alone and they are few; undefined where git must say. */
  async chain(base: string, head: string): Promise<readonly string[] | undefined> {
    const ids: string[] = [];
    for (let at = head; ids.length < limits.sandbox.rest.chain; ) {
      const commit = await this.#loose(at);
      if (commit !== undefined && at === base) return ids.toReversed();
      const [parent, ...others] = commit?.parents ?? [];
      if (parent === undefined || others.length > 0) return undefined;
      ids.push(at);
      at = parent;
    }
    return undefined;
  }

  async mergeBase(base: string, head: string): Promise<string | undefined> {
    const text = await this.#text(['merge-base', '--end-of-options', base, head]).catch(() => '');
    return text.trim() || undefined;
  }

  /** What each of two commits has that the other has not, oldest first. */
  async symmetricDifference(base: string, head: string): Promise<Difference> {
    const most = `--max-count=${limits.sandbox.rest.commits}`;
    const text = await this.#text(['rev-list', '--left-right', '--topo-order', '--reverse', most, `${base}...${head}`, '--']);
    const having = (side: string): string[] => text.split('\n').flatMap((line) => (line.startsWith(side) ? [line.slice(1)] : []));
    return { ahead: having('>'), behind: having('<') };
  }

  /** What differs between two commits, by path. @param before null = nothing at all */
  async files(before: string | null, after: string): Promise<readonly ChangedFile[]> {
    const args = ['diff-tree', '-r', '-z', '--raw', '--numstat', '-M', '--no-commit-id'];
    return changedFiles(await this.#text([...args, ...(before === null ? ['--root'] : [before]), after, '--']));
  }

  /** What differs between two commits, by path, in the form of a patch without its first lines. @param before null = nothing at all */
  async patches(before: string | null, after: string): Promise<ReadonlyMap<string, string>> {
    const args = ['diff-tree', '-r', '-p', '-M', '--no-commit-id', '--no-color', '--full-index'];
    const text = await this.#text([...args, ...(before === null ? ['--root'] : [before]), after, '--']);
    const parts = text.split(/^diff --git /m).slice(1);
    return new Map(
      parts.flatMap((part) => {
        const path = /^\+\+\+ b\/(.*)$/m.exec(part)?.[1] ?? /^--- a\/(.*)$/m.exec(part)?.[1];
        const begin = part.search(/^@@ /m);
        return path === undefined || begin < 0 ? [] : [[path, part.slice(begin).trimEnd()] as const];
      }),
    );
  }

  /** The commits that `head` has and `base` has not, oldest first. */
  async between(base: string, head: string): Promise<readonly string[]> {
    const text = await this.#text(['rev-list', '--topo-order', '--reverse', head, `^${base}`, '--']);
    return text.split('\n').filter((id) => id !== '');
  }

  /** A commit that lies in a file of its own. */
  async #loose(sha: string): Promise<CommitFacts | undefined> {
    const object = await looseObject(this.#directory, sha);
    return object?.type === 'commit' ? parseCommit(sha, object.content) : undefined;
  }

  #verify(expression: string): Promise<string | undefined> {
    const found = this.#text(['rev-parse', '--verify', '--quiet', '--end-of-options', expression]);
    return found.then(
      (text) => text.trim() || undefined,
      () => undefined,
    );
  }

  async #text(args: readonly string[], input?: string): Promise<string> {
    const output = await this.#git.run([`--git-dir=${this.#directory}`, ...args], input === undefined ? {} : { input });
    return output.toString('utf8');
  }
}

/** Takes `git cat-file --batch` apart: `<id> <type> <size>\n<bytes>\n`, `<id> missing\n`. */
function batched(output: Buffer): readonly { readonly sha: string; readonly type: string; readonly content: Buffer }[] {
  const objects: { sha: string; type: string; content: Buffer }[] = [];
  for (let at = 0; at < output.byteLength; ) {
    const end = output.indexOf(10, at);
    const [sha = '', type = '', size = ''] = output.toString('utf8', at, end).split(' ');
    at = end + 1;
    if (!/^\d+$/.test(size)) continue;
    objects.push({ sha, type, content: output.subarray(at, at + Number(size)) });
    at += Number(size) + 1;
  }
  return objects;
}

function refLine(line: string): GitRef {
  const [sha = '', type = '', peeled = '', ...name] = line.split(' ');
  return { sha, type, commit: peeled === '' ? sha : peeled, ref: name.join(' ') };
}

/** `<mode> <type> <sha> <size>\t<path>` (git-ls-tree(1)). */
function treeLine(line: string): readonly TreeEntry[] {
  const [, mode = '', type = '', sha = '', size = '', path = ''] = /^(\d+) (\w+) ([0-9a-f]{40}) +(-|\d+)\t(.+)$/s.exec(line) ?? [];
  return path === '' ? [] : [{ mode, type, sha, path, size: size === '-' ? undefined : Number(size) }];
}
