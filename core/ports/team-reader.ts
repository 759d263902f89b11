/** Lists who is in the teams of a source. */
export interface TeamReader {
  /**
   * Ids of the accounts in a team, those of teams within it included.
   * @param team `org/team`
   * Rejects with SOURCE_UNREACHABLE, SOURCE_LIMITED, or SOURCE_REFUSED (no such team, or the credentials may not see it).
   */
  members(team: string): Promise<readonly string[]>;
}

/** Who was in a team when the source was asked. */
export interface TeamMembers {
  readonly source: string;
  /** `org/team` */
  readonly team: string;
  /** Ids of accounts on the source. */
  readonly accounts: ReadonlySet<string>;
  /** Milliseconds since the epoch. */
  readonly readAt: number;
}
