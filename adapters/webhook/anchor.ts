import type { Clock } from '#core/clock.ts';
import type { CheckpointAnchor } from '#core/ports/checkpoint-anchor.ts';
import type { JsonPost } from '#core/ports/json-post.ts';
import { signWebhook } from './signature.ts';

export interface WebhookAnchorOptions {
  readonly name: string;
  readonly url: string;
  /** Those that are live now, at least one. @throws HeadgateError SECRET_UNAVAILABLE */
  readonly secrets: () => readonly Buffer[];
  readonly post: JsonPost;
  readonly clock: Pick<Clock, 'now'>;
}

/** Sends signed checkpoints to one address, signed once more as Standard Webhooks says, so that the receiver knows who sent them. */
export function createWebhookAnchor({ name, url, secrets, post, clock }: WebhookAnchorOptions): CheckpointAnchor {
  return {
    name,
    async publish({ origin, size, hash, note }) {
      const body = JSON.stringify({
        type: 'headgate.records.checkpoint',
        timestamp: new Date(clock.now()).toISOString(),
        data: { origin, size, hash, note },
      });
      const id = `checkpoint_${size}_${hash.slice(0, 16)}`; // the same checkpoint has the same id, however often it is sent
      const timestamp = Math.floor(clock.now() / 1_000);
      const headers = {
        'webhook-id': id,
        'webhook-timestamp': String(timestamp),
        'webhook-signature': signWebhook(secrets(), id, timestamp, body),
      };
      await post({ url, headers, body });
    },
  };
}
