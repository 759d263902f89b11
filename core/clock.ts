/**
 * Time, timers and randomness. Everything that waits, dates or draws goes through a Clock,
 * so that a whole system can run on a simulated one (simulated-clock.ts).
 */
export interface Clock {
  /** Wall clock, milliseconds since the epoch. For display and records only: it may jump. */
  now(): number;
  /** Monotonic milliseconds from an arbitrary origin. For leases, deadlines, back-off and durations. */
  monotonic(): number;
  /** Runs `task` once after `ms` milliseconds unless cancelled. Does not keep the process alive. */
  after(ms: number, task: () => void): Cancel;
  /** Uniform in [0, 1). For jitter, never for secrets. */
  random(): number;
}

export type Cancel = () => void;

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after(ms, task) {
    const timer = setTimeout(task, ms);
    timer.unref();
    return () => clearTimeout(timer);
  },
  random: () => Math.random(),
};

/** Resolves after `ms`, or at once (without error) when `signal` aborts. */
export function pause(clock: Clock, ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    const done = (): void => {
      cancel();
      signal?.removeEventListener('abort', done);
      resolve();
    };
    const cancel = clock.after(ms, done);
    signal?.addEventListener('abort', done, { once: true });
  });
}

/**
 * Exponential back-off with full jitter: a uniform draw from [base/2, base·2^attempt], capped.
 * @param attempt 0 for the first retry
 */
export function backOff(clock: Clock, attempt: number, base: number, cap: number): number {
  const ceiling = Math.min(cap, base * 2 ** Math.min(attempt, 30));
  return base / 2 + clock.random() * Math.max(0, ceiling - base / 2);
}

/** Keeps the process alive although nothing but timers is left, which do not. @returns what ends that */
export function keepRunning(): Cancel {
  const timer = setInterval(() => {}, 2 ** 30);
  return () => clearInterval(timer);
}

/** Runs a task on an interval, one run at a time. @returns what stops it and waits for the run under way */
export function every(clock: Clock, ms: number, task: () => Promise<void>): () => Promise<void> {
  const stopping = new AbortController();
  const loop = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      await task();
      await pause(clock, ms, stopping.signal);
    }
  };
  const running = loop();
  return async () => {
    stopping.abort();
    await running;
  };
}
