import type { GitRunner } from '#sandbox/git/git-runner.ts';
import { writeCommit } from '#sandbox/git/write-object.ts';
import type { Ident } from '#sandbox/gerrit/change.ts';

export const ZEROS = '0'.repeat(40);

export interface RefMove {
  readonly ref: string;
  /** Zeros = it was not there. */
  readonly before: string;
  /** Zeros = it is deleted. */
  readonly after: string;
}

export interface CommitFacts {
  readonly id: string;
  readonly tree: string;
  readonly parents: readonly string[];
  readonly author: Ident & { readonly at: number };
  readonly committer: Ident & { readonly at: number };
  readonly message: string;
  readonly subject: string;
  readonly insertions: number;
  readonly deletions: number;
}

export interface MadeCommit {
  /** Zeros = none. */
  readonly parent: string;
  /** Path → content; null deletes the file. */
  readonly files: Readonly<Record<string, string | null>>;
  readonly message: string;
  readonly author: Ident;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

const FORMAT = '--format=%x01%H%n%T%n%P%n%an%n%ae%n%at%n%cn%n%ce%n%ct%n%B%x02';

/** What Gerrit does to a repository besides serving it. */
export class ProjectGit {
  readonly directory: string;
  readonly #git: GitRunner;
  readonly #facts = new Map<string, CommitFacts>();

  constructor(directory: string, git: GitRunner) {
    this.directory = directory;
    this.#git = git;
  }

  async text(args: readonly string[], input?: string | Uint8Array): Promise<string> {
    const output = await this.#git.run([`--git-dir=${this.directory}`, ...args], input === undefined ? {} : { input });
    return output.toString('utf8');
  }

  /** Refs below a prefix → what they point at. @param prefix such as `refs/heads/` */
  async refs(prefix = 'refs/'): Promise<ReadonlyMap<string, string>> {
    const text = await this.text(['for-each-ref', '--format=%(refname) %(objectname)', '--end-of-options', prefix]);
    const lines = text.split('\n').filter((line) => line !== '');
    return new Map(lines.map((line): [string, string] => [line.slice(0, line.indexOf(' ')), line.slice(line.indexOf(' ') + 1)]));
  }

  /** Zeros when there is no such ref. */
  async ref(name: string): Promise<string> {
    return (await this.refs(name)).get(name) ?? ZEROS;
  }

  /** All of them or none. @throws Error when one has moved meanwhile */
  async update(moves: readonly RefMove[]): Promise<void> {
    const lines = moves.map(({ ref, before, after }) =>
      after === ZEROS ? `delete ${ref}\0${before}\0` : `update ${ref}\0${after}\0${before}\0`,
    );
    await this.text(['update-ref', '--stdin', '-z'], lines.join(''));
  }

  /** Undefined when there is no such commit. */
  async commit(id: string): Promise<CommitFacts | undefined> {
    if (!/^[0-9a-f]{40}$/.test(id)) return undefined;
    const known = this.#facts.get(id);
    if (known !== undefined) return known;
    const [facts] = await this.#log(['-1', id]).catch(() => []);
    return facts;
  }

  /** The commits that `after` has and none of `without` has, oldest first. */
  range(after: string, without: readonly string[]): Promise<readonly CommitFacts[]> {
    return this.#log(['--reverse', '--topo-order', after, ...without.filter((id) => id !== ZEROS).map((id) => `^${id}`)]);
  }

  async isAncestor(older: string, newer: string): Promise<boolean> {
    return (await this.text(['merge-base', older, newer]).catch(() => '')).trim() === older;
  }

  /** Short names of the branches or tags that contain a commit. */
  async containing(id: string, prefix: string): Promise<readonly string[]> {
    const text = await this.text(['for-each-ref', '--format=%(refname)', `--contains=${id}`, '--end-of-options', prefix]);
    return text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => line.slice(prefix.length));
  }

