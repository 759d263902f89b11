import { createHash } from 'node:crypto';
import type { Clock } from '#core/clock.ts';
import { HeadgateError } from '#core/errors.ts';
import { limits } from '#core/limits.ts';
import type { Log } from '#core/ports/telemetry.ts';
import { failureOf } from './failure.ts';
import type { Git } from './git.ts';
import type { GitResult } from './git-process.ts';
import { countPacks, removeLeftovers, sizeOf, type MirrorDirectory } from './mirror-directory.ts';
import { REMOTE, type Remote } from './remote.ts';

/** Refs that only mirrors have: what was fetched, so that the next fetch can say what is here. */
const NAMESPACE = 'refs/headgate';

const fetchOptions = ['--quiet', '--no-tags', '--no-write-fetch-head', '--no-auto-maintenance', '--filter=blob:none'];

export interface MirrorDeps {
  readonly git: Git;
  readonly directory: MirrorDirectory;
  readonly clock: Clock;
  /** What one mirror may take. */
  readonly bytes: number;
  /** With more packs than these it is packed anew. */
  readonly packs: number;
  readonly log: Log;
}

interface Asking {
  readonly input?: string;
  readonly outputBytes?: number;
  /** Exit codes that say something; default 0 alone. */
  readonly codes?: readonly number[];
}

/** A mirror of commits and trees, without the content of files, while its turn lasts. */
export class Mirror {
  readonly remote: Remote;
  readonly #deps: MirrorDeps;
  readonly #path: string;
  #fetched = false;

  constructor(deps: MirrorDeps, remote: Remote, path: string) {
    this.#deps = deps;
    this.remote = remote;
    this.#path = path;
  }

