import type { Clock } from '#core/clock.ts';
import { limits } from '#core/limits.ts';
import { ChangePage, changeOptions, fileOption, type ChangeInfo } from './change-info.ts';
import { present, type Asking, type GerritClient } from './client.ts';
import { query } from './paths.ts';

const { commitsAsked, changesKept, changesKeptFor, changePages } = limits.gerritRest;

/** The changes that have a commit among their patch sets, by commit. */
export interface FoundChanges {
  of(commit: string): readonly ChangeInfo[];
  /** Whether every change that may be seen was told. */
  readonly complete: boolean;
}

interface Kept {
  readonly changes: readonly ChangeInfo[];
  readonly until: number;
}

/**
 * Which changes have commits among their patch sets: current or not, merged or not, on whatever branch. The operator `commit:` also finds old
 * patch sets ("Searching Changes"), so that whoever asks has to look at what comes.
 * One event leads to several questions about the same commits. What merged changes tell of the time before their submit does not change any
 * more, so it is kept for some seconds; what is not merged is asked for anew each time.
 */
export class ChangeReader {
  readonly #client: GerritClient;
  readonly #clock: Clock;
  readonly #kept = new Map<string, Kept>();

  constructor(client: GerritClient, clock: Clock) {
    this.#client = client;
    this.#clock = clock;
  }

  /** @throws HeadgateError as GerritClient; SOURCE_REFUSED */
  async find(project: string, commits: readonly string[], asking: Asking = {}): Promise<FoundChanges> {
    const known = new Map(commits.map((commit) => [commit, this.#recall(project, commit)]));
    const missing = commits.filter((commit) => known.get(commit) === undefined);
    const batches = Array.from({ length: Math.ceil(missing.length / commitsAsked) }, (_, index) =>
      missing.slice(index * commitsAsked, (index + 1) * commitsAsked),
    );
    const pages = await Promise.all(batches.map((batch) => this.#ask(project, batch, asking)));
    for (const { commit, changes } of pages.flatMap(({ found }) => found)) {
      known.set(commit, changes);
      this.#keep(project, commit, changes);
    }
    return { of: (commit) => known.get(commit) ?? [], complete: pages.every(({ complete }) => complete) };
  }

  async #ask(project: string, commits: readonly string[], asking: Asking) {
    const options = commits.length === 1 ? [...changeOptions, fileOption] : changeOptions;
    const changes: ChangeInfo[] = [];
    let complete = false;
    for (let page = 0; page < changePages && !complete; page++) {
      const q = `(${commits.map((commit) => `commit:${commit}`).join(' OR ')}) project:"${project}"`;
      const path = `/changes/${query({ q, S: changes.length, o: options })}`;
      const found = present(await this.#client.get(ChangePage, path, asking), `changes of ${project}`);
      changes.push(...found.filter((change) => change.project === project));
      complete = found.at(-1)?._more_changes !== true;
    }
    return {
      found: commits.map((commit) => ({ commit, changes: changes.filter(({ revisions }) => Object.hasOwn(revisions, commit)) })),
      complete,
    };
  }

  #recall(project: string, commit: string): readonly ChangeInfo[] | undefined {
    const kept = this.#kept.get(`${project} ${commit}`);
    return kept && this.#clock.monotonic() < kept.until ? kept.changes : undefined;
  }

  #keep(project: string, commit: string, changes: readonly ChangeInfo[]): void {
    const key = `${project} ${commit}`;
    this.#kept.delete(key);
    if (!changes.some((change) => change.status === 'MERGED' && change.current_revision === commit)) return;
    this.#kept.set(key, { changes, until: this.#clock.monotonic() + changesKeptFor });
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > changesKept && oldest !== undefined) this.#kept.delete(oldest);
  }
}
