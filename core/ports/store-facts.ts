/** What `headgate check` wants to know of a Redis. */
export interface RedisFacts {
  /** `7.0.15` */
  readonly version: string;
  /** What it does when its memory is full: `maxmemory-policy`. */
  readonly evicts: string;
  /** Whether it writes down what it answers. */
  readonly appends: boolean;
  /** Whether it saves pictures of itself; null where it does not say. */
  readonly saves: boolean | null;
}

/** What `headgate check` wants to know of a Postgres. */
export interface PostgresFacts {
  /** `server_version_num`: 150014 is 15.14. */
  readonly version: number;
  readonly fsync: boolean;
  readonly fullPageWrites: boolean;
  /** As this account has it. */
  readonly synchronousCommit: string;
  /** Connections that it still takes from this account. */
  readonly free: number;
}

/** Asks stores about themselves; each rejects when it gets no answer in time. */
export interface StoreFacts {
  redis(url: string): Promise<RedisFacts>;
  postgres(url: string): Promise<PostgresFacts>;
}
