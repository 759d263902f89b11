import type { Clock } from '#core/clock.ts';
import type { JsonPost } from '#core/ports/json-post.ts';
import type { News, Sink } from '#core/ports/sink.ts';
import { bodyOf } from './body.ts';
import type { WebhookConfig } from './schema.ts';
import { signWebhook } from './signature.ts';

export interface WebhookSinkOptions {
  readonly name: string;
  readonly config: Pick<WebhookConfig, 'url' | 'kinds'>;
  /** Those that are live now, at least one. @throws HeadgateError SECRET_UNAVAILABLE */
  readonly secrets: () => readonly Buffer[];
  readonly post: JsonPost;
  readonly clock: Pick<Clock, 'now'>;
  readonly pageOf: (change: string) => string | null;
}

/** Sends news to one address, signed as Standard Webhooks says (github.com/standard-webhooks/standard-webhooks, version 1.0.0). */
export function createWebhookSink({ name, config, secrets, post, clock, pageOf }: WebhookSinkOptions): Sink {
  const { url, kinds } = config;
  return {
    name,
    wants: ({ kind }) => kinds === undefined || kinds.includes(kind),
    async tell(news: News) {
      const body = JSON.stringify(bodyOf(news, pageOf(news.story.change.id)));
      const timestamp = Math.floor(clock.now() / 1_000);
      const headers = {
        'webhook-id': news.id,
        'webhook-timestamp': String(timestamp),
        'webhook-signature': signWebhook(secrets(), news.id, timestamp, body),
      };
      await post({ url, headers, body });
    },
  };
}
