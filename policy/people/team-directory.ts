import type { Clock } from '#core/clock.ts';
import { messageOf } from '#core/errors.ts';
import { limits } from '#core/limits.ts';
import type { TeamMembers, TeamReader } from '#core/ports/team-reader.ts';
import type { Log } from '#core/ports/telemetry.ts';

/** A team of a source, as documents name it. */
export interface TeamRef {
  readonly source: string;
  /** `org/team` */
  readonly team: string;
}

export interface TeamDirectoryDeps {
  readonly clock: Clock;
  readonly log: Log;
  /** By name of the source. */
  readonly readers: ReadonlyMap<string, TeamReader>;
  /** The teams that documents name now. */
  readonly wanted: () => readonly TeamRef[];
}

/** Keeps what sources say of teams. What cannot be read again stays as it was: whoever asks looks at its age. */
export class TeamDirectory {
  readonly #deps: TeamDirectoryDeps;
  /** Monotonic, by `source:org/team`. */
  readonly #triedAt = new Map<string, number>();
  #read: readonly TeamMembers[] = [];

  constructor(deps: TeamDirectoryDeps) {
    this.#deps = deps;
  }

  /** Another list whenever something was read. */
  get read(): readonly TeamMembers[] {
    return this.#read;
  }

  /** Reads the teams that are due, one after the other. Does not reject. */
  async refresh(): Promise<void> {
    const wanted = this.#deps.wanted();
    const names = new Set(wanted.map(teamKey));
    if (this.#read.some((team) => !names.has(teamKey(team)))) this.#read = this.#read.filter((team) => names.has(teamKey(team)));
    for (const name of this.#triedAt.keys()) if (!names.has(name)) this.#triedAt.delete(name);
    for (const team of wanted) if (this.#isDue(team)) await this.#readOne(team);
  }

  #isDue(team: TeamRef): boolean {
    const triedAt = this.#triedAt.get(teamKey(team));
    return triedAt === undefined || this.#deps.clock.monotonic() - triedAt >= limits.people.teamRefresh;
  }

  async #readOne({ source, team }: TeamRef): Promise<void> {
    const { clock, log, readers } = this.#deps;
    const key = teamKey({ source, team });
    this.#triedAt.set(key, clock.monotonic());
    const readAt = clock.now();
    try {
      const reader = readers.get(source);
      if (reader === undefined) throw new Error(`source ${source} has no \`api\` that could be asked`);
      const accounts = new Set(await reader.members(team));
      this.#read = [...this.#read.filter((one) => teamKey(one) !== key), { source, team, accounts, readAt }];
    } catch (error) {
      log.warn('a team cannot be read; it counts as it was for a while, then nobody is in it', { source, team, error: messageOf(error) });
    }
  }
}

/** `source:org/team` */
export function teamKey({ source, team }: TeamRef): string {
  return `${source}:${team}`;
}
