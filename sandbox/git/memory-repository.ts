import { createHash } from 'node:crypto';
import type { SourceRepository } from '#sandbox/git/source-repository.ts';

interface MemoryCommit {
  readonly parent: string | undefined;
  readonly files: ReadonlyMap<string, string>;
}

/** A git repository that exists in memory only: for tests on a simulated clock, where waiting for a process cannot be simulated. */
export class MemoryRepository implements SourceRepository {
  readonly #commits = new Map<string, MemoryCommit>();
  readonly #refs = new Map<string, string>();

  /** Makes a commit on top of a branch and answers its id. @param files path → content; null deletes */
  commit(files: Readonly<Record<string, string | null>>, branch = 'main'): string {
    const parent = this.#refs.get(`refs/heads/${branch}`);
    const merged = new Map(parent === undefined ? [] : this.#commits.get(parent)?.files);
    for (const [path, content] of Object.entries(files)) {
      if (content === null) merged.delete(path);
      else merged.set(path, content);
    }
    const id = createHash('sha1')
      .update(JSON.stringify([parent, [...merged], this.#commits.size]))
      .digest('hex');
    this.#commits.set(id, { parent, files: merged });
    this.#refs.set(`refs/heads/${branch}`, id);
    return id;
  }

  /** Points a full ref at a commit, or deletes it. */
  move(ref: string, commit: string | null): void {
    if (commit === null) this.#refs.delete(ref);
    else this.#refs.set(ref, commit);
  }

  refs(): Promise<ReadonlyMap<string, string>> {
    return Promise.resolve(new Map(this.#refs));
  }

  contains(branch: string | null, commit: string): Promise<boolean> {
    const heads = [...this.#refs].filter(([ref]) => (branch === null ? ref.startsWith('refs/heads/') : ref === `refs/heads/${branch}`));
    return Promise.resolve(heads.some(([, head]) => this.#history(head).includes(commit)));
  }

  files(commit: string, directory: string): Promise<ReadonlyMap<string, string> | undefined> {
    const prefix = directory === '' ? '' : `${directory}/`;
    const inside = [...(this.#commits.get(commit)?.files ?? [])].filter(([path]) => path.startsWith(prefix));
    const relative = inside.map(([path, content]): [string, string] => [path.slice(prefix.length), content]);
    return Promise.resolve(relative.length === 0 ? undefined : new Map(relative));
  }

  #history(head: string): readonly string[] {
    const ids: string[] = [];
    for (let at: string | undefined = head; at !== undefined; at = this.#commits.get(at)?.parent) ids.push(at);
    return ids;
  }
}
