/** How much is measured. */
export interface Pace {
  /** Rounds of load per case, and the seconds of each. */
  readonly loadRounds: number;
  readonly loadSeconds: number;
  /** Load on a fresh server before it is measured. */
  readonly warmUpSeconds: number;
  /** Rounds of the latency comparison; a round is one push to each target by either way. */
  readonly latencyRounds: number;
  readonly burst: number;
  /** Pushes that are followed until they are applied, by either way. */
  readonly applied: number;
  /** Pushes that are confirmed, by either way. */
  readonly confirmed: number;
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
  burst: 1_000,
  applied: 30,
  confirmed: 100,
  starts: 5,
  idleSeconds: 10,
  matches: 20_000,
  decisions: 20_000,
};

/** About a minute and a half with everything: for a look, not for a verdict. */
export const quick: Pace = {
  loadRounds: 1,
  loadSeconds: 2,
  warmUpSeconds: 1,
  latencyRounds: 1,
  burst: 1_000,
  applied: 4,
  confirmed: 10,
  starts: 1,
  idleSeconds: 1,
  matches: 3_000,
  decisions: 20_000,
};
