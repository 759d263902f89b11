import { nearest } from '#config/nearest.ts';
import type { YamlDocument } from '#config/yaml-documents.ts';
import type { PersonKey } from '#core/person.ts';
import type { GroupDocument, PersonDocument, PersonRuleDocument } from './documents.ts';
import { fingerprintOf } from './public-key.ts';
import type { GroupEntry, NameRule, PersonEntry, Register, SubjectEntry } from './register.ts';
import { Taken } from './taken.ts';
import { userName } from './user-name.ts';

/** Makes one register of all documents about people; where they contradict each other is noted in both places. */
export function gatherPeople(documents: readonly YamlDocument[]): Register {
  return new Gathering(documents).register();
}

class Gathering {
  readonly #documents: readonly YamlDocument[];
  readonly #taken = new Taken();
  readonly #rules: readonly NameRule[];
  /** Names of all Person documents. */
  readonly #persons: readonly string[];
  /** Names of members by group. */
  readonly #members = new Map<string, ReadonlySet<string>>();

  constructor(documents: readonly YamlDocument[]) {
    this.#documents = documents;
    this.#persons = this.#of('Person').map(({ value }) => (value as PersonDocument).metadata.name);
    this.#rules = this.#of('PersonRule').map((document) => this.#rule(document));
  }

  register(): Register {
    const groups = this.#of('Group').map((document) => this.#group(document));
    const persons = this.#of('Person').map((document) => this.#person(document));
    return { persons: byName(persons, ({ person }) => person.name), groups: byName(groups, ({ name }) => name), rules: this.#rules };
  }

  #of(kind: string): readonly YamlDocument[] {
    return this.#documents.filter((document) => document.kind === kind);
  }

  #named(document: YamlDocument, name: string): void {
    this.#taken.take(document, ['metadata', 'name'], [document.kind, name], `the name \`${name}\``);
  }

  #rule(document: YamlDocument): NameRule {
    const { metadata, spec } = document.value as PersonRuleDocument;
    this.#named(document, metadata.name);
    this.#taken.take(document, ['spec', 'issuer'], ['rule', spec.issuer], `issuer \`${spec.issuer}\``);
    spec.accounts.forEach(({ source }, index) =>
      this.#taken.take(document, ['spec', 'accounts', index, 'source'], ['form', metadata.name, source], `source \`${source}\``),
    );
    return { name: metadata.name, ...spec };
  }

  #group(document: YamlDocument): GroupEntry {
    const { metadata, spec } = document.value as GroupDocument;
    this.#named(document, metadata.name);
    spec.members.forEach((member, index) => {
      this.#taken.take(document, ['spec', 'members', index], ['member', metadata.name, member], `member \`${member}\``);
      if (this.#persons.includes(member)) return;
      const close = nearest(member, this.#persons);
      const hint = close === undefined ? 'write a document of kind Person with that name' : `did you mean \`${close}\`?`;
      document.report(['spec', 'members', index], `there is no person \`${member}\``, hint);
    });
    this.#members.set(metadata.name, new Set(spec.members));
    return { name: metadata.name, teams: spec.teams, sourceGroups: spec.sourceGroups, claims: spec.claims };
  }

  #person(document: YamlDocument): PersonEntry {
    const { metadata, spec } = document.value as PersonDocument;
    const { name } = metadata;
    this.#named(document, name);
    const accounts = spec.accounts.map(({ source, account }, index) => {
      this.#taken.take(document, ['spec', 'accounts', index, 'account'], ['account', source, account], `account ${account} of ${source}`);
      return { source, account };
    });
    const subjects = spec.subjects.map((subject, index) => this.#subject(document, index, subject));
    if (spec.kind === 'human') this.#requireUserNames(document, subjects);
    const keys = spec.keys.flatMap((key, index) => this.#key(document, index, name, key));
    const containing = [...this.#members].flatMap(([group, members]) => (members.has(name) ? [group] : []));
    const groups = [...new Set([...spec.groups, ...containing])].toSorted();
    return { person: { name, kind: spec.kind, groups, leftAt: spec.leftAt ?? null, accounts }, subjects, keys };
  }

  #subject(
    document: YamlDocument,
    index: number,
    { issuer, sub, userName: user }: PersonDocument['spec']['subjects'][number],
  ): SubjectEntry {
    const path = ['spec', 'subjects', index];
    if (sub !== undefined) this.#taken.take(document, [...path, 'sub'], ['sub', issuer, sub], `subject ${sub} of ${issuer}`);
    if (user === undefined) return { issuer, ...(sub === undefined ? {} : { sub }) };
    const folded = user === null ? null : user.toLowerCase();
    const place = [...path, 'userName'];
    if (!this.#rules.some((rule) => rule.issuer === issuer))
      document.report(
        place,
        `no PersonRule is about issuer \`${issuer}\``,
        'a user name means something by a rule alone: write `sub`, or the rule',
      );
    if (folded !== null && !userName.test(folded))
      document.report(place, `cannot be \`${user}\``, 'letters, digits and `._@+-`, as the rule makes it of a token');
    if (folded !== null) this.#taken.take(document, place, ['user', issuer, folded], `user name ${folded} of ${issuer}`);
    return { issuer, ...(sub === undefined ? {} : { sub }), userName: folded };
  }

  /** A rule makes persons of user names: one human with a document that does not say theirs would count as two. */
  #requireUserNames(document: YamlDocument, subjects: readonly SubjectEntry[]): void {
    for (const { issuer, name } of this.#rules) {
      if (subjects.some((subject) => subject.issuer === issuer && subject.userName !== undefined)) continue;
      document.report(
        ['metadata', 'name'],
        `their user name at issuer \`${issuer}\` is missing, of which PersonRule \`${name}\` makes persons`,
        `add \`{ issuer: ${issuer}, userName: … }\` to \`spec.subjects\`, with \`null\` for whoever has none there`,
      );
    }
  }

  #key(
    document: YamlDocument,
    index: number,
    person: string,
    { openpgp, ssh }: PersonDocument['spec']['keys'][number],
  ): readonly PersonKey[] {
    const kind = openpgp === undefined ? 'ssh' : 'openpgp';
    const text = (openpgp ?? ssh ?? '').trim();
    const path = ['spec', 'keys', index, kind];
    const fingerprint = fingerprintOf(kind, text);
    if (typeof fingerprint !== 'string') {
      document.report(path, 'is no public key', fingerprint.problem);
      return [];
    }
    this.#taken.take(document, path, ['key', fingerprint], `key ${fingerprint}`);
    return [{ person, kind, fingerprint, text }];
  }
}

function byName<T>(entries: readonly T[], nameOf: (entry: T) => string): readonly T[] {
  return entries.toSorted((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));
}
