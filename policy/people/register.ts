import type { Glob } from '#core/glob.ts';
import type { Person, PersonKey } from '#core/person.ts';

/** What documents about people say, without contradictions among themselves. */
export interface Register {
  readonly persons: readonly PersonEntry[];
  readonly groups: readonly GroupEntry[];
  readonly rules: readonly NameRule[];
}

export interface PersonEntry {
  /** With the groups of their own document and of Group documents. */
  readonly person: Person;
  readonly subjects: readonly SubjectEntry[];
  readonly keys: readonly PersonKey[];
}

export interface SubjectEntry {
  readonly issuer: string;
  readonly sub?: string;
  /** In lower case; null: has none there. */
  readonly userName?: string | null;
}

export interface GroupEntry {
  readonly name: string;
  readonly teams: readonly { readonly source: string; readonly team: string }[];
  readonly sourceGroups: readonly { readonly source: string; readonly uuid: string }[];
  readonly claims: readonly { readonly issuer: string; readonly claim: string; readonly value: string }[];
}

/** How user names of an issuer are read from tokens and from accounts. */
export interface NameRule {
  readonly name: string;
  readonly issuer: string;
  readonly claim: string;
  readonly claimSuffix: string;
  readonly accounts: readonly { readonly source: string; readonly prefix: string; readonly suffix: string }[];
  /** User names that are no humans. */
  readonly except: readonly Glob[];
}
