/** A place outside that keeps signed checkpoints, where whoever runs the server cannot take them back. */
export interface CheckpointAnchor {
  readonly name: string;
  /**
   * Resolves when the anchor has taken a checkpoint. The same one may come more than once.
   * @throws HeadgateError SINK_REFUSED, SINK_UNREACHABLE (with `retryAfter` where it is told), SECRET_UNAVAILABLE
   */
  publish(checkpoint: PublishedCheckpoint): Promise<void>;
}

export interface PublishedCheckpoint {
  /** Name of the log, as the note has it. */
  readonly origin: string;
  /** How many records it stands for. */
  readonly size: number;
  /** Of the last of them, hex. */
  readonly hash: string;
  /** The signed note, C2SP tlog-checkpoint. */
  readonly note: string;
}
