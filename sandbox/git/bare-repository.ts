import type { GitRunner } from '#sandbox/git/git-runner.ts';
import type { SourceRepository } from '#sandbox/git/source-repository.ts';

/** Who wrote a commit. */
export interface Author {
  readonly name: string;
  readonly email: string;
}

export interface NewCommit {
  /** Short name of the branch. */
  readonly branch: string;
  /** Path → content; null deletes the file. */
  readonly files: Readonly<Record<string, string | null>>;
  readonly message: string;
  readonly author: Author;
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** Commit to build on; the branch's head when absent, nothing when null. */
  readonly parent?: string | null;
}

const COMMIT = /^[0-9a-f]{40}$/;

/** A bare git repository on disk, written and read by the git binary. */
export class BareRepository implements SourceRepository {
  readonly directory: string;
  readonly #git: GitRunner;

  constructor(directory: string, git: GitRunner) {
    this.directory = directory;
    this.#git = git;
  }

  /** @param branch that `HEAD` names */
  static async create(directory: string, git: GitRunner, branch = 'main'): Promise<BareRepository> {
    await git.run(['init', '--quiet', '--bare', `--initial-branch=${branch}`, '--end-of-options', directory]);
    const repository = new BareRepository(directory, git);
    await repository.#run(['config', 'http.receivepack', 'true']);
    // Clients may fetch a commit by its id, as forges allow.
    await repository.#run(['config', 'uploadpack.allowAnySHA1InWant', 'true']);
    return repository;
  }

