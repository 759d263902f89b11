import { createHash } from 'node:crypto';
import { access, mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { HeadgateError } from '#core/errors.ts';
import type { Log } from '#core/ports/telemetry.ts';
import { failureOf } from './failure.ts';
import type { Hg } from './hg.ts';
import { Refreshes } from './refreshes.ts';
import { remoteUrl } from './remote.ts';
import type { HgResult } from './run-hg.ts';

export interface ClonesOptions {
  readonly hg: Hg;
  /** Base URL that is cloned from. */
  readonly url: string;
  readonly directory: string;
  readonly log: Log;
  /** Told of a clone that goes, or has been replaced. */
  readonly onGone: (path: string) => void;
}

/** Runs a command of hg in a clone, with what it needs to reach the host. */
type Talk = (args: readonly string[]) => Promise<HgResult>;

/** What hg says when not the host but the clone is the trouble, or when the host has another repository at that URL now. */
const broken =
  /integrity|corrupt|abandoned transaction|unknown parent|no node!|index .* is|data\/.*\.i|00(changelog|manifest)|requires features|repository is unrelated/i;

/** Clones without a working copy, one directory for each URL. They have what the host shows: no more, so that what was stripped there goes here. */
export class Clones {
  readonly #options: ClonesOptions;
  readonly #refreshes = new Refreshes();
  readonly #draftRoots = new Map<string, readonly string[]>();

  constructor(options: ClonesOptions) {
    this.#options = options;
  }

  /** Where the clone of a repository lies. @throws HeadgateError SOURCE_REFUSED for what is no name of one */
  pathOf(repository: string): string {
    const url = remoteUrl(this.#options.url, repository);
    return join(this.#options.directory, createHash('sha256').update(url).digest('hex'));
  }

  /**
   * Changesets that are drafts on the host, with everything that stands on them; undefined before the first refresh. Once what is being
   * refreshed is there: what has come would be taken for public until it is known where the drafts begin.
   */
  async draftRoots(repository: string): Promise<readonly string[] | undefined> {
    const path = this.pathOf(repository);
    await this.#refreshes.underway(path);
    return this.#draftRoots.get(path);
  }

  /** Brings the clone to what the host has now: everything that it was asked after. @throws HeadgateError, and what runHg throws */
  refresh(repository: string): Promise<void> {
    const path = this.pathOf(repository);
    return this.#refreshes.run(path, () => this.#refresh(repository, path));
  }

  /** Deletes a clone that is broken; the next refresh makes it anew. */
  async discard(repository: string): Promise<void> {
    const path = this.pathOf(repository);
    await this.#refreshes.run(`discard ${path}`, async () => {
      const gone = `${path}.gone`;
      this.#draftRoots.delete(path);
      await rm(gone, { recursive: true, force: true });
      if (await isThere(path)) await rename(path, gone);
      this.#options.onGone(path);
      await rm(gone, { recursive: true, force: true });
    });
  }

  async #refresh(repository: string, path: string): Promise<void> {
    if (!(await isThere(path))) return this.#make(repository, path);
    const here: Talk = (args) => this.#options.hg.talkFrom(path, args);
    const pulled = await this.#pull(repository, here);
    if (pulled.code === 0) return this.#compare(repository, path, here);
    if (!broken.test(pulled.stderr) && !pulled.stderr.includes(path)) throw failureOf(repository, pulled.stderr);
    this.#options.log.warn('a clone was broken and is made anew', { repository, error: pulled.stderr.slice(0, 300) });
    await this.#make(repository, path);
  }

  /** Makes it beside, and puts it into its place when it is whole. */
  async #make(repository: string, path: string): Promise<void> {
    const making = `${path}.making`;
    await mkdir(this.#options.directory, { recursive: true, mode: 0o700 });
    await rm(making, { recursive: true, force: true });
    const made = await this.#options.hg.local(['init', making]);
    if (made.code !== 0) throw failureOf(repository, made.stderr);
    const talk: Talk = (args) => this.#options.hg.talk(['-R', making, ...args]);
    const pulled = await this.#pull(repository, talk);
    if (pulled.code !== 0) {
      await rm(making, { recursive: true, force: true });
      throw failureOf(repository, pulled.stderr);
    }
    const roots = await this.#phases(repository, talk);
    await this.discard(repository);
    await rename(making, path);
    this.#draftRoots.set(path, roots);
  }

  async #compare(repository: string, path: string, talk: Talk): Promise<void> {
    const roots = await this.#phases(repository, talk);
    if (await this.#hasMore(repository, talk)) return this.#make(repository, path);
    this.#draftRoots.set(path, roots);
  }

  /** Changesets, phases and markers of obsolescence, and bookmarks as the host has them: `mirror` takes away what went there (hgrc(5), "paths"). */
  #pull(repository: string, talk: Talk): Promise<HgResult> {
    return talk([...this.#reach(repository), 'pull', '--quiet', 'source']);
  }

  /** Whether the clone has what the host shows no more: it was stripped there, or is hidden. hg(1): outgoing ends with 1 when there is none. */
  async #hasMore(repository: string, talk: Talk): Promise<boolean> {
    const asked = await talk([...this.#reach(repository), 'outgoing', '--quiet', '--template=x', 'source']);
    if (asked.code !== 0 && asked.code !== 1) throw failureOf(repository, asked.stderr);
    return asked.code === 0;
  }

  /**
   * Where drafts begin on the host. Pulling from a host that publishes takes everything for public (hg help phases), also what it holds itself as a
   * draft; its list of phases tells them apart: `<node>\t1` for each root.
   */
  async #phases(repository: string, talk: Talk): Promise<readonly string[]> {
    const asked = await talk(['debugpushkey', remoteUrl(this.#options.url, repository), 'phases']);
    if (asked.code !== 0) throw failureOf(repository, asked.stderr);
    return [...asked.stdout.matchAll(/^([0-9a-f]{40})\t/gm)].flatMap(([, root]) => root ?? []);
  }

  #reach(repository: string): readonly string[] {
    const url = remoteUrl(this.#options.url, repository);
    return [`--config=paths.source=${url}`, '--config=paths.source:bookmarks.mode=mirror'];
  }
}

async function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

/** What a command said that asked a clone about something that must be there. */
export function isBroken(stderr: string): boolean {
  return broken.test(stderr);
}

/** @throws HeadgateError always */
export function wasBroken(repository: string, stderr: string): never {
  throw new HeadgateError(
    'SOURCE_UNREACHABLE',
    `${repository}: its clone was broken and is made anew next time (${stderr.slice(0, 200).trim()})`,
  );
}
