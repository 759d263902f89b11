import type { People, Person, Resolved } from '#core/person.ts';
import type { Account } from '#core/account.ts';
import type { PullFacts, RangeCommit, RangeFacts, ReviewFacts } from '#core/ports/read-back.ts';
import type { RangeEvidence } from '#core/range-evidence.ts';
import type { Signing } from '#core/signature.ts';
import type { PolicySet } from '#policy/documents.ts';
import { change, decideSample, policies, type PolicySpec, type Situation } from './samples.ts';

export const BASE = 'a'.repeat(40);
export const HEAD = 'b'.repeat(40);
/** What was merged by pull request 12: its own head, which a squash turns into HEAD. */
export const MERGED = 'c'.repeat(40);
export const DAY = 86_400_000;

/** Accounts by the name of whom they belong to: `ada` has 1, and a second one, `ada-second`. */
const accounts: Readonly<Record<string, string>> = {
  ada: '1',
  bob: '2',
  cleo: '3',
  robot: '4',
  gone: '5',
  'ada-second': '11',
  stranger: '99',
};

export function account(name: string, fields: Partial<Account> = {}): Account {
  return { account: accounts[name] ?? '0', name, kind: 'human', ...fields };
}

function person(name: string, fields: Partial<Person> = {}): Person {
  return { name, kind: 'human', groups: [], leftAt: null, ...fields };
}

const persons: Readonly<Record<string, Person>> = {
  '1': person('ada', { groups: ['sre'] }),
  '11': person('ada', { groups: ['sre'] }),
  '2': person('bob'),
  '3': person('cleo', { groups: ['sre'] }),
  '4': person('robot', { kind: 'bot', groups: ['sre'] }),
  '5': person('gone', { groups: ['sre'], leftAt: 1_000 }),
};

/** Resolves the accounts above on source hub, and keys `ssh:SHA256:<name>`. */
export const somebody: People = {
  hash: 'people',
  keys: [],
  ofAccount: (source, one) => resolve(source === 'hub' && one?.account ? persons[one.account] : undefined),
  ofSubject: ({ sub }) => resolve(Object.values(persons).find(({ name }) => name === sub)),
  ofKey: (key) => resolve(Object.values(persons).find(({ name }) => key === `ssh:SHA256:${name}`)),
  isIn: ({ groups }, group) => groups.includes(group),
  groupsOf: ({ groups }) => groups,
  doubt: (group) => (group === 'sre' ? null : `there is no group ${group}`),
};

function resolve(found: Person | undefined): Resolved {
  return found ? { person: found } : { unresolved: 'no document names it' };
}

export function review(name: string, fields: Partial<ReviewFacts> = {}): ReviewFacts {
  return { by: account(name), state: 'APPROVED', commit: MERGED, at: DAY, canWrite: true, ...fields };
}

/** Pull request 12 of bob, approved by ada and merged by bob. */
export function pull(fields: Partial<PullFacts> = {}): PullFacts {
  return {
    number: 12,
    title: 'Round up',
    author: account('bob'),
    mergedBy: account('bob'),
    base: 'refs/heads/main',
    head: MERGED,
    reviews: [review('ada')],
    ...fields,
  };
}

export function commit(fields: Partial<RangeCommit> = {}): RangeCommit {
  return { id: HEAD, title: 'Round up', account: '2', hands: [account('bob')], broughtBy: 12, signed: null, ...fields };
}

/** One commit of one pull request, and everything is known of it. */
export function facts(fields: Partial<RangeFacts> = {}): RangeFacts {
  const commits = fields.commits ?? [commit()];
  return {
    base: BASE,
    head: HEAD,
    commits,
    commitCount: commits.length,
    files: ['a.yaml'],
    pulls: [pull()],
    checks: [{ name: 'build', conclusion: 'success' }],
    course: 'ahead',
    owners: null,
    question: { ref: 'refs/heads/main', reviews: true, signatures: true, owners: true },
    lacked: [],
    ...fields,
  };
}

export function evidence(fields: Partial<RangeFacts> = {}, signings: Readonly<Record<string, Signing>> = {}): RangeEvidence {
  return { facts: facts(fields), signings: new Map(Object.entries(signings)) };
}

/** A confirmed push of bob. */
export const push = change({
  revision: HEAD,
  after: HEAD,
  confirmed: true,
  actors: [{ role: 'pusher', account: '2', name: 'bob', kind: 'human' }],
});

export function withPeople(spec: PolicySpec): PolicySet {
  return { ...policies({ payments: spec }), people: somebody };
}

/** Decides a push of bob by one policy. */
export function decideRange(spec: PolicySpec, given: Partial<RangeFacts> = {}, situation: Situation = {}) {
  return decideSample(withPeople(spec), { change: push, range: evidence(given), now: 10 * DAY, ...situation });
}
