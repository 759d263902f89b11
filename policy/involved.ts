import type { Change } from '#core/change.ts';
import type { People, Resolved } from '#core/person.ts';
import type { Account } from '#core/account.ts';
import type { PullFacts, RangeCommit } from '#core/ports/read-back.ts';
import type { DistinctRole } from '#policy/range-rules.ts';

/** Somebody whom a reviewer must not be. */
export interface Involved {
  /** `pusher octocat (hub 583231)` */
  readonly who: string;
  readonly did: string;
  readonly resolved: Resolved;
}

interface Where {
  readonly change: Change;
  readonly pull: PullFacts;
  /** Of the range, those that the pull request brought. */
  readonly commits: readonly RangeCommit[];
  readonly people: People;
}

/** Everybody in these roles. Where nobody is known there is one who is not resolved: distinct from nobody. */
export function involvedIn(roles: readonly DistinctRole[], where: Where): readonly Involved[] {
  return roles.flatMap((role) => byRole[role](where));
}

/** Of each person, what they did. */
export function deedsOf(involved: readonly Involved[]): ReadonlyMap<string, string> {
  return new Map(involved.flatMap(({ resolved, did }) => ('person' in resolved ? [[resolved.person.name, did]] : [])));
}

const byRole: Readonly<Record<DistinctRole, (where: Where) => readonly Involved[]>> = {
  author: authors,
  uploader,
  pusher,
  submitter,
  requester,
};

function authors(where: Where): readonly Involved[] {
  const opener = account('author', where.pull.author, 'opened it', where);
  const hands = where.commits.flatMap(({ hands: those }) => (those.length === 0 ? [null] : those));
  const one = new Map(hands.map((hand) => [hand?.account ?? null, hand]));
  return [opener, ...[...one.values()].map((hand) => account('author', hand, 'had a hand in its commits', where))];
}

function uploader(where: Where): readonly Involved[] {
  const { review } = where.pull;
  if (!review) return [nobody('uploader', 'the source does not tell who pushed to the branch of a pull request')];
  return [account('uploader', review.uploader, 'uploaded what was submitted', where)];
}

/**
 * Of a range that several pushes brought only the last pusher is known by name; whoever merged a pull request pushed it. A change with votes
 * comes to the branch by its submitter, and was pushed for review by its uploader: both are known whoever told of the change.
 */
function pusher(where: Where): readonly Involved[] {
  const pushers = where.change.actors.filter(({ role }) => role === 'pusher');
  const last = pushers.map((actor) => known('pusher', actor, 'pushed it', where.change.source, where.people));
  if (where.pull.review) return [...last, ...uploader(where), ...submitter(where)];
  if (pushers.length === 0)
    return [nobody('pusher', 'the change was found by looking at the branch, or was asked for, so nobody is known to have pushed it')];
  return [...last, ...submitter(where)];
}

function submitter(where: Where): readonly Involved[] {
  return [account('submitter', where.pull.mergedBy, where.pull.review ? 'submitted it' : 'merged it', where)];
}

/** A push has nobody who asked. */
function requester({ change, people }: Where): readonly Involved[] {
  const { subject } = change;
  if (subject) return [{ who: `requester ${subject.sub} of ${subject.issuer}`, did: 'asked for it', resolved: people.ofSubject(subject) }];
  return change.action === 'requested' ? [nobody('requester', "it was asked for with the operator's token, which names nobody")] : [];
}

function account(role: DistinctRole, who: Account | null, did: string, { change, people }: Where): Involved {
  return who === null ? nobody(role, 'the source names no account') : known(role, who, did, change.source, people);
}

type Named = Pick<Account, 'name'> & { readonly account: string | null };

function known(role: DistinctRole, who: Named, did: string, source: string, people: People): Involved {
  return { who: `${role} ${who.name} (${source} ${who.account ?? 'without an id'})`, did, resolved: people.ofAccount(source, who) };
}

function nobody(role: DistinctRole, unresolved: string): Involved {
  return { who: role, did: '', resolved: { unresolved } };
}
