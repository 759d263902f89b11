import type { Account } from '#core/account.ts';
import type { Clock } from '#core/clock.ts';
import { decoded } from '#core/decoded.ts';
import { limits } from '#core/limits.ts';
import type { PullFacts } from '#core/ports/read-back.ts';
import type { ChangeReview } from '#core/review.ts';
import { GroupInfos } from './change-info.ts';
import type { Asking, GerritClient } from './client.ts';
import { accountPath } from './paths.ts';

const { groupsKept, groupsKeptFor } = limits.gerritRest;

/**
 * The groups that accounts are seen in, nested ones included ("Account Endpoints", List Groups), by UUID. Gerrit leaves out those that may
 * not be seen by whoever asks, so that not being in one proves nothing.
 * They are kept for a minute: somebody who was taken out of a group counts as a member for so much longer at most, which is less than Gerrit itself
 * remembers what a directory says (`cache.ldap_groups.maxAge`: an hour).
 */
export class GroupReader {
  readonly #client: GerritClient;
  readonly #clock: Clock;
  readonly #kept = new Map<string, { readonly groups: Promise<readonly string[] | undefined>; readonly until: number }>();

  constructor(client: GerritClient, clock: Clock) {
    this.#client = client;
    this.#clock = clock;
  }

  /** The accounts with their groups; without, where Gerrit does not tell any. @throws HeadgateError as GerritClient */
  async of<T extends Account | null>(accounts: readonly T[], asking?: Asking): Promise<readonly T[]> {
    return Promise.all(
      accounts.map(async (account) => {
        if (account === null) return account;
        const groups = await this.#groups(account.account, asking);
        return groups ? { ...account, groups } : account;
      }),
    );
  }

  /** What changes tell, with the groups of everybody in it. */
  async inPulls(pulls: readonly PullFacts[], asking?: Asking): Promise<readonly PullFacts[]> {
    return Promise.all(pulls.map((pull) => this.#inPull(pull, asking)));
  }

  async #inPull(pull: PullFacts, asking: Asking | undefined): Promise<PullFacts> {
    const [author = null, mergedBy = null] = await this.of([pull.author, pull.mergedBy], asking);
    return { ...pull, author, mergedBy, ...(pull.review && { review: await this.#inReview(pull.review, asking) }) };
  }

  async #inReview(review: ChangeReview, asking: Asking | undefined): Promise<ChangeReview> {
    const [owner = null, uploader = null, submitter = null] = await this.of([review.owner, review.uploader, review.submitter], asking);
    const voters = await this.of(
      review.votes.map(({ by }) => by),
      asking,
    );
    return { ...review, owner, uploader, submitter, votes: review.votes.map((vote, index) => ({ ...vote, by: voters[index] ?? null })) };
  }

  #groups(account: string, asking: Asking | undefined): Promise<readonly string[] | undefined> {
    const kept = this.#kept.get(account);
    if (kept && this.#clock.monotonic() < kept.until) return kept.groups;
    const groups = this.#read(account, asking);
    this.#kept.delete(account);
    this.#kept.set(account, { groups, until: this.#clock.monotonic() + groupsKeptFor });
    groups.catch(() => this.#kept.delete(account));
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > groupsKept && oldest !== undefined) this.#kept.delete(oldest);
    return groups;
  }

  /** Undefined for an account that Gerrit does not show. */
  async #read(account: string, asking: Asking | undefined): Promise<readonly string[] | undefined> {
    const found = await this.#client.get(GroupInfos, `${accountPath(account)}/groups`, asking);
    // Ids come percent-encoded, as they are to be put into URLs: `global%3ARegistered-Users`.
    return 'data' in found ? found.data.map(({ id }) => decoded(id)).toSorted() : undefined;
  }
}