  /** The tree of `theirs` merged into `ours`; undefined when they conflict. */
  async mergedTree(ours: string, theirs: string): Promise<string | undefined> {
    const text = await this.text(['merge-tree', '--write-tree', '--end-of-options', ours, theirs]).catch(() => '');
    return /^([0-9a-f]{40})\n/.exec(text)?.[1];
  }

  /** The tree of what a commit changes, applied to another; undefined when it conflicts. @param parent number of the parent to compare with */
  async pickedTree(onto: string, commit: CommitFacts, reverse = false): Promise<string | undefined> {
    const base = await this.commit(commit.parents[0] ?? '');
    const target = await this.commit(onto);
    if (base === undefined || target === undefined) return undefined;
    const [from, to] = reverse ? [commit.tree, base.tree] : [base.tree, commit.tree];
    const made = (tree: string, parents: readonly string[]): Promise<string> =>
      writeCommit(this.directory, { tree, parents, author: commit.author, at: 0, message: 'merge base' });
    const root = await made(from, []);
    return this.mergedTree(await made(target.tree, [root]), await made(to, [root]));
  }

  /** Makes a commit that no ref holds yet. */
  async make(commit: MadeCommit): Promise<string> {
    const answer = await this.text(['fast-import', '--quiet', '--force', '--done', '--date-format=raw'], importStream(commit));
    const id = answer.trim();
    if (!/^[0-9a-f]{40}$/.test(id)) throw new Error('git made no commit');
    return id;
  }

  /** The same commit on other parents; its tree stays. */
  async reparented(id: string, parents: readonly string[]): Promise<string> {
    const commit = await this.commit(id);
    if (commit === undefined) throw new Error(`git does not know ${id}`);
    const { tree, author, message } = commit;
    return writeCommit(this.directory, { tree, parents, author, at: author.at, message });
  }

  async #log(args: readonly string[]): Promise<readonly CommitFacts[]> {
    const text = await this.text(['log', '--root', '--numstat', '--no-renames', '--diff-merges=first-parent', FORMAT, ...args, '--']);
    const facts = text.split('\x01').slice(1).map(commitFacts);
    for (const each of facts) this.#facts.set(each.id, each);
    return facts;
  }
}

function commitFacts(block: string): CommitFacts {
  const [head = '', stat = ''] = block.split('\x02');
  const [id = '', tree = '', parents = '', an = '', ae = '', at = '0', cn = '', ce = '', ct = '0', ...body] = head.split('\n');
  const message = `${body.join('\n').trimEnd()}\n`;
  const counts = [...stat.matchAll(/^(\d+)\t(\d+)\t/gm)];
  return {
    id,
    tree,
    parents: parents.split(' ').filter((each) => each !== ''),
    author: { name: an, email: ae, at: Number(at) * 1_000 },
    committer: { name: cn, email: ce, at: Number(ct) * 1_000 },
    message,
    subject: message.split('\n')[0] ?? '',
    insertions: counts.reduce((sum, [, added]) => sum + Number(added), 0),
    deletions: counts.reduce((sum, [, , removed]) => sum + Number(removed), 0),
  };
}

/** git-fast-import(1): a commit on a ref that is gone again at the end; its id is printed. */
function importStream({ parent, files, message, author, at }: MadeCommit): string {
  const ref = 'refs/making/commit';
  const data = (text: string): string => `data ${Buffer.byteLength(text)}\n${text}\n`;
  const path = (name: string): string => `"${name.replace(/[\\"]/g, '\\$&')}"`;
  const changes = Object.entries(files).map(([name, content]) =>
    content === null ? `D ${path(name)}\n` : `M 100644 inline ${path(name)}\n${data(content)}`,
  );
  const who = `${author.name} <${author.email}> ${Math.floor(at / 1_000)} +0000`;
  const from = parent === ZEROS ? '' : `from ${parent}\n`;
  return `commit ${ref}\nmark :1\ncommitter ${who}\n${data(message)}${from}${changes.join('')}\nget-mark :1\nreset ${ref}\nfrom ${ZEROS}\n\ndone\n`;
}
