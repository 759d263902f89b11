import type { DirectoryWatch } from '#config/directory-watch.ts';
import { every, pause, type Clock } from '#core/clock.ts';
import { limits } from '#core/limits.ts';
import type { SourceAdapter } from '#core/ports/source-adapter.ts';
import type { TeamMembers } from '#core/ports/team-reader.ts';
import type { Log } from '#core/ports/telemetry.ts';
import type { PolicySet } from '#policy/documents.ts';
import { withPeople } from '#policy/parse-policies.ts';
import { DocumentedPeople } from '#policy/people/documented-people.ts';
import { TeamDirectory } from '#policy/people/team-directory.ts';

export interface FollowingTeams {
  readonly clock: Clock;
  readonly log: Log;
  readonly adapters: readonly Pick<SourceAdapter, 'name' | 'teams'>[];
}

/** Policies that are kept up to date. */
export type Followed = Pick<DirectoryWatch<PolicySet>, 'current' | 'status' | 'stop'>;

/**
 * Policies whose people know who is in the teams that their groups name, read again in the background. Resolves when these have been read
 * once, as far as that takes no longer than a moment, so that what is decided first is not denied for want of them.
 */
export async function followTeams(watch: Followed, following: FollowingTeams): Promise<Followed> {
  const { clock, log, adapters } = following;
  const readers = new Map(adapters.flatMap(({ name, teams }) => (teams ? [[name, teams] as const] : [])));
  const wanted = (): ReturnType<typeof teamsOf> => teamsOf(watch.current());
  const directory = new TeamDirectory({ clock, log, readers, wanted });
  const first = Promise.withResolvers<void>();
  const stop = every(clock, limits.config.policyRefresh, () => directory.refresh().finally(first.resolve));
  if (wanted().length > 0) await Promise.race([first.promise, pause(clock, limits.people.teamsFirst)]);
  const withTeams = lastMade(applyTeams);
  return {
    current: () => {
      const set = watch.current();
      return set && withTeams(set, directory.read);
    },
    status: () => watch.status(),
    stop: () => {
      void stop();
      watch.stop();
    },
  };
}

function teamsOf(set: PolicySet | undefined): DocumentedPeople['teams'] {
  return set?.people instanceof DocumentedPeople ? set.people.teams : [];
}

function applyTeams(set: PolicySet, teams: readonly TeamMembers[]): PolicySet {
  return set.people instanceof DocumentedPeople && teams.length > 0 ? withPeople(set, set.people.withTeams(teams)) : set;
}

/** Remembers the last answer: making it costs more than a decision. */
function lastMade<A, B, C>(make: (a: A, b: B) => C): (a: A, b: B) => C {
  let last: { readonly a: A; readonly b: B; readonly made: C } | undefined;
  return (a, b) => {
    if (last?.a !== a || last.b !== b) last = { a, b, made: make(a, b) };
    return last.made;
  };
}
