/** How much is measured. */
export interface Pace {
  /** Rounds of load per case, and the seconds of each. */
  readonly loadRounds: number;
  readonly loadSeconds: number;
  /** Load on a fresh server before it is measured. */
  readonly warmUpSeconds: number;
  /** Rounds of the latency comparison, and the pushes of each by either way. */
  readonly latencyRounds: number;
  readonly latencyPushes: number;
  readonly burst: number;
  /** Pushes that are followed until they are applied, by either way. */
  readonly applied: number;
  /** Pushes that are confirmed, by either way. */
  readonly confirmed: number;
  /** Questions of each kind about a repository of Mercurial, by either way. */
  readonly questions: number;
  /** Pushes to a repository of Mercurial, without the hook and with it, of each Mercurial. */
  readonly hgPushes: number;
  /** Whether the hook is measured under the newest Mercurial as well, and not under the system's alone. */
  readonly newestMercurial: boolean;
  /** Revisions that are published. */
  readonly published: number;
  /** Of Gerrit's stream. */
  readonly events: number;
  readonly starts: number;
  /** Idle time before memory is read. */
  readonly idleSeconds: number;
  readonly matches: number;
  /** Decisions per case: as many by either pace, because the first few thousand of a process mostly tell how fast Node compiles. */
  readonly decisions: number;
}

export const full: Pace = {
  loadRounds: 3,
  loadSeconds: 6,
  warmUpSeconds: 3,
  latencyRounds: 10,
  latencyPushes: 32,
  burst: 1_000,
  applied: 30,
  confirmed: 100,
  questions: 100,
  hgPushes: 60,
  newestMercurial: true,
  published: 7,
  events: 100_000,
  starts: 5,
  idleSeconds: 10,
  matches: 20_000,
  decisions: 20_000,
};

/** About a minute with everything, on two cores that do nothing else: for a look, not for a verdict. */
export const quick: Pace = {
  loadRounds: 1,
  loadSeconds: 2,
  warmUpSeconds: 1,
  latencyRounds: 1,
  latencyPushes: 16,
  burst: 1_000,
  applied: 3,
  confirmed: 4,
  questions: 3,
  hgPushes: 5,
  newestMercurial: false,
  published: 2,
  events: 10_000,
  starts: 1,
  idleSeconds: 1,
  matches: 3_000,
  decisions: 20_000,
};
