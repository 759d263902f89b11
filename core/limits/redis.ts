/** Bounds of a queue in Redis. What it shares with the embedded one is in `limits.queue`. */
export const redisLimits = {
  /** Times in milliseconds. */
  redis: {
    connectTimeout: 5_000,
    /** Of one command of whoever announces work: a request may wait for it. */
    commandTimeout: 2_000,
    /** A connection from which nothing comes for so long while something is asked is given up; longer than a read that waits for work. */
    socketTimeout: 15_000,
    reconnectBase: 100,
    reconnectCap: 2_000,
    /** How long a process keeps a key that it works on without a sign of life; shorter than a lease in the journal (queue.lease). */
    lock: 30_000,
    /** Between two looks for keys whose process gave no sign of life. */
    stalled: 15_000,
    /** How long a read waits for work, in seconds. */
    blockSeconds: 5,
    /** Between two readings of what waits. */
    poll: 1_000,
    /** What takes keys is built anew when work waits for so long and it takes none. */
    idle: 20_000,
    /** A key that has had work for so long is looked at: Redis may have lost what hands it out. */
    stuck: 30_000,
    stuckAtOnce: 100,
    /** Keys of one announcement that are under way at once. */
    batch: 500,
    /** While stopping: how long connections are closed in order. */
    stop: 3_000,
    /** Between two warnings of one kind. */
    complaint: 60_000,
  },
} as const;
