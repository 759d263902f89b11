import type { HeadgateError } from '#core/errors.ts';
import type { Account } from '#core/account.ts';
import type { RefDoubt } from '#core/ref-doubt.ts';
import type { RangeFacts, RangeQuestion, ReadBack, RefHead } from '#core/ports/read-back.ts';

const what = ['reviews', 'signatures', 'owners'] as const;

/** A source in memory that can be asked, for tests of whatever works on the port. Histories are chains of commits. */
export class FakeReadBack implements ReadBack {
  readonly by = 'api';
  /** Why it cannot be asked now; undefined: it can. */
  failure: HeadgateError | undefined;
  /** Every question, in order: `heads org/app refs/heads/main`. */
  readonly asked: string[] = [];
  /** Paths that differ between two commits: `base..head` → paths; absent = none. */
  readonly files = new Map<string, readonly string[]>();
  /** Of every range. */
  lacked: RangeFacts['lacked'] = ['pulls', 'reviews', 'checks'];
  /** What else a range tells; the question is what was asked. */
  told: (base: string, head: string) => Partial<RangeFacts> = () => ({});
  /** Who moved a ref: `before..after` → accounts; absent = it does not tell. */
  readonly moved = new Map<string, readonly Account[]>();
  readonly #refs = new Map<string, RefHead>();
  readonly #histories = new Map<string, readonly string[]>();

  /** Moves a ref to the last commit of a history, or deletes it. */
  move(repository: string, ref: string, history: readonly string[], doubts: readonly RefDoubt[] = []): void {
    const commit = history.at(-1);
    if (commit === undefined) this.#refs.delete(`${repository} ${ref}`);
    else {
      this.#refs.set(`${repository} ${ref}`, { object: commit, commit, ...(doubts.length > 0 ? { doubts } : {}) });
      this.#histories.set(commit, history);
    }
  }

  async heads(repository: string, refs: readonly string[]): Promise<ReadonlyMap<string, RefHead | null>> {
    this.#note(`heads ${repository} ${refs.join(' ')}`);
    return new Map(refs.map((ref) => [ref, this.#refs.get(`${repository} ${ref}`) ?? null]));
  }

  async tags(repository: string): Promise<ReadonlyMap<string, RefHead>> {
    this.#note(`tags ${repository}`);
    const prefix = `${repository} refs/tags/`;
    return new Map([...this.#refs].flatMap(([key, head]) => (key.startsWith(prefix) ? [[key.slice(repository.length + 1), head]] : [])));
  }

  async isAncestor(repository: string, ancestor: string, descendant: string): Promise<boolean | undefined> {
    this.#note(`isAncestor ${repository} ${ancestor} ${descendant}`);
    const known = [...this.#histories.values()].some((history) => history.includes(ancestor));
    return known ? (this.#histories.get(descendant) ?? []).includes(ancestor) : undefined;
  }

  async movers(repository: string, ref: string, before: string | null, after: string): Promise<readonly Account[] | undefined> {
    this.#note(`movers ${repository} ${ref} ${before} ${after}`);
    return this.moved.get(`${before}..${after}`);
  }

  async range(repository: string, base: string, head: string, question?: RangeQuestion): Promise<RangeFacts> {
    const asked = question ? ` for ${what.filter((one) => question[one]).join(', ')}` : '';
    this.#note(`range ${repository} ${base} ${head}${asked}`);
    const history = this.#histories.get(head) ?? [];
    const commits = history.slice(history.indexOf(base) + 1).toReversed();
    const told = {
      commits: commits.map((id) => ({ id, title: 'A change', account: null, hands: [], broughtBy: null, signed: null })),
      commitCount: commits.length,
    };
    return {
      base,
      head,
      ...told,
      files: this.files.get(`${base}..${head}`) ?? [],
      pulls: [],
      checks: [],
      course: null,
      owners: null,
      question: question ?? null,
      lacked: this.lacked,
      ...this.told(base, head),
    };
  }

  #note(question: string): void {
    this.asked.push(question);
    if (this.failure) throw this.failure;
  }
}