  /**
   * Runs a task with the mirror of a repository in which commits are present, or with undefined when the server does not know one of them.
   * @param ids object ids of one length
   * @param type tags: annotated ones in place of commits
   */
  static with<T>(
    deps: MirrorDeps,
    remote: Remote,
    ids: readonly string[],
    task: (mirror: Mirror | undefined) => Promise<T>,
    type: 'commit' | 'tag' = 'commit',
  ): Promise<T> {
    const format = ids[0]?.length === 64 ? 'sha256' : 'sha1';
    const name = createHash('sha256').update(`${format} ${remote.url}`).digest('hex');
    return deps.directory.use(name, async (path) => {
      const mirror = new Mirror(deps, remote, path);
      const answer = await task((await mirror.#provide(format, ids, type)) ? mirror : undefined);
      if (mirror.#fetched) await mirror.#tidy();
      return answer;
    });
  }

  /** What git answers about the mirror. @throws HeadgateError SOURCE_UNREACHABLE when it is broken: it is deleted, to be fetched anew */
  async ask(args: readonly string[], more: Asking = {}): Promise<GitResult> {
    const result = await this.#deps.git.local(this.#path, args, more);
    if (result.ended === undefined && !(more.codes ?? [0]).includes(result.code ?? -1)) await this.#broken(result);
    if (result.ended !== undefined && result.ended !== 'output') throw failureOf(this.remote.repository, result);
    return result;
  }

  /**
   * The same for questions about contents: git fetches those that it needs from the server meanwhile, as many as one question may.
   * @param codes exit codes that say something
   * @returns undefined when it needs more than that
   * @throws HeadgateError also those of a fetch
   */
  async askWithServer(args: readonly string[], codes: readonly number[]): Promise<GitResult | undefined> {
    const before = await sizeOf(this.#path);
    const excess = new AbortController();
    const stop = watchSize(this.#deps.clock, this.#path, before + limits.content.bytes, () => excess.abort());
    const result = await this.#deps.git.fetch(this.remote, this.#path, args, excess.signal).finally(stop);
    if (excess.signal.aborted) return undefined;
    if (result.ended !== undefined || !codes.includes(result.code ?? -1)) await this.#failed(result);
    this.#fetched = true;
    await this.#deps.directory.grown(this.#path);
    return result;
  }

  /**
   * Fetches the content of files that the mirror lacks.
   * @throws HeadgateError CONTENT_TOO_LARGE, SOURCE_REFUSED where the server hands out nothing that its refs do not point at
   */
  async bring(ids: readonly string[], about: string): Promise<void> {
    const missing = await this.#missing(ids, 'blob');
    if (missing.length === 0) return;
    const before = await sizeOf(this.#path);
    const excess = new AbortController();
    const stop = watchSize(this.#deps.clock, this.#path, before + limits.content.bytes, () => excess.abort());
    // What is asked for is content alone: with a negotiation the server would leave out what commits that are here lead to.
    const args = ['-c', 'fetch.negotiationAlgorithm=noop', 'fetch', ...fetchOptions, '--end-of-options', REMOTE, ...missing];
    const result = await this.#deps.git.fetch(this.remote, this.#path, args, excess.signal).finally(stop);
    if (result.code !== 0) await removeLeftovers(this.#path);
    if (excess.signal.aborted) throw new HeadgateError('CONTENT_TOO_LARGE', `${about}: more than ${limits.content.bytes} bytes`);
    if (/unadvertised object/.test(result.stderr))
      throw new HeadgateError('SOURCE_REFUSED', `${about}: its server speaks version 0 of git's protocol, which hands out no single files`);
    if (result.code !== 0) await this.#failed(result);
    this.#fetched = true;
    await this.#deps.directory.grown(this.#path);
  }

  /** Packs a mirror anew that many fetches have left in many packs: one of them pays for all. */
  async #tidy(): Promise<void> {
    if ((await countPacks(this.#path)) <= this.#deps.packs) return;
    const { git, directory, log } = this.#deps;
    const listed = await this.ask(['for-each-ref', '--sort=-committerdate', '--format=delete %(refname)', '--end-of-options', NAMESPACE]);
    const old = listed.stdout.toString('utf8').split('\n').filter(Boolean).slice(limits.git.refsKept);
    await git.local(this.#path, ['update-ref', '--stdin'], { input: old.map((line) => `${line}\n`).join('') });
    const packed = await git.fetch(this.remote, this.#path, ['repack', '-a', '-d', '-q']);
    if (packed.code !== 0)
      log.warn('a mirror could not be packed anew', { repository: this.remote.repository, error: packed.stderr.trim() });
    await removeLeftovers(this.#path);
    await directory.grown(this.#path);
  }

  /** Whether all of these are in the mirror, and of this type, if need be after a fetch. */
  async #provide(format: string, ids: readonly string[], type: 'commit' | 'tag'): Promise<boolean> {
    await this.#init(format);
    const missing = await this.#missing(ids, type);
    if (missing.length === 0) return true;
    return (await this.#fetch(missing)) && (await this.#missing(ids, type)).length === 0;
  }

  async #init(format: string): Promise<void> {
    if ((await sizeOf(this.#path)) > 0) return;
    const args = ['init', '--quiet', '--bare', '--template=', `--object-format=${format}`, '--initial-branch=none'];
    const made = await this.#deps.git.local(this.#path, args);
    if (made.code !== 0) await this.#broken(made);
  }

  async #missing(ids: readonly string[], type: 'commit' | 'tag' | 'blob'): Promise<readonly string[]> {
    const result = await this.#deps.git.local(this.#path, ['cat-file', '--batch-check'], { input: ids.map((id) => `${id}\n`).join('') });
    if (result.code !== 0) await this.#broken(result);
    const lines = result.stdout.toString('utf8').split('\n');
    return ids.filter((_, index) => lines[index]?.split(' ')[1] !== type);
  }

  /** False when the server does not know one of them. */
  async #fetch(ids: readonly string[]): Promise<boolean> {
    const exact = await this.#transfer(ids.map((id) => `+${id}:${NAMESPACE}/${id}`));
    if (exact.code === 0) return true;
    if (/not our ref/.test(exact.stderr)) return false;
    if (!/unadvertised object/.test(exact.stderr)) await this.#failed(exact);
    // A server without protocol version 2 hands out what its refs point at, and nothing else.
    const all = await this.#transfer([`+refs/heads/*:${NAMESPACE}/heads/*`, `+refs/tags/*:${NAMESPACE}/tags/*`]);
    if (all.code !== 0) await this.#failed(all);
    return true;
  }

  async #transfer(refspecs: readonly string[]): Promise<GitResult> {
    const { git, directory, clock, bytes } = this.#deps;
    const tooLarge = new AbortController();
    const stop = watchSize(clock, this.#path, bytes, () => tooLarge.abort());
    const result = await git
      .fetch(this.remote, this.#path, ['fetch', '--prune', ...fetchOptions, '--end-of-options', REMOTE, ...refspecs], tooLarge.signal)
      .finally(stop);
    if (result.code !== 0) await removeLeftovers(this.#path);
    if (tooLarge.signal.aborted || (await sizeOf(this.#path)) > bytes) await this.#tooLarge();
    this.#fetched = true;
    await directory.grown(this.#path);
    return result;
  }

  /** A fetch that failed: by the server, unless git names the mirror or what is in it. */
  async #failed(result: GitResult): Promise<never> {
    const ours = result.stderr.includes(this.#path) || /corrupt|bad object|all necessary objects/.test(result.stderr);
    if (ours) await this.#broken(result);
    throw failureOf(this.remote.repository, result);
  }

  async #tooLarge(): Promise<never> {
    await this.#deps.directory.discard(this.#path);
    const mb = Math.floor(this.#deps.bytes / 2 ** 20);
    throw new HeadgateError(
      'SOURCE_UNREACHABLE',
      `${this.remote.repository}: its history takes more than the ${mb} MiB that mirrors may take`,
    );
  }

  async #broken(result: GitResult): Promise<never> {
    if (result.ended !== undefined) throw failureOf(this.remote.repository, result);
    await this.#deps.directory.discard(this.#path);
    throw new HeadgateError(
      'SOURCE_UNREACHABLE',
      `${this.remote.repository}: its mirror was broken and is fetched anew next time (${result.stderr.slice(0, 200).trim()})`,
    );
  }
}

/** Calls back once when a folder outgrows a bound. Returns what ends the watch. */
function watchSize(clock: Clock, path: string, bytes: number, onExcess: () => void): () => void {
  let over = false;
  let cancel = (): void => {};
  const look = async (): Promise<void> => {
    const size = await sizeOf(path).catch(() => 0); // the next look tells
    if (over) return;
    if (size > bytes) return onExcess();
    cancel = clock.after(limits.git.sizeInterval, () => void look());
  };
  cancel = clock.after(limits.git.sizeInterval, () => void look());
  return () => {
    over = true;
    cancel();
  };
}
