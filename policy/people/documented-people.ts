import { createHash } from 'node:crypto';
import { limits } from '#core/limits.ts';
import { isHere, type People, type Person, type PersonKey, type Resolved } from '#core/person.ts';
import type { TeamMembers } from '#core/ports/team-reader.ts';
import type { PersonEntry, Register } from './register.ts';
import { groupKey, SourceGroups } from './source-groups.ts';
import { teamKey, type TeamRef } from './team-directory.ts';
import { Teams } from './teams.ts';
import { derivedPerson, joinNames, type Named } from './join-names.ts';
import { userOfAccount, userOfClaims } from './user-name.ts';

type Account = Parameters<People['ofAccount']>[1];
type Subject = Parameters<People['ofSubject']>[0];

/** Who is who, as documents say. What they leave open stays unresolved, with the reason. */
export class DocumentedPeople implements People {
  readonly hash: string;
  readonly keys: readonly PersonKey[];
  readonly #register: Register;
  readonly #accounts: ReadonlyMap<string, Person>;
  readonly #subjects: ReadonlyMap<string, Person>;
  /** By issuer and user name. */
  readonly #users: ReadonlyMap<string, PersonEntry>;
  readonly #owners: ReadonlyMap<string, Person>;
  readonly #groups: ReadonlySet<string>;
  readonly #directory: Teams;
  readonly #sourceGroups: SourceGroups;

  /** @param read what sources said of teams, as far as they have been asked */
  constructor(register: Register, read: readonly TeamMembers[] = []) {
    this.#register = register;
    this.#directory = new Teams(register.groups, read);
    this.#sourceGroups = new SourceGroups(register.groups);
    const { persons, groups } = register;
    this.keys = persons.flatMap(({ keys }) => keys);
    this.#accounts = new Map(
      persons.flatMap(({ person }) => (person.accounts ?? []).map(({ source, account }) => [key(source, account), person])),
    );
    this.#subjects = new Map(
      persons.flatMap(({ person, subjects }) =>
        subjects.flatMap(({ issuer, sub }) => (sub === undefined ? [] : [[key(issuer, sub), person]])),
      ),
    );
    this.#users = new Map(
      persons.flatMap((entry) =>
        entry.subjects.flatMap(({ issuer, userName }) => (typeof userName !== 'string' ? [] : [[key(issuer, userName), entry]])),
      ),
    );
    this.#owners = new Map(persons.flatMap(({ person, keys }) => keys.map(({ fingerprint }) => [fingerprint, person])));
    this.#groups = new Set([...groups.map(({ name }) => name), ...persons.flatMap(({ person }) => person.groups)]);
    this.hash = hashOf(register, read);
  }

  /** Every person whom a document is about. */
  get persons(): readonly Person[] {
    return this.#register.persons.map(({ person }) => person);
  }

  /** `source:UUID` of each group of a source that a group stands for. */
  sourceGroupsOf(group: string): readonly string[] {
    return this.#sourceGroups.keysOf(group);
  }

  /** Every team that groups name. */
  get teams(): readonly TeamRef[] {
    return this.#directory.named;
  }

  withTeams(read: readonly TeamMembers[]): DocumentedPeople {
    return new DocumentedPeople(this.#register, read);
  }

  ofAccount(source: string, account: Account): Resolved {
    if (account === null) return { unresolved: `${source} names no account` };
    const { account: id, name, groups = [] } = account;
    if (id === null) return { unresolved: `${source} names no id of account ${name}` };
    const owner = this.#accounts.get(key(source, id));
    const shown = `account ${name} (${id}) of ${source}`;
    // Rules make humans of names; what a document calls a bot is none of theirs.
    const named = owner && owner.kind !== 'human' ? [] : this.#namedByAccount(source, name);
    const found = joinNames(owner, named, shown);
    return 'person' in found ? { person: seenIn(withAccount(found.person, source, id), source, groups) } : found;
  }

  ofSubject(subject: Subject): Resolved {
    const { issuer, sub } = subject;
    const owner = this.#subjects.get(key(issuer, sub));
    const shown = `subject ${sub} of ${issuer}`;
    const found = owner && owner.kind !== 'human' ? { person: owner } : joinNames(owner, this.#namedByClaims(subject), shown);
    return 'person' in found ? { person: this.#withClaims(found.person, subject) } : found;
  }

  ofKey(fingerprint: string): Resolved {
    const person = this.#owners.get(fingerprint);
    return person ? { person } : { unresolved: `no document lists key ${fingerprint}` };
  }

  /** The person of that name: of a document, or one whom a rule may make. */
  named(name: string): Person | undefined {
    const { persons, rules } = this.#register;
    const [issuer = '', user] = name.split(':');
    if (user === undefined) return persons.find(({ person }) => person.name === name)?.person;
    const isMade = rules.some((rule) => rule.issuer === issuer) && !this.#users.has(key(issuer, user));
    return isMade ? derivedPerson(issuer, user) : undefined;
  }

  /** Whether there is a group, or a team that a group names; of groups of sources nobody knows. */
  hasGroup(group: string): boolean {
    return this.#groups.has(group) || this.#directory.knows(group) || this.#sourceGroups.isOne(group);
  }

  /** Whether somebody who is known now is in a group, or somebody may come to be by a token or a rule. @param teams whether teams are read here */
  mayHoldSomebody(group: string, now: number, teams: boolean): boolean {
    const { persons, groups, rules } = this.#register;
    if (persons.some(({ person }) => this.isIn(person, group, now))) return true;
    if (groups.some(({ name, claims }) => name === group && claims.length > 0) || this.#sourceGroups.mayHold(group)) return true;
    return this.#directory.mayHold(group, now, { read: teams, rules: rules.length > 0 });
  }

  isIn(person: Person, group: string, now: number): boolean {
    if (!isHere(person, now)) return false;
    const isWritten = person.groups.includes(group) || isClaimed(person, group, now);
    return isWritten || this.#directory.hold(person, group, now) || this.#sourceGroups.hold(person, group);
  }

  groupsOf(person: Person, now: number): readonly string[] {
    return [...this.#groups].filter((group) => this.isIn(person, group, now)).toSorted();
  }

  doubt(group: string, now: number): string | null {
    const doubts = [this.#directory.doubt(group, now), this.#sourceGroups.doubt(group)].filter((doubt) => doubt !== null);
    if (doubts.length > 0) return doubts.join('; ');
    return this.hasGroup(group) ? null : `there is no group ${group}`;
  }

  #namedByAccount(source: string, name: string): readonly Named[] {
    return this.#register.rules.flatMap((rule): readonly Named[] => {
      const read = userOfAccount(rule, source, name);
      if (read === undefined) return [];
      return 'none' in read ? [read] : [{ rule: rule.name, person: this.#user(rule.issuer, read.user) }];
    });
  }

  #namedByClaims({ issuer, sub, claims }: Subject): readonly Named[] {
    return this.#register.rules.flatMap((rule): readonly Named[] => {
      if (rule.issuer !== issuer) return [];
      const read = userOfClaims(rule, claims);
      if ('none' in read) return [read];
      const entry = this.#users.get(key(issuer, read.user));
      const pinned = entry?.subjects.find((subject) => subject.issuer === issuer && subject.sub !== undefined);
      if (entry && pinned && !isAmong(entry, issuer, sub))
        return [{ conflict: `user name ${read.user} of ${issuer} is that of ${entry.person.name}, whose documents name another subject` }];
      return [{ rule: rule.name, person: this.#user(issuer, read.user) }];
    });
  }

  #user(issuer: string, user: string): Person {
    return this.#users.get(key(issuer, user))?.person ?? derivedPerson(issuer, user);
  }

  /** Only an entry of a list counts, and only as long as the token is young. */
  #withClaims(person: Person, { issuer, claims }: Subject): Person {
    const issued = claims['iat'];
    const groups = this.#register.groups.filter(({ claims: wanted }) =>
      wanted.some((one) => one.issuer === issuer && listAt(claims, one.claim).includes(one.value)),
    );
    if (groups.length === 0 || typeof issued !== 'number') return person;
    return { ...person, claimed: { groups: groups.map(({ name }) => name), until: issued * 1_000 + limits.people.claimAge } };
  }
}

