/** Bounds of a journal in Postgres. Milliseconds where nothing else is said. */
export const postgresLimits = {
  postgres: {
    /** For a connection to come about. */
    connect: 5_000,
    /** Of one statement on the server, and of waiting for a lock within it. */
    statement: 10_000,
    lock: 8_000,
    /** The server ends a session that does nothing in mid-transaction for longer: it may hold what the other processes wait for. */
    idleInTransaction: 5_000,
    /** For a batch to be committed, connecting included; then its connection is given up. Longer than all of the above. */
    batch: 20_000,
    /** Connections that answer questions, of each process. */
    readers: 4,
    /** For the answer to a question; longer than a statement may take on the server, because a server that hangs ends none. */
    answer: 12_000,
    /** A list widens what it looks at in one go as long as that takes less, the way to the server and back included. */
    quickSpan: 50,
    /** How long the measured difference between the server's clock and ours is taken for granted. */
    clockKept: 15_000,
    /** A deferral that ends later than this has been counted on another clock: the delivery is due. */
    longestDeferral: 2 * 60 * 60 * 1_000,
    /** For how long a target that waits is offered to one process alone. */
    offer: 15_000,
    /** Targets that one process is offered at once: this many, or half of all that wait. */
    offered: 256,
    /** Between processes: gathered for so long, as many bytes and as much that waits; when a broken connection is tried again, and a silent one asked. */
    announcements: { gather: 5, payload: 7_900, backlog: 10_000, retry: 1_000, beat: 15_000 },
  },
} as const;
