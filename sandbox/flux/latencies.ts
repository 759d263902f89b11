import { pause, type Clock } from '#core/clock.ts';

/** How long each step of a controller takes, milliseconds. */
export interface Latencies {
  /** A source's run that finds a new revision. */
  readonly fetch: number;
  /** A source's run that finds nothing new. */
  readonly fetchNothing: number;
  /** A run of a suspended object: its token is echoed all the same. */
  readonly suspended: number;
  /** A Kustomization's run until the artifact is unpacked, until its manifests are built, and until they are applied. */
  readonly download: number;
  readonly build: number;
  readonly apply: number;
  /** From the applied objects to Ready=True. */
  readonly conclude: number;
  /** Between the two writes of a final status, of a source and of a Kustomization. */
  readonly secondWrite: number;
}

/** Medians of Flux 2.9: annotation → artifact 73 ms → objects changed 173 ms → Kustomization applied 187 ms. */
export const measuredLatencies: Latencies = {
  fetch: 70,
  fetchNothing: 47,
  suspended: 58,
  download: 40,
  build: 30,
  apply: 28,
  conclude: 9,
  secondWrite: 4,
};

/** Fills a step up to its time: real work that the simulation does counts towards it. */
export function stepTimer(clock: Clock, signal: AbortSignal): (ms: number) => Promise<void> {
  let begun = clock.monotonic();
  return async (ms) => {
    const left = ms - (clock.monotonic() - begun);
    if (left > 0) await pause(clock, left, signal);
    begun = clock.monotonic();
  };
}
