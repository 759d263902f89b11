/** How the signing of checkpoints does. */
export interface CheckpointHealth {
  /** How many records the last checkpoint stands for; 0 = there is none yet. */
  readonly size: number;
  /** Why none can be written now, and since when (milliseconds since the epoch); null when one can. */
  readonly trouble: { readonly message: string; readonly beganAt: number } | null;
}

export interface Checkpoints {
  /** Null where another process signs them. */
  health(): CheckpointHealth | null;
}