function isAmong({ subjects }: PersonEntry, issuer: string, sub: string): boolean {
  return subjects.some((subject) => subject.issuer === issuer && subject.sub === sub);
}

function isClaimed({ claimed }: Person, group: string, now: number): boolean {
  return claimed !== undefined && now < claimed.until && claimed.groups.includes(group);
}

function listAt(claims: Subject['claims'], claim: string): readonly unknown[] {
  const value: unknown = Object.hasOwn(claims, claim) ? claims[claim] : undefined;
  return Array.isArray(value) ? value : [];
}

function withAccount(person: Person, source: string, account: string): Person {
  const accounts = person.accounts ?? [];
  const isKnown = accounts.some((one) => one.source === source && one.account === account);
  return isKnown ? person : { ...person, accounts: [...accounts, { source, account }] };
}

function seenIn(person: Person, source: string, groups: readonly string[]): Person {
  return groups.length === 0 ? person : { ...person, seenIn: groups.map((uuid) => groupKey({ source, uuid })) };
}

function key(of: string, name: string): string {
  return `${of} ${name}`;
}

/** Empty for a directory without such documents. */
function hashOf({ persons, groups, rules }: Register, read: readonly TeamMembers[]): string {
  if (persons.length === 0 && groups.length === 0 && rules.length === 0) return '';
  const written = [
    persons.map(({ person, subjects, keys }) => [person, subjects, keys.map(({ fingerprint }) => fingerprint)]),
    groups,
    rules.map((rule) => ({ ...rule, except: rule.except.map(({ pattern }) => pattern) })),
    read.map((team) => [teamKey(team), [...team.accounts].toSorted()]).toSorted(([a], [b]) => (String(a) < String(b) ? -1 : 1)),
  ];
  return createHash('sha256').update(JSON.stringify(written)).digest('hex');
}
