import { resolve } from 'node:path';
import type { Clock } from '#core/clock.ts';
import { fullCommitId } from '#core/commit-id.ts';
import { HeadgateError } from '#core/errors.ts';
import { limits } from '#core/limits.ts';
import type { ContentReader } from '#core/ports/content-reader.ts';
import type { RangeFacts, RangeQuestion, ReadBack, RefHead } from '#core/ports/read-back.ts';
import type { Log } from '#core/ports/telemetry.ts';
import type { RepositoryFile } from '#core/repository-file.ts';
import type { SignedObject } from '#core/signature.ts';
import { isFullRef } from '#core/refs.ts';
import type { Variables } from '#adapters/tool-environment.ts';
import { automaticMerges, type AutomaticMerges } from './automatic-merges.ts';
import { contentAt } from './content.ts';
import { failureOf } from './failure.ts';
import { Git } from './git.ts';
import type { GitResult } from './git-process.ts';
import { listArguments, parseRefs } from './list-refs.ts';
import { MirrorDirectory } from './mirror-directory.ts';
import { Mirror, type MirrorDeps } from './mirror.ts';
import { rangeOf, rangeUnknownToGit } from './range.ts';
import { signedTagOf } from './signed-commits.ts';
import { remoteOf, type GitCredentials, type Remote } from './remote.ts';

export interface GitReadBackOptions {
  /** `https://`, `http://` or `ssh://` URL of a repository by its name, without credentials. */
  readonly cloneUrl: (repository: string) => string;
  readonly credentials: GitCredentials;
  /** For the mirrors of this source alone; made when it is missing. */
  readonly directory: string;
  readonly clock: Clock;
  readonly log: Log;
  /** PATH, proxies and certificate authorities; of other variables nothing reaches git. */
  readonly environment?: Variables;
  /** Ends whatever runs. */
  readonly signal?: AbortSignal;
  /** What all mirrors together may take on disk; default limits.git.mirrorBytes. */
  readonly mirrorBytes?: number;
  /** A mirror with more packs is packed anew; default limits.git.packs. */
  readonly packs?: number;
}

/** What git can tell. */
export interface GitReading extends ReadBack, ContentReader {
  /** Of commits those that are nothing but an automatic merge (automatic-merges.ts). @throws HeadgateError SOURCE_REFUSED for unknown ones */
  automaticMerges(repository: string, commits: readonly string[]): Promise<AutomaticMerges>;
}

/**
 * Reads back from any git server with the git binary: heads and tags as the server lists them, ancestry and ranges from partial mirrors.
 * Git knows no pull requests, reviews, checks or accounts: ranges always lack them.
 * Beside the errors of the port: TOOL_MISSING without git (or ssh), CONFIG_INVALID for unusable SSH files.
 */
export function createGitReadBack(options: GitReadBackOptions): GitReading {
  return new GitReadBack(options);
}

class GitReadBack implements GitReading {
  readonly by = 'git';
  readonly #options: GitReadBackOptions;
  readonly #git: Git;
  readonly #mirrors: MirrorDeps;

  constructor(options: GitReadBackOptions) {
    const { clock, log, mirrorBytes: bytes = limits.git.mirrorBytes, packs = limits.git.packs } = options;
    const directory = new MirrorDirectory({ directory: resolve(options.directory), bytes, clock, log });
    this.#options = options;
    this.#git = new Git(options);
    this.#mirrors = { git: this.#git, directory, clock, log, bytes, packs };
  }

