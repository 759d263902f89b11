import { join } from 'node:path';
import { HeadgateError } from '#core/errors.ts';
import { limits } from '#core/limits.ts';
import type { Log } from '#core/ports/telemetry.ts';
import type { HgArchive, HgBackEnd, HgChangeset, HgDifference, HgFile, HgLine, HgNames, HgRange } from '../back-end.ts';
import { isPath, nullNode, requireNode, requireRepository } from '../names.ts';
import type { BackEndQuestion } from '../check/question.ts';
import type { Finding } from '#core/finding.ts';
import { bookmarksOf, changesOf, changesetsOf, headsOf, isReplaced, linesOf, namesOf, pathsOf, sizeOf, topicsOf } from './answers.ts';
import { checkClones } from './check.ts';
import { CloneAsking, bounded } from './clone-asking.ts';
import type { Answer } from './collect-answer.ts';
import { Clones } from './clones.ts';
import type { CommandServer } from './command-server.ts';
import { Hg, type HgOptions } from './hg.ts';
import { between, id, questions } from './questions.ts';
import { ServerPool } from './server-pool.ts';

export interface CloneBackEndOptions extends HgOptions {
  readonly log: Log;
}

/**
 * Reads a Mercurial host by clones without a working copy, which hg's command server answers about. `names` pulls first; what a clone knows is
 * answered from it, and for what it does not know it pulls once.
 * Beside the errors of the port: TOOL_MISSING without a usable hg (or ssh), CONFIG_INVALID for unusable SSH files.
 */
export function createCloneBackEnd(options: CloneBackEndOptions): HgBackEnd {
  return new CloneBackEnd(options);
}

class CloneBackEnd implements HgBackEnd {
  readonly by = 'clone';
  readonly #hg: Hg;
  readonly #clones: Clones;
  readonly #asking: CloneAsking;

