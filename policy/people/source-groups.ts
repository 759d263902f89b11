import type { Person } from '#core/person.ts';
import type { GroupEntry } from './register.ts';

/** A group of a source by its own id there (Gerrit: its UUID). */
type SourceGroupRef = GroupEntry['sourceGroups'][number];

/**
 * UUIDs of Gerrit's groups: 40 hexadecimal digits for its own, `ldap:cn=…` and the like for those of others. Not its system groups (`global:…`):
 * everybody is in them, or nobody. Neither a name nor `org/team` has this form.
 */
export const groupUuid = '(?:[0-9a-f]{40}|(?!global:)[a-z][a-z0-9-]*:[^\\p{Cc}]+)';

const named = new RegExp(`^[a-z0-9-]+:${groupUuid}$`, 'u');

/**
 * Groups of sources among those that a rule names by themselves. A source tells of them when it is asked about the accounts of a change, and of
 * nobody else: whoever is known by a token or by a key is in none, so that a rule which asks for it there never holds.
 */
export function sourceGroupsAmong(groups: readonly string[] = []): readonly string[] {
  return groups.filter((group) => named.test(group));
}

/** What a document is told that names one where it never holds. */
export const sourceGroupHint =
  'name a Group of documents; a source tells of its groups for accounts on changes alone: `pushers`, and `from` of `reviews`';

/**
 * Who is in groups of sources: whoever has an account that the source saw in them when it was asked about what is decided. What it did not show
 * holds nobody. Names of groups are never compared: whoever owns a group can change its name.
 */
export class SourceGroups {
  /** By group of the documents. */
  readonly #of: ReadonlyMap<string, readonly SourceGroupRef[]>;

  constructor(groups: readonly GroupEntry[]) {
    this.#of = new Map(groups.flatMap(({ name, sourceGroups }) => (sourceGroups.length === 0 ? [] : [[name, sourceGroups] as const])));
  }

  /** Whether a group is one of a source, as a policy names it by itself: `review:UUID`. */
  isOne(group: string): boolean {
    return named.test(group);
  }

  /** Whether a group of the documents has groups of sources in it, or is one. */
  mayHold(group: string): boolean {
    return this.isOne(group) || this.#of.has(group);
  }

  hold({ seenIn = [] }: Person, group: string): boolean {
    return this.keysOf(group).some((key) => seenIn.includes(key));
  }

  /** Nothing tells that somebody is not in such a group. */
  doubt(group: string): string | null {
    const keys = this.keysOf(group);
    if (keys.length === 0) return null;
    return `${keys.join(', ')} was not among the groups that the source showed: Headgate's account may not see it, or they are not in it`;
  }

  /** `source:UUID` of each that a group stands for: itself, or those of its document. */
  keysOf(group: string): readonly string[] {
    return this.isOne(group) ? [group] : (this.#of.get(group) ?? []).map(groupKey);
  }
}

/** `review:6f3c…` */
export function groupKey({ source, uuid }: SourceGroupRef): string {
  return `${source}:${uuid}`;
}
