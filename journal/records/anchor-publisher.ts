import type { Clock } from '#core/clock.ts';
import { HeadgateError, messageOf } from '#core/errors.ts';
import { limits } from '#core/limits.ts';
import type { CheckpointAnchor } from '#core/ports/checkpoint-anchor.ts';
import type { CheckpointHealth } from '#core/ports/checkpoints.ts';
import type { ChainHead } from '#core/ports/records.ts';
import type { Log } from '#core/ports/telemetry.ts';
import { signCheckpoint } from '#journal/records/checkpoint.ts';
import type { NoteSigner } from '#journal/records/signed-note.ts';

export interface AnchorPublisherOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly anchor: CheckpointAnchor;
  readonly signer: NoteSigner;
  /** What the last checkpoint in the file stands for; undefined while that is not known. Nothing else goes out. */
  readonly signed: () => ChainHead | undefined;
}

/**
 * Brings the newest checkpoint to one anchor; older ones that it missed are implied by it. An anchor that fails is tried again, ever more
 * seldom, for as long as it takes. After a restart the last checkpoint goes out once more: nobody else knows whether it was taken.
 */
export class AnchorPublisher {
  readonly #options: AnchorPublisherOptions;
  #published = 0;
  #failures = 0;
  /** Monotonic moment before which it is left in peace. */
  #notBefore = Number.NEGATIVE_INFINITY;
  #trouble: CheckpointHealth['trouble'] = null;

  constructor(options: AnchorPublisherOptions) {
    this.#options = options;
  }

  /** Does not reject. */
  async look(): Promise<void> {
    const { clock, signed } = this.#options;
    const head = signed();
    if (head === undefined || head.seq <= this.#published || clock.monotonic() < this.#notBefore) return;
    try {
      await this.#publish(head);
      this.#works(head);
    } catch (error) {
      this.#fails(error);
    }
  }

  trouble(): CheckpointHealth['trouble'] {
    return this.#trouble;
  }

  #publish({ seq, hash }: ChainHead): Promise<void> {
    const { anchor, signer } = this.#options;
    return anchor.publish({ origin: signer.name, size: seq, hash, note: signCheckpoint({ seq, hash }, signer) });
  }

  #works({ seq }: ChainHead): void {
    const { log, anchor } = this.#options;
    if (this.#trouble !== null) log.info('the anchor takes checkpoints again', { anchor: anchor.name });
    this.#published = seq;
    this.#failures = 0;
    this.#notBefore = Number.NEGATIVE_INFINITY;
    this.#trouble = null;
  }

  #fails(error: unknown): void {
    const { clock, log, anchor } = this.#options;
    const message = `anchor ${anchor.name}: ${messageOf(error)}`;
    if (this.#trouble?.message !== message)
      log.error('an anchor does not take checkpoints, will retry', { anchor: anchor.name, error: messageOf(error) });
    this.#trouble = { message, beganAt: this.#trouble?.beganAt ?? clock.now() };
    this.#notBefore = clock.monotonic() + this.#patience(error);
    this.#failures++;
  }

  /** With jitter, and no shorter than the anchor asks for. */
  #patience(error: unknown): number {
    const { backOffBase, backOffCap, retryAfterMax } = limits.tell;
    const backOff = Math.min(backOffCap, backOffBase * 2 ** Math.min(this.#failures, 30)) * (0.5 + this.#options.clock.random() / 2);
    const asked = error instanceof HeadgateError ? (error.retryAfter ?? 0) : 0;
    return Math.max(backOff, Math.min(asked, retryAfterMax));
  }
}