  constructor(options: CloneBackEndOptions) {
    const { url, log, clock, signal } = options;
    const { servers: total, serversPerRepository: perRepository, idle } = limits.hgClone;
    const hg = new Hg(options);
    this.#hg = hg;
    const pool = new ServerPool<CommandServer>({ start: (path) => hg.serve(path), clock, perRepository, total, idle });
    this.#clones = new Clones({
      hg,
      url,
      directory: join(options.directory, 'clones'),
      log,
      onGone: (path) => [pool, hg].forEach((servers) => servers.drop(path)),
    });
    this.#asking = new CloneAsking(hg, this.#clones, pool);
    const close = (): void => [pool, hg].forEach((servers) => servers.close());
    if (signal?.aborted) close();
    signal?.addEventListener('abort', close, { once: true });
  }

  check(question: BackEndQuestion): Promise<readonly Finding[]> {
    return checkClones({ hg: this.#hg, clones: this.#clones, asking: this.#asking }, question);
  }

  names(repository: string): Promise<HgNames> {
    return this.#about(repository, [], async () => {
      await this.#clones.refresh(repository);
      const heads = await this.#asking.ask(repository, questions.heads(), [0, 1]); // 1: there is none
      const bookmarks = await this.#asking.ask(repository, questions.bookmarks(), [0, 1]);
      const beside = await this.#besideTopics(repository, heads.output);
      return { branches: new Map([...headsOf(heads.output), ...beside]), bookmarks: bookmarksOf(bookmarks.output) };
    });
  }

  /** Of the branches that drafts of topics are heads of, the heads without them. Of more than a bounded number of branches all heads count, and are in doubt. */
  async #besideTopics(repository: string, heads: Buffer): Promise<ReadonlyMap<string, readonly string[]>> {
    const beside = new Map<string, readonly string[]>();
    const roots = (await this.#clones.draftRoots(repository)) ?? [];
    if (roots.length === 0) return beside;
    for (const [branch, head] of [...topicsOf(heads)].slice(0, limits.hg.topicBranches)) {
      const { output } = await this.#asking.ask(repository, questions.headsBesideTopics(head, roots));
      beside.set(branch, headsOf(output).get(branch) ?? []);
    }
    return beside;
  }

  changeset(repository: string, node: string): Promise<HgChangeset | null> {
    return this.#about(repository, [node], async () => {
      if (!(await this.#knows(repository, [node]))) return null;
      const [found] = await this.#changesets(repository, id(node));
      return found?.phase === 'draft'
        ? { ...found, obsolete: found.obsolete || (await this.#isReplaced(repository, node)) }
        : (found ?? null);
    });
  }

  isAncestor(repository: string, ancestor: string, descendant: string): Promise<boolean | undefined> {
    return this.#about(repository, [ancestor, descendant], async () => {
      if (!(await this.#knows(repository, [ancestor, descendant]))) return undefined;
      return (await this.#asking.ask(repository, questions.ancestor(ancestor, descendant))).output.byteLength > 0;
    });
  }

  range(repository: string, base: string, head: string): Promise<HgRange> {
    return this.#about(repository, [base, head], async () => {
      await this.#require(repository, base, head);
      const asked = between(base, head);
      const commits = await this.#changesets(repository, asked);
      const isAll = commits.length < limits.hg.commits;
      const count = isAll ? commits.length : (await this.#asking.ask(repository, questions.count(asked))).output.byteLength;
      const files = pathsOf((await this.#asking.ask(repository, questions.differing(base, head))).output);
      return { commits, count, files: files.length > limits.hg.files ? null : files };
    });
  }

  files(repository: string, node: string, path: string): Promise<readonly HgFile[]> {
    return this.#about(repository, [node], async () => {
      await this.#require(repository, node);
      if (!isPath(path)) return [];
      const about = `${repository}: ${path}`;
      const list = async (args: readonly string[]) => namesOf((await this.#list(repository, about, args)).output);
      const names = await list(questions.files(node, path));
      if (names.length > limits.hg.files) throw new HeadgateError('CONTENT_TOO_LARGE', `${about}: more than ${limits.hg.files} files`);
      if (names.length === 0) return [];
      const links = new Set(await list(questions.filesThatAre('symlink', node, path)));
      const programs = new Set(await list(questions.filesThatAre('exec', node, path)));
      return names.map((name) => ({ path: name, kind: links.has(name) ? 'symlink' : programs.has(name) ? 'executable' : 'file' }));
    });
  }

  file(repository: string, node: string, path: string): Promise<Uint8Array | null> {
    return this.#about(repository, [node], async () => {
      if (!(await this.#hasFile(repository, node, path))) return null;
      return (await this.#asking.ask(repository, questions.cat(node, path))).output;
    });
  }

  annotate(repository: string, node: string, path: string): Promise<readonly HgLine[]> {
    return this.#about(repository, [node], async () => {
      if (!(await this.#hasFile(repository, node, path))) return [];
      const about = `${repository}: the lines of ${path}`;
      return linesOf((await bounded(about, () => this.#asking.ask(repository, questions.annotate(node, path)))).output);
    });
  }

  archive(repository: string, node: string, path: string): Promise<HgArchive> {
    return this.#about(repository, [node], async () => {
      await this.#require(repository, node);
      const tar = isPath(path) ? await this.#asking.stream(repository, questions.archive(node, path)) : undefined;
      if (tar) return { prefix: '', tar };
      throw new HeadgateError('SOURCE_REFUSED', `${repository} has nothing at ${JSON.stringify(path.slice(0, 200))} of ${node}`);
    });
  }

  archiveSince(repository: string, base: string, node: string, path: string): Promise<HgDifference | undefined> {
    return this.#about(repository, [base, node], async () => {
      await this.#require(repository, node);
      if (!isPath(path) || !(await this.#has(repository, [base]))) return undefined;
      const { present, gone } = changesOf((await this.#asking.ask(repository, questions.changed(base, node, path))).output);
      if (!canBeNamed(present, gone)) return undefined;
      const tar = present.length === 0 ? emptyTar() : await this.#asking.stream(repository, questions.archiveOf(node, present));
      return tar && { present, gone, archive: { prefix: '', tar } };
    });
  }

  /** Nothing reaches hg that is no repository's name or no node. */
  async #about<T>(repository: string, nodes: readonly string[], task: () => Promise<T>): Promise<T> {
    return this.#asking.guarded(requireRepository(repository), () => {
      for (const node of nodes) requireNode(node);
      return task();
    });
  }

  /** Whether the host shows them, if need be after a pull. */
  async #knows(repository: string, nodes: readonly string[]): Promise<boolean> {
    if ((await this.#clones.draftRoots(repository)) && (await this.#has(repository, nodes))) return true;
    await this.#clones.refresh(repository);
    return this.#has(repository, nodes);
  }

  /** Files, of which there may be none (1). What lies in a subrepository is no file of this one. */
  #list(repository: string, about: string, args: readonly string[]): Promise<Answer> {
    return bounded(about, () => this.#asking.ask(repository, args, [0, 1], /subrepos not enabled/));
  }

  /** With the phases that they have on the host. */
  async #changesets(repository: string, revset: string): Promise<readonly HgChangeset[]> {
    const changesets = changesetsOf((await this.#asking.ask(repository, questions.changesets(revset))).output);
    const roots = (await this.#clones.draftRoots(repository)) ?? [];
    if (roots.length === 0) return changesets;
    const drafts = (await this.#asking.ask(repository, questions.drafts(revset, roots))).output.toString('latin1').split('\n');
    return changesets.map((one) => (one.phase === 'public' && drafts.includes(one.node) ? { ...one, phase: 'draft' } : one));
  }

  /** What was pulled as public does not count as obsolete, whatever its markers say. */
  async #isReplaced(repository: string, node: string): Promise<boolean> {
    return isReplaced((await this.#asking.ask(repository, questions.markers(node))).output, node);
  }

  async #has(repository: string, nodes: readonly string[]): Promise<boolean> {
    if (nodes.some((node) => pseudo.includes(node))) return false;
    const { output } = await this.#asking.ask(repository, questions.known(nodes));
    const known = output.toString('latin1').split('\n');
    return nodes.every((node) => known.includes(node));
  }

  async #require(repository: string, ...nodes: readonly string[]): Promise<void> {
    if (await this.#knows(repository, nodes)) return;
    throw new HeadgateError('SOURCE_REFUSED', `${repository} has no changeset ${nodes.join(', or none ')}`);
  }

  /** @throws HeadgateError CONTENT_TOO_LARGE, SOURCE_REFUSED for a changeset that the host does not show */
  async #hasFile(repository: string, node: string, path: string): Promise<boolean> {
    await this.#require(repository, node);
    if (path === '' || !isPath(path)) return false;
    const about = `${repository}: ${path}`;
    const { output } = await this.#list(repository, about, questions.sizes(node, path));
    const size = sizeOf(output, path);
    if (size !== undefined && size > limits.hg.fileBytes)
      throw new HeadgateError('CONTENT_TOO_LARGE', `${about} is larger than ${limits.hg.fileBytes} bytes`);
    return size !== undefined;
  }
}

/** No changesets, though hg knows them: what comes before the first, and the working copy. */
const pseudo: readonly string[] = [nullNode, 'f'.repeat(40)];

/** Lone surrogates stand for bytes that are no UTF-8: hg would not take them for those. */
function canBeNamed(present: readonly string[], gone: readonly string[]): boolean {
  const { files, chars } = limits.hgClone.named;
  const length = present.reduce((sum, path) => sum + path.length, 0);
  return present.length <= files && length <= chars && [...present, ...gone].every((path) => path.isWellFormed() && isPath(path));
}

/** A tar of nothing is its end. */
async function* emptyTar(): AsyncGenerator<Uint8Array> {
  yield new Uint8Array(1_024);
}