  async refs(): Promise<ReadonlyMap<string, string>> {
    const format = '--format=%(refname) %(objectname) %(*objectname)';
    const lines = (await this.#text(['for-each-ref', format])).split('\n');
    return new Map(lines.filter((line) => line !== '').map(refLine));
  }

  /** Full names of all refs → what they point at themselves: for an annotated tag the tag object. */
  async objects(): Promise<ReadonlyMap<string, string>> {
    const lines = (await this.#text(['for-each-ref', '--format=%(refname) %(objectname)'])).split('\n');
    return new Map(lines.filter((line) => line !== '').map(refLine));
  }

  /** What a ref points at itself: for an annotated tag the tag object. Undefined when there is no such ref. */
  async object(ref: string): Promise<string | undefined> {
    const text = await this.#text(['for-each-ref', '--format=%(refname) %(objectname)', '--end-of-options', ref]);
    const line = text.split('\n').find((each) => each.startsWith(`${ref} `));
    return line?.slice(ref.length + 1);
  }

  async contains(branch: string | null, commit: string): Promise<boolean> {
    if (!COMMIT.test(commit)) return false;
    const pattern = branch === null ? 'refs/heads' : `refs/heads/${branch}`;
    const args = ['for-each-ref', '--format=%(refname)', `--contains=${commit}`, '--end-of-options', pattern];
    const heads = await this.#text(args).catch(() => ''); // git fails when it does not know the commit at all
    return heads.split('\n').some((head) => (branch === null ? head !== '' : head === pattern));
  }

  async files(commit: string, directory: string): Promise<ReadonlyMap<string, string> | undefined> {
    const prefix = directory === '' ? '' : `${directory}/`;
    const listing = await this.#text(['ls-tree', '-r', '-z', '--full-tree', '--end-of-options', commit, ...(prefix ? [prefix] : [])]);
    const blobs = listing.split('\0').flatMap(treeLine);
    if (blobs.length === 0) return undefined;
    const contents = await this.#contents(blobs.map((blob) => blob.id));
    return new Map(blobs.map((blob, index) => [blob.path.slice(prefix.length), contents[index] ?? '']));
  }

  /** Makes one commit and answers its id. */
  async commit(commit: NewCommit): Promise<string> {
    const ref = `refs/heads/${commit.branch}`;
    const parent = commit.parent === undefined ? await this.object(ref) : (commit.parent ?? undefined);
    await this.#run(['fast-import', '--quiet', '--force', '--done', '--date-format=raw'], importStream(ref, parent, commit));
    const made = await this.object(ref);
    if (made === undefined) throw new Error(`git made no commit on ${ref}`);
    return made;
  }

  /** @returns the tag object's id when annotated, else the commit's */
  async tag(name: string, commit: string, message: string | undefined, author: Author): Promise<string> {
    const who = ['-c', `user.name=${author.name}`, '-c', `user.email=${author.email}`];
    const annotated = message === undefined ? [] : ['-a', '-m', message];
    await this.#git.run([...who, `--git-dir=${this.directory}`, 'tag', '-f', ...annotated, '--end-of-options', name, commit]);
    return (await this.object(`refs/tags/${name}`)) ?? commit;
  }

  /** Moves a ref, or deletes it when `to` is null. */
  async move(ref: string, to: string | null): Promise<void> {
    await this.#run(to === null ? ['update-ref', '-d', '--end-of-options', ref] : ['update-ref', '--end-of-options', ref, to]);
  }

  async isAncestor(older: string, newer: string): Promise<boolean> {
    const base = await this.#text(['merge-base', '--end-of-options', older, newer]).catch(() => '');
    return base.trim() === older;
  }

  /** The commits that `after` has and none of `without` has, oldest first: the latest `limit` of them. */
  async log(without: readonly string[], after: string, limit: number): Promise<readonly CommitInfo[]> {
    const format = '--format=%x01%H%n%T%n%an%n%ae%n%cI%n%B%x02';
    const args = ['log', '--reverse', '--name-status', '--no-renames', '--root', format, `--max-count=${limit}`];
    const text = await this.#text([...args, after, ...without.map((commit) => `^${commit}`), '--']);
    return text.split('\x01').slice(1).map(commitInfo);
  }

  async #contents(ids: readonly string[]): Promise<readonly string[]> {
    return readBatch(await this.#run(['cat-file', '--batch'], ids.map((id) => `${id}\n`).join('')));
  }

  async #text(args: readonly string[]): Promise<string> {
    return (await this.#run(args)).toString('utf8');
  }

  #run(args: readonly string[], input?: string): Promise<Buffer> {
    return this.#git.run([`--git-dir=${this.directory}`, ...args], input === undefined ? {} : { input });
  }
}

export interface CommitInfo {
  readonly id: string;
  readonly tree: string;
  readonly author: Author;
  /** RFC 3339. */
  readonly timestamp: string;
  readonly message: string;
  readonly added: readonly string[];
  readonly removed: readonly string[];
  readonly modified: readonly string[];
}

function refLine(line: string): [ref: string, commit: string] {
  const [ref = '', object = '', peeled = ''] = line.split(' ');
  return [ref, peeled === '' ? object : peeled];
}

/** `100644 blob <id>\t<path>`; links and submodules are left out, as Flux leaves them out of artifacts. */
function treeLine(line: string): readonly { readonly id: string; readonly path: string }[] {
  const [, id, path] = /^100\d{3} blob ([0-9a-f]{40})\t(.+)$/s.exec(line) ?? [];
  return id === undefined || path === undefined ? [] : [{ id, path }];
}

/** Takes `git cat-file --batch` apart: `<id> blob <size>\n<bytes>\n`. */
function readBatch(output: Buffer): readonly string[] {
  const contents: string[] = [];
  for (let at = 0; at < output.byteLength; ) {
    const end = output.indexOf(10, at);
    const size = Number(output.toString('utf8', at, end).split(' ')[2]);
    if (end < 0 || !Number.isInteger(size)) throw new Error('git cat-file answered something else than a blob');
    contents.push(output.toString('utf8', end + 1, end + 1 + size));
    at = end + size + 2;
  }
  return contents;
}

function commitInfo(block: string): CommitInfo {
  const [head = '', names = ''] = block.split('\x02');
  const [id = '', tree = '', name = '', email = '', timestamp = '', ...message] = head.split('\n');
  const files = names.split('\n').filter((line) => line !== '');
  const having = (status: string): string[] => files.filter((line) => line.startsWith(status)).map((line) => line.slice(2));
  const changed = { added: having('A'), removed: having('D'), modified: having('M') };
  return { id, tree, author: { name, email }, timestamp, message: message.join('\n').trim(), ...changed };
}

/** git-fast-import(1). */
function importStream(ref: string, parent: string | undefined, commit: NewCommit): string {
  const who = `${commit.author.name} <${commit.author.email}> ${Math.floor(commit.at / 1_000)} +0000`;
  const changes = Object.entries(commit.files).map(([path, content]) =>
    content === null ? `D ${quoted(path)}\n` : `M 100644 inline ${quoted(path)}\n${data(content)}`,
  );
  const from = parent === undefined ? '' : `from ${parent}\n`;
  return `commit ${ref}\ncommitter ${who}\n${data(commit.message)}${from}${changes.join('')}\ndone\n`;
}

function data(text: string): string {
  return `data ${Buffer.byteLength(text)}\n${text}\n`;
}

function quoted(path: string): string {
  return `"${path.replace(/[\\"]/g, '\\$&').replaceAll('\n', '\\n')}"`;
}
