import type { GitRunner } from '#sandbox/git/git-runner.ts';
import { emailOf } from '#sandbox/github/push-payload.ts';
import { GitFacts } from '#sandbox/github/rest/git-facts.ts';
import { signedByWebFlow, WEB_FLOW_EMAIL } from '#sandbox/github/web-flow.ts';

/** How GitHub merges a pull request (docs.github.com "About merge methods on GitHub"). */
export type MergeMethod = 'merge' | 'squash' | 'rebase';

export interface MergeOrder {
  readonly method: MergeMethod;
  /** Login of who presses the button. */
  readonly by: string;
  /** Login of who opened the pull request. */
  readonly author: string;
  readonly message: string;
  /** Commits: what the branch points at, the tip of the pull request, and its own ones, oldest first. */
  readonly base: string;
  readonly head: string;
  readonly commits: readonly string[];
  /** Milliseconds since the epoch. */
  readonly at: number;
}

/** A ref that exists only while a tree is made. */
const SCRATCH = 'refs/pull/0/merge';

/**
 * Makes the commits that a merge brings to the base branch, oldest first, without moving it. Merge and squash commits are GitHub's own and
 * signed by it; rebased ones are in the name of who merges, and not signed (docs.github.com "About commit signature verification").
 * Files that both sides have changed end as the pull request has them.
 */
export class PullMerger {
  readonly #git: GitRunner;
  readonly #directory: string;
  readonly #facts: GitFacts;

  constructor(git: GitRunner, directory: string) {
    this.#git = git;
    this.#directory = directory;
    this.#facts = new GitFacts(git, directory);
  }

  async merge(order: MergeOrder): Promise<readonly string[]> {
    if (order.method === 'rebase') return this.#rebase(order);
    const { base, head, by, author, message, at, method } = order;
    const from = (await this.#facts.mergeBase(base, head)) ?? base;
    const tree = await this.#apply(base, from, head);
    const parents = method === 'merge' ? [base, head] : [base];
    const who = method === 'merge' ? by : author;
    const text = commitText({ tree, parents, author: line(who, emailOf(who), at), committer: line('GitHub', WEB_FLOW_EMAIL, at), message });
    return [await this.#write(signedByWebFlow(text))];
  }

  async #rebase({ base, commits, by, at }: MergeOrder): Promise<readonly string[]> {
    const made: string[] = [];
    for (const commit of await this.#facts.commits(commits)) {
      const onto = made.at(-1) ?? base;
      const tree = await this.#apply(onto, commit.parents[0] ?? base, commit.sha);
      const author = line(commit.author.name, commit.author.email, Date.parse(commit.author.date));
      const committer = line(by, emailOf(by), at);
      made.push(await this.#write(commitText({ tree, parents: [onto], author, committer, message: commit.message })));
    }
    return made;
  }

  /** The tree of `onto` with what lies between two commits. */
  async #apply(onto: string, from: string, to: string): Promise<string> {
    const raw = (await this.#run(['diff-tree', '-r', '--raw', '--no-renames', from, to, '--'])).split('\n');
    const changes = raw.flatMap((each) => {
      const [, mode, sha, letter, path] = /^:\d+ (\d+) [0-9a-f]+ ([0-9a-f]+) ([A-Z])\t(.+)$/.exec(each) ?? [];
      return path === undefined ? [] : [letter === 'D' ? `D ${path}\n` : `M ${mode} ${sha} ${path}\n`];
    });
    const who = `committer sandbox <sandbox@example.com> 0 +0000\ndata 0\n`;
    const stream = `commit ${SCRATCH}\n${who}from ${onto}\n${changes.join('')}\ndone\n`;
    await this.#run(['fast-import', '--quiet', '--force', '--done', '--date-format=raw'], stream, ['-c', 'core.abbrev=40']);
    const tree = (await this.#run(['rev-parse', `${SCRATCH}^{tree}`])).trim();
    await this.#run(['update-ref', '-d', SCRATCH]);
    return tree;
  }

  async #write(commit: string): Promise<string> {
    return (await this.#run(['hash-object', '-t', 'commit', '-w', '--stdin'], commit)).trim();
  }

  async #run(args: readonly string[], input?: string, options: readonly string[] = []): Promise<string> {
    const all = [...options, `--git-dir=${this.#directory}`, ...args];
    return (await this.#git.run(all, input === undefined ? {} : { input })).toString('utf8');
  }
}

interface CommitParts {
  readonly tree: string;
  readonly parents: readonly string[];
  readonly author: string;
  readonly committer: string;
  readonly message: string;
}

function commitText({ tree, parents, author, committer, message }: CommitParts): string {
  const lines = [`tree ${tree}`, ...parents.map((parent) => `parent ${parent}`), `author ${author}`, `committer ${committer}`];
  return `${lines.join('\n')}\n\n${message}\n`;
}

function line(name: string, email: string, at: number): string {
  return `${name} <${email}> ${Math.floor(at / 1_000)} +0000`;
}
