import { formatAge } from '#core/format-duration.ts';
import { limits } from '#core/limits.ts';
import type { Person } from '#core/person.ts';
import type { TeamMembers } from '#core/ports/team-reader.ts';
import type { GroupEntry } from './register.ts';
import { teamKey, type TeamRef } from './team-directory.ts';

/** Who is in the teams that groups name, as sources said lately. What was never read, or is too old, holds nobody. */
export class Teams {
  /** Each once. */
  readonly named: readonly TeamRef[];
  /** By group, and by `source:org/team` for each by itself. */
  readonly #of: ReadonlyMap<string, readonly TeamRef[]>;
  readonly #read: ReadonlyMap<string, TeamMembers>;

  constructor(groups: readonly GroupEntry[], read: readonly TeamMembers[]) {
    const byKey = new Map(groups.flatMap(({ teams }) => teams.map((team) => [teamKey(team), team])));
    this.named = [...byKey.values()];
    this.#of = new Map([
      ...groups.map(({ name, teams }) => [name, teams] as const),
      ...[...byKey].map(([key, team]) => [key, [team]] as const),
    ]);
    this.#read = new Map(read.map((team) => [teamKey(team), team]));
  }

  knows(group: string): boolean {
    return this.#of.has(group);
  }

  /** Whether one of a person's accounts is in a team of the group. */
  hold({ accounts = [] }: Person, group: string, now: number): boolean {
    return (this.#of.get(group) ?? []).some((ref) => {
      const team = this.#read.get(teamKey(ref));
      return (
        team !== undefined &&
        isFresh(team, now) &&
        accounts.some(({ source, account }) => source === ref.source && team.accounts.has(account))
      );
    });
  }

  /** Whether somebody may be in the teams of a group: where they are not read nobody can tell, and rules make persons of any account. */
  mayHold(group: string, now: number, { read, rules }: { readonly read: boolean; readonly rules: boolean }): boolean {
    return (this.#of.get(group) ?? []).some((ref) => {
      const team = this.#read.get(teamKey(ref));
      return !read || (rules && team !== undefined && isFresh(team, now) && team.accounts.size > 0);
    });
  }

  /** Why it is not known who is in the teams of a group; null when it is. */
  doubt(group: string, now: number): string | null {
    const doubts = (this.#of.get(group) ?? []).flatMap((ref) => {
      const team = this.#read.get(teamKey(ref));
      if (team === undefined) return [`team ${teamKey(ref)} has not been read`];
      return isFresh(team, now) ? [] : [`team ${teamKey(ref)} was last read ${formatAge(Math.abs(now - team.readAt))} ago`];
    });
    return doubts.length === 0 ? null : doubts.join('; ');
  }
}

/** Also when the clock was set back meanwhile, an hour is an hour. */
function isFresh({ readAt }: TeamMembers, now: number): boolean {
  return Math.abs(now - readAt) < limits.people.teamAge;
}