  heads(repository: string, refs: readonly string[]): Promise<ReadonlyMap<string, RefHead | null>> {
    return asked(repository, () => this.#heads(repository, refs));
  }

  tags(repository: string): Promise<ReadonlyMap<string, RefHead>> {
    return asked(repository, () => this.#tags(repository));
  }

  isAncestor(repository: string, ancestor: string, descendant: string): Promise<boolean | undefined> {
    return asked(repository, () => this.#isAncestor(repository, ancestor, descendant));
  }

  range(repository: string, base: string, head: string, question?: RangeQuestion): Promise<RangeFacts> {
    return asked(repository, () => this.#range(repository, base, head, question));
  }

  tag(repository: string, object: string): Promise<SignedObject | null | undefined> {
    return asked(repository, () => this.#tag(repository, object));
  }

  read(repository: string, commit: string, path: string): Promise<readonly RepositoryFile[] | null> {
    return asked(repository, () => this.#read(repository, commit, path));
  }

  automaticMerges(repository: string, commits: readonly string[]): Promise<AutomaticMerges> {
    return asked(repository, () => this.#automaticMerges(repository, commits));
  }

  async #heads(repository: string, refs: readonly string[]): Promise<ReadonlyMap<string, RefHead | null>> {
    const remote = remoteOf(this.#options, repository);
    // A name that is no full ref is the name of none, and nothing that git should see.
    const listed = await this.#list(remote, refs.filter(isFullRef));
    return new Map(refs.map((ref) => [ref, listed.get(ref) ?? null]));
  }

  async #tags(repository: string): Promise<ReadonlyMap<string, RefHead>> {
    const remote = remoteOf(this.#options, repository);
    const result = await this.#git.list(remote, ['ls-remote', '--quiet', '--tags', '--end-of-options', remote.url]);
    return parseRefs(heard(remote, result));
  }

  async #isAncestor(repository: string, ancestor: string, descendant: string): Promise<boolean | undefined> {
    const remote = remoteOf(this.#options, repository);
    if (!areOfOneKind(ancestor, descendant)) return undefined;
    return this.#mirror(remote, [ancestor, descendant], async (mirror) => {
      if (mirror === undefined) return undefined;
      return (await mirror.ask(['merge-base', '--is-ancestor', '--end-of-options', ancestor, descendant], { codes: [0, 1] })).code === 0;
    });
  }

  async #range(repository: string, base: string, head: string, question: RangeQuestion | undefined): Promise<RangeFacts> {
    const remote = remoteOf(this.#options, repository);
    if (!areOfOneKind(base, head)) return rangeUnknownToGit(base, head, question);
    return this.#mirror(remote, [base, head], async (mirror) =>
      mirror === undefined ? rangeUnknownToGit(base, head, question) : rangeOf(mirror, base, head, question),
    );
  }

  async #tag(repository: string, object: string): Promise<SignedObject | null | undefined> {
    const remote = remoteOf(this.#options, repository);
    if (!fullCommitId.test(object)) return undefined;
    return Mirror.with(this.#mirrors, remote, [object], async (mirror) => mirror && signedTagOf(mirror, object), 'tag');
  }

  async #read(repository: string, commit: string, path: string): Promise<readonly RepositoryFile[] | null> {
    const remote = remoteOf(this.#options, repository);
    if (!fullCommitId.test(commit)) return unknownIn(repository, commit);
    return this.#mirror(remote, [commit], async (mirror) => (mirror ? contentAt(mirror, commit, path) : unknownIn(repository, commit)));
  }

  async #automaticMerges(repository: string, commits: readonly string[]): Promise<AutomaticMerges> {
    const remote = remoteOf(this.#options, repository);
    const odd = commits.find((commit) => !fullCommitId.test(commit));
    if (odd !== undefined) return unknownIn(repository, odd);
    if (commits.length === 0) return { merges: new Map(), complete: true };
    const said = commits.length === 1 ? (commits[0] ?? '') : `of ${commits.length} one`;
    return this.#mirror(remote, commits, async (mirror) => (mirror ? automaticMerges(mirror, commits) : unknownIn(repository, said)));
  }

  async #list(remote: Remote, refs: readonly string[]): Promise<ReadonlyMap<string, RefHead>> {
    if (refs.length === 0) return new Map();
    return parseRefs(heard(remote, await this.#git.list(remote, listArguments(remote.url, refs))));
  }

  #mirror<T>(remote: Remote, ids: readonly string[], task: (mirror: Mirror | undefined) => Promise<T>): Promise<T> {
    return Mirror.with(this.#mirrors, remote, ids, task);
  }
}

/** @throws HeadgateError always */
function unknownIn(repository: string, commit: string): never {
  throw new HeadgateError('SOURCE_REFUSED', `${repository} has no commit ${JSON.stringify(commit)}`);
}

/** What this machine denies (a process, room on its disk, rights in a folder) says nothing about the source either: it is asked again. */
async function asked<T>(repository: string, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof HeadgateError || !isSystemError(error)) throw error;
    throw new HeadgateError('SOURCE_UNREACHABLE', `${repository}: this machine cannot ask: ${error.message}`, { cause: error });
  }
}

function isSystemError(error: unknown): error is Error {
  return error instanceof Error && 'syscall' in error;
}

/** Ids of one hash function; others no server can know together. */
function areOfOneKind(one: string, other: string): boolean {
  return fullCommitId.test(one) && fullCommitId.test(other) && one.length === other.length;
}

/** What a server listed. git takes any page for the list of an ancient server without refs, and that would say that all were deleted. */
export function heard(remote: Pick<Remote, 'repository'>, result: GitResult): string {
  if (result.code !== 0 || result.ended !== undefined) throw failureOf(remote.repository, result);
  if (!result.spoke) throw new HeadgateError('SOURCE_UNREACHABLE', `${remote.repository}: what answers at its address is not git`);
  return result.stdout.toString('utf8');
}
