import { limits } from '#core/limits.ts';
import type { BareRepository, CommitInfo } from '#sandbox/git/bare-repository.ts';
import { stableId } from '#sandbox/github/account.ts';
import { pushPayload } from '#sandbox/github/push-payload.ts';

/** What every ref points at itself, and the commit that it leads to. */
type Refs = ReadonlyMap<string, string>;

/** A ref that a push has moved. */
export interface RefChange {
  readonly ref: string;
  readonly before: string | null;
  readonly after: string | null;
}

/** A repository with its name; its writes happen one after another. */
export class HostedRepository {
  /** Stays when the name changes. */
  readonly id: number;
  /** `owner/name`. */
  name: string;
  readonly bare: BareRepository;
  readonly defaultBranch: string;
  #last: Promise<unknown> = Promise.resolve();

  constructor(name: string, bare: BareRepository, defaultBranch: string) {
    this.id = stableId(name);
    this.name = name;
    this.bare = bare;
    this.defaultBranch = defaultBranch;
  }

  /** Runs a write when those before it have ended, and answers with it the refs that it moved. */
  write<T>(task: () => Promise<T>): Promise<{ readonly result: T; readonly changes: readonly RefChange[]; readonly others: Refs }> {
    const run = this.#last.then(async () => {
      const before = await this.bare.objects();
      const result = await task();
      return { result, changes: difference(before, await this.bare.objects()), others: before };
    });
    this.#last = run.catch(() => undefined); // the caller hears of it; the next write goes on
    return run;
  }

  /** The push event about one moved ref. @param earlier what the refs pointed at before the push */
  async describe(change: RefChange, earlier: Refs, by: { server: string; pusher: string; at: number }): Promise<object> {
    const { ref, before, after } = change;
    const isBranch = ref.startsWith('refs/heads/');
    const known = isBranch ? (before === null ? [...earlier.values()] : [before]) : [];
    const commits = isBranch && after !== null ? await this.bare.log(known, after, limits.sandbox.webhookCommits) : [];
    const forced = before !== null && after !== null && !(await this.bare.isAncestor(before, after));
    return pushPayload({
      ...by,
      id: this.id,
      repository: this.name,
      defaultBranch: this.defaultBranch,
      ref,
      before,
      after,
      forced,
      commits,
      head: after === null ? null : await this.#head(after),
    });
  }

  async #head(after: string): Promise<CommitInfo | null> {
    return (await this.bare.log([], after, 1))[0] ?? null;
  }
}

function difference(before: Refs, after: Refs): readonly RefChange[] {
  const refs = new Set([...before.keys(), ...after.keys()]);
  return [...refs]
    .map((ref) => ({ ref, before: before.get(ref) ?? null, after: after.get(ref) ?? null }))
    .filter((change) => change.before !== change.after);
}
