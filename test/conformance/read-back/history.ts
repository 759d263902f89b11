import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** git as it is without anybody's configuration. */
const environment = { PATH: process.env['PATH'] ?? '', LC_ALL: 'C', TZ: 'UTC', GIT_CONFIG_NOSYSTEM: '1', GIT_CONFIG_GLOBAL: '/dev/null' };

export interface CommitSpec {
  /** Path → content; null deletes the file. */
  readonly files: Readonly<Record<string, string | null>>;
  readonly message?: string;
}

/** Writes into a bare repository on disk. */
export class History {
  readonly #directory: string;
  #seconds = 1_700_000_000;

  constructor(directory: string) {
    this.#directory = directory;
  }

  /**
   * Commits on top of each other.
   * @param ref full ref that is moved to the last one
   * @param onto where they begin: a commit, or null for a history of its own; default what the ref points at
   * @returns their ids, oldest first
   */
  async commit(ref: string, specs: readonly CommitSpec[], onto?: string | null): Promise<readonly string[]> {
    const parent = onto === undefined ? (await this.git('for-each-ref', '--format=%(objectname)', ref)).trim() : (onto ?? '');
    const commits = specs.map((spec, index) => this.#commit(ref, spec, index === 0 ? parent : `:${index}`, index + 1));
    const marks = specs.map((_, index) => `get-mark :${index + 1}\n`);
    return (await this.#import([...commits, ...marks, 'done\n'].join(''))).trim().split('\n');
  }

  /** One commit, as `commit` makes it. */
  async one(ref: string, files: CommitSpec['files'], onto?: string | null): Promise<string> {
    return (await this.commit(ref, [{ files }], onto))[0] ?? '';
  }

  /** Runs git in the repository and answers what it printed. */
  async git(...args: readonly string[]): Promise<string> {
    const who = ['-c', 'user.name=Tester', '-c', 'user.email=tester@example.com'];
    return (await run('git', [...who, `--git-dir=${this.#directory}`, ...args], { env: environment })).stdout;
  }

  /** Stores an object as it is. @returns its id */
  async store(kind: 'commit' | 'tag', raw: Buffer): Promise<string> {
    return (await this.#feed(['hash-object', '-t', kind, '-w', '--stdin'], raw)).trim();
  }

  /** Stores a content. @returns its id */
  async binary(content: Buffer): Promise<string> {
    return (await this.#feed(['hash-object', '-w', '--stdin'], content)).trim();
  }

  /** Makes a tree of `git ls-tree -z` lines. */
  async tree(lines: readonly (string | Buffer)[]): Promise<string> {
    const input = Buffer.concat(lines.map((line) => Buffer.concat([Buffer.from(line), Buffer.of(0)])));
    return (await this.#feed(['mktree', '-z', '--missing'], input)).trim();
  }

  #commit(ref: string, { files, message = 'A change' }: CommitSpec, parent: string, mark: number): string {
    const changes = Object.entries(files).map(([path, content]) =>
      content === null ? `D ${quoted(path)}\n` : `M 100644 inline ${quoted(path)}\n${data(content)}\n`,
    );
    // A commit without `from` would go on from the ref: a history of its own begins on no ref at all.
    const begin = parent === '' ? `reset ${ref}\n\n` : '';
    const from = parent === '' ? '' : `from ${parent}\n`;
    const head = `commit ${ref}\nmark :${mark}\ncommitter Tester <tester@example.com> ${this.#seconds++} +0000\n`;
    return `${begin}${head}${data(message)}\n${from}${changes.join('')}\n`;
  }

  #import(stream: string): Promise<string> {
    return this.#feed(['fast-import', '--quiet', '--force', '--done'], stream);
  }

  async #feed(args: readonly string[], input: string | Buffer): Promise<string> {
    const child = spawn('git', [`--git-dir=${this.#directory}`, ...args], { env: environment, stdio: ['pipe', 'pipe', 'inherit'] });
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.stdin.on('error', () => {}); // an early end shows in the exit code
    child.stdin.end(input);
    const [code] = (await once(child, 'close')) as [number | null];
    if (code !== 0) throw new Error(`git ${args[0]} ended with ${code}`);
    return output;
  }
}

function data(text: string): string {
  return `data ${Buffer.byteLength(text)}\n${text}`;
}

/** git-fast-import(1), "filemodify": paths in C style. */
function quoted(path: string): string {
  return `"${path.replaceAll(/[\\"]/g, '\\$&').replaceAll('\n', '\\n')}"`;
}
